/**
 * DescribeCluster (key 60): id, controller and brokers of the cluster. Versions 0-2; since 1 also asked of controllers (KIP-919),
 * since 2 with fenced brokers (KIP-1073). Left out: nothing.
 */
import { api, array, bool, type Infer, type InferInput, int8, int16, int32, message, string } from '../schema.ts';

export const describeClusterRequest = message('DescribeClusterRequest', {
  versions: '0-2',
  flexible: '0+',
  fields: {
    includeClusterAuthorizedOperations: bool(),
    /** 1 brokers, 2 controllers. */
    endpointType: int8({ versions: '1+', default: 1 }),
    includeFencedBrokers: bool({ versions: '2+' }),
  },
});

export const describeClusterResponse = message('DescribeClusterResponse', {
  versions: '0-2',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+', default: null }),
    /** 1 brokers, 2 controllers. */
    endpointType: int8({ versions: '1+', default: 1 }),
    clusterId: string(),
    controllerId: int32({ default: -1 }),
    brokers: array({
      brokerId: int32(),
      host: string(),
      port: int32(),
      rack: string({ nullable: '0+', default: null }),
      isFenced: bool({ versions: '2+' }),
    }),
    /** A bit for each operation; the smallest int32 where it was not asked for. */
    clusterAuthorizedOperations: int32({ default: -0x80000000 }),
  },
});

export const describeCluster = api({
  key: 60,
  name: 'DescribeCluster',
  request: describeClusterRequest,
  response: describeClusterResponse,
});

export type DescribeClusterRequest = Infer<typeof describeClusterRequest>;
export type DescribeClusterRequestInput = InferInput<typeof describeClusterRequest>;
export type DescribeClusterResponse = Infer<typeof describeClusterResponse>;
export type DescribeClusterResponseInput = InferInput<typeof describeClusterResponse>;
