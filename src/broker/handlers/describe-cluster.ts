/** DescribeCluster (key 60), versions 0-2. Left out: controllers as endpoints (type 2); they have no listener here. */
import { ErrorCode } from '../../core/index.ts';
import { describeCluster } from '../../wire/index.ts';
import { CLUSTER_OPERATIONS } from './authorized-operations.ts';
import { endpointFor } from './endpoint-for.ts';
import { handler } from './handler.ts';

const BROKERS = 1;
const CONTROLLERS = 2;

export const describeClusterHandler = handler(describeCluster, (request, { apiVersion, listenerName }, broker) => {
  if (request.endpointType !== BROKERS) {
    const { endpointType } = request;
    if (endpointType !== CONTROLLERS) {
      return {
        errorCode: ErrorCode.UNSUPPORTED_ENDPOINT_TYPE,
        errorMessage: `Unsupported endpoint type ${endpointType}`,
      };
    }
    return {
      errorCode: ErrorCode.MISMATCHED_ENDPOINT_TYPE,
      errorMessage: 'The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER',
    };
  }
  const withFenced = apiVersion >= 2 && request.includeFencedBrokers;
  return {
    clusterId: broker.clusterId,
    controllerId: broker.nodeId,
    brokers: [...broker.image.brokers.values()]
      .filter(({ fenced }) => withFenced || !fenced)
      .map((each) => {
        const { host, port } = endpointFor(each, listenerName);
        return { brokerId: each.id, host, port, rack: each.rack, isFenced: each.fenced };
      }),
    ...(request.includeClusterAuthorizedOperations ? { clusterAuthorizedOperations: CLUSTER_OPERATIONS } : {}),
  };
});
