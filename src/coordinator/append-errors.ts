/** What a client is told when the coordinator could not write: log errors as coordinator errors, so that it looks again. */
import { ErrorCode, type ErrorName, KafkaError } from '../core/index.ts';

const translated: Partial<Record<ErrorName, ErrorName>> = {
  UNKNOWN_TOPIC_OR_PARTITION: 'COORDINATOR_NOT_AVAILABLE',
  NOT_ENOUGH_REPLICAS: 'COORDINATOR_NOT_AVAILABLE',
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: 'COORDINATOR_NOT_AVAILABLE',
  REQUEST_TIMED_OUT: 'COORDINATOR_NOT_AVAILABLE',
  NOT_LEADER_OR_FOLLOWER: 'NOT_COORDINATOR',
  KAFKA_STORAGE_ERROR: 'NOT_COORDINATOR',
};

const tooLarge: ReadonlySet<ErrorName> = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_FETCH_SIZE']);

/** The code for a failed write or read; `whenTooLarge` where what was to be written does not fit a batch. */
export function appendErrorCode(error: unknown, whenTooLarge: ErrorName = 'UNKNOWN_SERVER_ERROR'): number {
  if (!KafkaError.is(error)) return ErrorCode.UNKNOWN_SERVER_ERROR;
  if (tooLarge.has(error.code)) return ErrorCode[whenTooLarge];
  return ErrorCode[translated[error.code] ?? error.code];
}
