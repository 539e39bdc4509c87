/** Which failures doing the work again can help, and which it cannot. */
import type { ErrorName } from '../../core/index.ts';
import { ClientError, ClosedError } from '../errors.ts';

/** What was to be done is refused for what it is: the same again is refused again. */
const forGood: ReadonlySet<ErrorName> = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_REQUIRED_ACKS',
  'INVALID_CONFIG',
  'POLICY_VIOLATION',
  'OFFSET_METADATA_TOO_LARGE',
  'TOPIC_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'SASL_AUTHENTICATION_FAILED',
  'UNSUPPORTED_VERSION',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
  'UNSUPPORTED_COMPRESSION_TYPE',
  'UNSUPPORTED_SASL_MECHANISM',
] satisfies ErrorName[]);

/** Whether doing it again may help: an error of the client's own that is not the user's doing. */
export function mayPass(error: unknown): boolean {
  if (!(error instanceof ClientError) || error instanceof ClosedError || forGood.has(error.code)) return false;
  return error.retriable || error.abortable || error.code === 'REQUEST_TIMED_OUT' || isReplaced(error);
}

/** The transaction took too long, or a newer instance of this name was started: a new producer may go on. */
export function isReplaced(error: unknown): error is ClientError {
  if (!(error instanceof ClientError) || !error.fatal) return false;
  const { code } = error;
  return code === 'PRODUCER_FENCED' || code === 'INVALID_PRODUCER_EPOCH' || code === 'INVALID_TXN_STATE';
}
