/** What an error means for a transaction: retriable as it is, to be aborted, or the end of the producer. */
import { ErrorCode, isRetriable } from '../../core/index.ts';
import { ClientError, ProducerFencedError } from '../errors.ts';

/** What messages name. */
export interface TransactionNames {
  readonly transactionalId: string;
  readonly transactionTimeoutMs: number;
}

/** Says of an error whether the transaction, or the producer, can go on after it. */
export function classify(
  error: ClientError,
  { transactionalId, transactionTimeoutMs }: TransactionNames,
  fromProduce = false,
): ClientError {
  if (error.fatal || error.abortable) return error;
  switch (error.code) {
    case 'PRODUCER_FENCED':
      return new ProducerFencedError(transactionalId, error.code, { cause: error });
    case 'INVALID_PRODUCER_EPOCH':
      return fromProduce
        ? abortableCopy(error)
        : new ProducerFencedError(transactionalId, error.code, { cause: error });
    case 'INVALID_TXN_STATE':
      return fromProduce ? abortableCopy(error) : fatalCopy(error);
    case 'INVALID_PRODUCER_ID_MAPPING':
    case 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED':
    case 'CLUSTER_AUTHORIZATION_FAILED':
    case 'UNSUPPORTED_VERSION':
    case 'UNKNOWN_PRODUCER_ID':
      return fromProduce && error.code === 'UNKNOWN_PRODUCER_ID' ? abortableCopy(error) : fatalCopy(error);
    case 'INVALID_TRANSACTION_TIMEOUT':
      return new ClientError(
        error.code,
        `transaction.timeout.ms=${transactionTimeoutMs} is more than the broker's transaction.max.timeout.ms allows: lower it`,
        { cause: error },
      );
    default:
      return error.retriable && !fromProduce ? error : abortableCopy(error);
  }
}

/** Of the codes of one answer, the one to act on: a refusal before what may be retried; 0 when there is none. */
export function worst(codes: readonly number[]): number {
  // Refused only because another partition was.
  const failed = codes.filter((code) => code !== 0 && code !== ErrorCode.OPERATION_NOT_ATTEMPTED);
  return failed.find((code) => !isRetriable(code)) ?? failed[0] ?? 0;
}

export function abortableCopy(error: ClientError): ClientError {
  return new ClientError(error.retriable ? 'TRANSACTION_ABORTABLE' : error.code, error.message, {
    abortable: true,
    cause: error,
  });
}
export function fatalCopy(error: ClientError): ClientError {
  return new ClientError(error.code, error.message, { fatal: true, cause: error });
}
