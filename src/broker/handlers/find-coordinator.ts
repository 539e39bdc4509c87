/**
 * FindCoordinator (key 10), versions 0-6: who keeps a group (0) or a transactional id (1). The coordinator's topic is
 * created where it is missing, and is ready when the answer comes. Left out: share groups (2).
 */
import { CONSUMER_OFFSETS, TRANSACTION_STATE } from '../../controller/index.ts';
import { ErrorCode, KafkaError } from '../../core/index.ts';
import { findCoordinator } from '../../wire/index.ts';
import type { BrokerServices } from '../services.ts';
import { handler } from './handler.ts';

const GROUP = 0;
const TRANSACTION = 1;
const NOWHERE = { nodeId: -1, host: '', port: -1 };

export const findCoordinatorHandler = handler(findCoordinator, async (request, { apiVersion }, broker) => {
  const found = await locate(request.keyType, broker);
  return apiVersion >= 4 ? { coordinators: request.coordinatorKeys.map((key) => ({ key, ...found })) } : found;
});

interface Located {
  readonly nodeId: number;
  readonly host: string;
  readonly port: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

async function locate(keyType: number, broker: BrokerServices): Promise<Located> {
  if (keyType !== GROUP && keyType !== TRANSACTION) {
    const errorMessage = `coordinator type ${keyType} is not supported here`;
    return { ...NOWHERE, errorCode: ErrorCode.INVALID_REQUEST, errorMessage };
  }
  try {
    await broker.internalTopics.ensure(keyType === GROUP ? CONSUMER_OFFSETS : TRANSACTION_STATE);
  } catch (error) {
    if (!KafkaError.is(error)) throw error;
    return { ...NOWHERE, errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE, errorMessage: error.message };
  }
  const self = broker.image.brokers.get(broker.nodeId);
  const endpoint = self?.endpoints[0];
  if (endpoint === undefined) {
    return { ...NOWHERE, errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE, errorMessage: 'the broker is starting' };
  }
  const { host, port } = endpoint;
  return { nodeId: broker.nodeId, host, port, errorCode: ErrorCode.NONE, errorMessage: null };
}
