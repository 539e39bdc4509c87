/**
 * What the client throws. Every one is a `KafkaError` with Kafka's own code; on top of `retriable` it says whether a
 * transaction can be saved by aborting it (`abortable`) or the client is of no more use (`fatal`).
 */
import { type ErrorName, errorName, KafkaError } from '../core/index.ts';

export interface ClientErrorOptions extends ErrorOptions {
  readonly abortable?: boolean;
  readonly fatal?: boolean;
}

export class ClientError extends KafkaError {
  override readonly name: string = 'ClientError';
  /** Abort the transaction; then the producer can begin a new one. */
  readonly abortable: boolean;
  /** Close this client: nothing that it does can succeed any more. */
  readonly fatal: boolean;

  constructor(code: ErrorName, message?: string, options: ClientErrorOptions = {}) {
    super(code, message, options);
    this.abortable = options.abortable ?? false;
    this.fatal = options.fatal ?? false;
  }
}

/** Options that are unknown, of the wrong type, or contradict each other. The message names them and the cure. */
export class ConfigurationError extends ClientError {
  override readonly name = 'ConfigurationError';
  constructor(message: string) {
    super('INVALID_CONFIG', message);
  }
}

/** The client was closed before or while the call was made. */
export class ClosedError extends ClientError {
  override readonly name = 'ClosedError';
  constructor(what: string) {
    super('INVALID_REQUEST', `the ${what} is closed`, { fatal: true });
  }
}

/** The call is not allowed in the state that the client is in; the message names the state and what to call first. */
export class IllegalStateError extends ClientError {
  override readonly name = 'IllegalStateError';
  constructor(message: string) {
    super('INVALID_TXN_STATE', message);
  }
}

/** Something did not happen in the time given to it. Whether the broker did it is not known. */
export class TimeoutError extends ClientError {
  override readonly name = 'TimeoutError';
  constructor(message: string, options?: ErrorOptions) {
    super('REQUEST_TIMED_OUT', message, options);
  }
}

/** The connection could not be made or was lost. Whether the broker acted on what was in flight is not known. */
export class NetworkError extends ClientError {
  override readonly name = 'NetworkError';
  constructor(message: string, options?: ErrorOptions) {
    super('NETWORK_EXCEPTION', message, options);
  }
}

/**
 * Logging in failed: wrong credentials, a mechanism that the broker has not enabled, a port without SASL, or a broker that
 * could not prove who it is. The message names mechanism and broker.
 */
export class AuthenticationError extends ClientError {
  override readonly name = 'AuthenticationError';
  override readonly retriable = false;
  constructor(code: ErrorName, message: string, options?: ErrorOptions) {
    super(code, message, { ...options, fatal: true });
  }
}

/** There is no encrypted connection as the options want it: a certificate that is not trusted, a port without TLS, … */
export class TlsError extends ClientError {
  override readonly name = 'TlsError';
  override readonly retriable = false;
  constructor(message: string, options?: ErrorOptions) {
    super('NETWORK_EXCEPTION', message, { ...options, fatal: true });
  }
}

/** The caller went on sending without waiting although the producer's buffer was full. */
export class BufferExhaustedError extends ClientError {
  override readonly name = 'BufferExhaustedError';
  constructor(bufferMemory: number) {
    super(
      'REQUEST_TIMED_OUT',
      `more than twice buffer.memory (${bufferMemory} bytes) is waiting to be sent: ` +
        'await the promise that send() returns when the buffer is full, or raise buffer.memory',
    );
  }
}

/** A newer producer with the same transactional.id took over, or the coordinator timed the transaction out. */
export class ProducerFencedError extends ClientError {
  override readonly name = 'ProducerFencedError';
  constructor(transactionalId: string, code: ErrorName, options?: ErrorOptions) {
    super(
      code,
      `the producer with transactional.id "${transactionalId}" is fenced (${code}): another producer with that id was ` +
        'started, or the coordinator aborted a transaction older than transaction.timeout.ms; close this producer',
      { ...options, fatal: true },
    );
  }
}

/** The group has moved on without this member: what was to be committed will be processed by someone again. */
export class CommitFailedError extends ClientError {
  override readonly name = 'CommitFailedError';
  constructor(groupId: string, code: ErrorName) {
    super(
      code,
      `offsets of group "${groupId}" were not committed (${code}): the member was removed from the group, which ` +
        'happens when poll() is not called within max.poll.interval.ms or heartbeats stop for session.timeout.ms',
      { abortable: true },
    );
  }
}

/** Positions outside the log, with auto.offset.reset=none. Seek, then poll again. */
export class OffsetOutOfRangeError extends ClientError {
  override readonly name = 'OffsetOutOfRangeError';
  /** Where each partition stood. */
  readonly partitions: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[];
  constructor(partitions: readonly { readonly topic: string; readonly partition: number; readonly offset: number }[]) {
    const list = partitions.map((p) => `${p.topic}-${p.partition} at ${p.offset}`).join(', ');
    super('OFFSET_OUT_OF_RANGE', `no records at the position of ${list}; seek, or set auto.offset.reset`);
    this.partitions = partitions;
  }
}

/**
 * Records that were read are no longer in the log, with auto.offset.reset=none: a leader without them was elected, or the
 * topic was deleted and made anew (KIP-320). Seek, then poll again.
 */
export class LogTruncationError extends ClientError {
  override readonly name = 'LogTruncationError';
  readonly partitions: readonly TruncatedPosition[];
  constructor(partitions: readonly TruncatedPosition[]) {
    const list = partitions.map(({ topic, partition, offset, divergingOffset: end }) => {
      return `${topic}-${partition} at ${offset}${end === undefined ? '' : `, its log differs from ${end} on`}`;
    });
    super(
      'OFFSET_OUT_OF_RANGE',
      `records that were read are no longer in the log of ${list.join('; ')}: seek, or set auto.offset.reset`,
    );
    this.partitions = partitions;
  }
}

/** Where a consumer stood in a log that was cut off before. */
export interface TruncatedPosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Epoch of the last record that was read. */
  readonly leaderEpoch: number;
  /** The first offset that is not what was read any more; undefined: the leader knows nothing of that epoch. */
  readonly divergingOffset: number | undefined;
}

/** Partitions without a committed offset, with auto.offset.reset=none. Seek, then poll again. */
export class NoOffsetForPartitionError extends ClientError {
  override readonly name = 'NoOffsetForPartitionError';
  readonly partitions: readonly { readonly topic: string; readonly partition: number }[];
  constructor(partitions: readonly { readonly topic: string; readonly partition: number }[]) {
    const list = partitions.map((p) => `${p.topic}-${p.partition}`).join(', ');
    super('OFFSET_OUT_OF_RANGE', `no committed offset for ${list} and auto.offset.reset=none: seek, or set a policy`);
    this.partitions = partitions;
  }
}

/** The broker's answer as an error of the client. */
export function brokerError(
  code: number,
  what: string,
  detail?: string | null,
  options?: ClientErrorOptions,
): ClientError {
  const name = errorName(code);
  const text = detail === undefined || detail === null || detail === '' ? name : `${name}: ${detail}`;
  return new ClientError(name, `${what}: ${text}`, options);
}

/** There is no such topic or partition. Kafka calls the code retriable; for whoever asks about one of them it is the answer. */
export class UnknownTopicError extends ClientError {
  override readonly name = 'UnknownTopicError';
  override readonly retriable = false;
  constructor(what: string) {
    super('UNKNOWN_TOPIC_OR_PARTITION', `${what}: there is no such topic or partition`);
  }
}

/**
 * Some of the things that an admin call was about failed, or all of them; the others were done and stay done. `code` and
 * `cause` are those of the first that failed.
 */
export class PartialFailureError extends ClientError {
  override readonly name = 'PartialFailureError';
  /** What was tried again until the deadline is not tried again by whoever catches this without a reason of their own. */
  override readonly retriable = false;
  /**
   * Why each failed: by topic, by `topic-partition`, by group, transactional id or feature, by `broker 1`, by the type and
   * name of a resource (`topic orders`), as the method says.
   */
  readonly failures: ReadonlyMap<string, ClientError>;
  /** What the call would have returned, without what failed. */
  readonly results: readonly unknown[];
  constructor(what: string, failures: ReadonlyMap<string, ClientError>, results: readonly unknown[]) {
    const [first] = failures.values();
    const more = failures.size === 1 ? '' : ` (and ${failures.size - 1} more failed: see failures)`;
    super(first!.code, `${what}: ${first!.message}${more}`, { cause: first });
    this.failures = failures;
    this.results = results;
  }
}

/** Anything thrown, as an error of the client; what is one already is kept. */
export function asClientError(error: unknown): ClientError {
  if (error instanceof ClientError) return error;
  if (KafkaError.is(error)) return new ClientError(error.code, error.message, { cause: error });
  return new ClientError('UNKNOWN_SERVER_ERROR', error instanceof Error ? error.message : String(error), {
    cause: error,
  });
}

/** Whether no connection can be had until the options or the brokers change. */
export function isSecurityError(error: unknown): error is AuthenticationError | TlsError {
  return error instanceof AuthenticationError || error instanceof TlsError;
}

/** Whether trying the same again may help. */
export function isRetriableError(error: unknown): boolean {
  return KafkaError.is(error) && error.retriable;
}
