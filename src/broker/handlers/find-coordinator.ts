/**
 * FindCoordinator (key 10), versions 0-6: who keeps a group (0) or a transactional id (1): nobody while its partition is
 * offline. The coordinator's topic is created where it is missing, and is ready when the answer comes. Left out: share
 * groups (2).
 */
import { CONSUMER_OFFSETS, TRANSACTION_STATE } from '../../controller/index.ts';
import { partitionFor } from '../../coordinator/index.ts';
import { ErrorCode, KafkaError } from '../../core/index.ts';
import { findCoordinator } from '../../wire/index.ts';
import type { BrokerServices } from '../services.ts';
import { endpointFor } from './endpoint-for.ts';
import { handler } from './handler.ts';

const GROUP = 0;
const TRANSACTION = 1;
const SHARE = 2;
/** What Kafka says of a key type that is none. */
const INVALID_REQUEST =
  'This most likely occurs because of a request being malformed by the client library or the message was sent to an ' +
  'incompatible broker. See the broker logs for more details.';
const NOWHERE = { nodeId: -1, host: '', port: -1 };
const OFFLINE = { errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE, errorMessage: '' };

export const findCoordinatorHandler = handler(
  findCoordinator,
  async (request, { apiVersion, listenerName }, broker) => {
    const { keyType } = request;
    const found = await locate(keyType, broker, listenerName);
    const locatedFor = (key: string): Located =>
      found.errorCode === ErrorCode.NONE && isOffline(keyType, key, broker) ? { ...NOWHERE, ...OFFLINE } : found;
    if (apiVersion < 4) {
      const one = locatedFor(request.key);
      return { ...one, errorMessage: one.errorMessage ?? 'NONE' };
    }
    const coordinators = request.coordinatorKeys.map((key) => {
      const one = locatedFor(key);
      return { key, ...one, errorMessage: one.errorMessage ?? '' };
    });
    return { coordinators };
  },
);

interface Located {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

function topicOf(keyType: number) {
  return keyType === GROUP ? CONSUMER_OFFSETS : TRANSACTION_STATE;
}

/** The log in which the coordinator of the key would keep it. */
function isOffline(keyType: number, key: string, { internalTopics, partitions }: BrokerServices): boolean {
  const topic = topicOf(keyType);
  return partitions.isOffline(topic, partitionFor(key, internalTopics.partitionCount(topic)));
}

async function locate(keyType: number, broker: BrokerServices, listenerName: string): Promise<Located> {
  if (keyType !== GROUP && keyType !== TRANSACTION) {
    return { ...NOWHERE, errorCode: ErrorCode.INVALID_REQUEST, errorMessage: keyType === SHARE ? '' : INVALID_REQUEST };
  }
  try {
    await broker.internalTopics.ensure(topicOf(keyType));
  } catch (error) {
    if (!KafkaError.is(error)) throw error;
    return { ...NOWHERE, errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE, errorMessage: error.message };
  }
  const self = broker.image.brokers.get(broker.nodeId);
  if (self === undefined) {
    return { ...NOWHERE, errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE, errorMessage: 'the broker is starting' };
  }
  const { host, port } = endpointFor(self, listenerName);
  return { nodeId: broker.nodeId, host, port, errorCode: ErrorCode.NONE, errorMessage: null };
}
