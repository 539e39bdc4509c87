/** What a refusal of the disk means for a log. */
import { KafkaError, SystemError } from '../core/index.ts';

/** The disk is full, or a quota is used up: nothing is in doubt, and it may pass. */
export function isOutOfSpace(error: unknown): boolean {
  return error instanceof SystemError && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}

/** As those who use the log are told of it: KAFKA_STORAGE_ERROR, unless it is a KafkaError already. */
export function storageError(cause: unknown): KafkaError {
  if (KafkaError.is(cause)) return cause;
  return new KafkaError('KAFKA_STORAGE_ERROR', String(cause), { cause });
}
