/**
 * One connection to one broker. Requests are written in the order of the calls and answered in that order; each
 * answer's correlation id is checked. An answer that is late, wrong or too large ends the connection, and so does the
 * broker: then everything in flight fails with NETWORK_EXCEPTION, and nobody knows whether the broker did it.
 */
import type { Clock, Logger, Socket, SocketHandler, Timer, Timers } from '../../core/index.ts';
import { type Api, apiVersions, decodeResponse, encodeRequestPieces, FrameReader } from '../../wire/index.ts';
import { brokerError, ClientError, NetworkError, TimeoutError } from '../errors.ts';
import type { Instruments } from '../observability/instruments.ts';
import { abortReason } from '../support/async.ts';
import type { ConnectionConfig, Runtime } from './runtime.ts';

interface InFlight {
  readonly correlationId: number;
  readonly api: Api;
  readonly version: number;
  readonly resolve: (body: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly timer: Timer;
  /** Monotonic. */
  readonly sentAt: number;
}

export interface RequestOptions {
  /** No answer within this time ends the connection. */
  readonly timeoutMs: number;
  /** The caller stops waiting; the request is out all the same. */
  readonly signal?: AbortSignal | undefined;
}

/** Versions that the caller wants beyond what client and broker have in common. */
export interface VersionLimits {
  readonly min?: number;
  readonly max?: number;
}

/** The finalized features of the cluster, as one broker told them. */
export interface Features {
  /** -1: the broker does not say. */
  readonly epoch: number;
  readonly levels: ReadonlyMap<string, number>;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** What a client tells of itself in ApiVersions (KIP-511). */
export const SOFTWARE = { clientSoftwareName: 'onceward', clientSoftwareVersion: '0.1.0' };
/** How long a clean close waits for what is written to leave. */
const CLOSE_GRACE_MS = 1_000;

export class Connection {
  readonly address: Address;
  /** Called once, when the connection is over. */
  onClose: ((error: Error | undefined) => void) | undefined;
  /** Called when `congested` turns false again. */
  onDrain: (() => void) | undefined;
  features: Features = { epoch: -1, levels: new Map() };

  private readonly clock: Clock;
  private readonly timers: Timers;
  private readonly logger: Logger;
  private readonly instruments: Instruments;
  private readonly config: ConnectionConfig;
  private readonly reader: FrameReader;
  private socket: Socket | undefined;
  private readonly inFlight: InFlight[] = [];
  private nextCorrelationId = 0;
  private full = false;
  private ended = false;
  /** Requests without an answer were sent: they must leave before the end. */
  private posted = false;
  private readonly closed = Promise.withResolvers<void>();
  private readonly ranges = new Map<number, { readonly min: number; readonly max: number }>();

  private constructor(runtime: Runtime, config: ConnectionConfig, address: Address) {
    this.address = address;
    this.clock = runtime.clock;
    this.timers = runtime.timers;
    this.logger = runtime.logger;
    this.instruments = runtime.instruments;
    this.config = config;
    this.reader = new FrameReader(config.maxResponseBytes);
  }

  /** Connects and asks what the broker speaks. @throws NetworkError, the signal's reason */
  static async open(
    runtime: Runtime,
    config: ConnectionConfig,
    address: Address,
    signal?: AbortSignal,
  ): Promise<Connection> {
    const connection = new Connection(runtime, config, address);
    try {
      connection.socket = await runtime.network.connect({
        host: address.host,
        port: address.port,
        handler: connection.handler(),
        timeoutMs: config.socketConnectionSetupTimeoutMs,
        ...(signal ? { signal } : {}),
      });
    } catch (error) {
      if (signal?.aborted) throw abortReason(signal);
      throw new NetworkError(`cannot connect to ${where(address)}: ${(error as Error).message}`, { cause: error });
    }
    try {
      await connection.negotiate(signal);
    } catch (error) {
      connection.fail(error as Error);
      throw error;
    }
    return connection;
  }

  get open(): boolean {
    return !this.ended;
  }
  /** Requests without an answer yet. */
  get pending(): number {
    return this.inFlight.length;
  }
  /** The socket's buffer is full: hold back until `onDrain`. */
  get congested(): boolean {
    return this.full;
  }

  /** Whether the broker speaks an API, and the caller's limits leave a version of it. */
  supports(api: Api, limits: VersionLimits = {}): boolean {
    return this.commonVersion(api, limits) >= 0;
  }

  /** The newest version in common. @throws ClientError UNSUPPORTED_VERSION */
  version(api: Api, limits: VersionLimits = {}): number {
    const version = this.commonVersion(api, limits);
    if (version < 0) {
      const range = this.ranges.get(api.key);
      const theirs = range ? `${range.min} to ${range.max}` : 'none';
      const ours = `${Math.max(api.minVersion, limits.min ?? 0)} to ${Math.min(api.maxVersion, limits.max ?? api.maxVersion)}`;
      throw new ClientError(
        'UNSUPPORTED_VERSION',
        `${api.name} in a version of ${ours} is needed, the broker at ${where(this.address)} has ${theirs}`,
      );
    }
    return version;
  }

  private commonVersion(api: Api, limits: VersionLimits): number {
    const range = this.ranges.get(api.key);
    if (range === undefined) return -1;
    const version = Math.min(api.maxVersion, range.max, limits.max ?? api.maxVersion);
    return version >= Math.max(api.minVersion, range.min, limits.min ?? 0) ? version : -1;
  }

  /**
   * Sends a request and waits for its answer.
   * @throws NetworkError when the connection ends first; TimeoutError; the signal's reason
   */
  request<Res, In>(
    api: Api<unknown, Res, In>,
    version: number,
    body: NoInfer<In>,
    { timeoutMs, signal }: RequestOptions,
  ): Promise<Res> {
    return new Promise<Res>((resolve, reject) => {
      if (signal?.aborted) return reject(abortReason(signal));
      const onAbort = (): void => reject(abortReason(signal!));
      const settled = (): void => signal?.removeEventListener('abort', onAbort);
      const correlationId = this.write(api, version, body, reject);
      if (correlationId === undefined) return;
      this.inFlight.push({
        correlationId,
        api: api as Api,
        version,
        resolve: (value) => {
          settled();
          resolve(value as Res);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
        sentAt: this.clock.monotonic(),
        timer: this.timers.after(timeoutMs, () => this.timedOut(correlationId, api.name, timeoutMs)),
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Sends a request that has no answer (Produce with acks=0). @throws NetworkError */
  post<In>(api: Api<unknown, unknown, In>, version: number, body: NoInfer<In>): void {
    this.posted = true;
    this.write(api, version, body, (error) => {
      throw error;
    });
  }

  private write<In>(
    api: Api<unknown, unknown, In>,
    version: number,
    body: NoInfer<In>,
    refuse: (error: unknown) => void,
  ): number | undefined {
    if (this.ended || this.socket === undefined) {
      refuse(new NetworkError(`the connection to ${where(this.address)} is closed`));
      return undefined;
    }
    const correlationId = this.nextCorrelationId;
    let pieces: Uint8Array[];
    try {
      pieces = encodeRequestPieces(api, version, { correlationId, clientId: this.config.clientId }, body);
    } catch (error) {
      refuse(error);
      return undefined;
    }
    this.nextCorrelationId = correlationId === 0x7fffffff ? 0 : correlationId + 1;
    const counted = this.instruments.connections;
    counted['request-total']++;
    for (const piece of pieces) {
      counted['outgoing-byte-total'] += piece.length;
      if (!this.socket.write(piece)) this.full = true;
    }
    return correlationId;
  }

  /** Ends the connection once what was written has left; what is in flight fails. */
  close(): Promise<void> {
    if (this.ended) return this.closed.promise;
    // A broker that holds an answer back does not look at the end of the stream; nobody waits for the answer any more.
    const abrupt = this.inFlight.length > 0 && !this.posted;
    this.end(new NetworkError(`the connection to ${where(this.address)} was closed`));
    const { socket } = this;
    if (socket === undefined) {
      this.closed.resolve();
    } else if (abrupt) {
      socket.destroy();
    } else {
      socket.end();
      const timer = this.timers.after(CLOSE_GRACE_MS, () => {
        socket.destroy();
        this.closed.resolve();
      });
      void this.closed.promise.then(() => timer.cancel());
    }
    return this.closed.promise;
  }

  private handler(): SocketHandler {
    return {
      data: (chunk) => this.received(chunk),
      drain: () => {
        this.full = false;
        this.onDrain?.();
      },
      close: (error) => {
        this.end(
          new NetworkError(`the connection to ${where(this.address)} was lost${error ? `: ${error.message}` : ''}`, {
            cause: error,
          }),
        );
        this.closed.resolve();
      },
    };
  }

  private received(chunk: Uint8Array): void {
    if (this.ended) return;
    this.instruments.connections['incoming-byte-total'] += chunk.length;
    try {
      this.reader.push(chunk);
      for (;;) {
        const frame = this.reader.next();
        if (frame === undefined) return;
        this.answered(frame);
      }
    } catch (error) {
      this.fail(
        new NetworkError(
          `the broker at ${where(this.address)} sent what is not an answer: ${(error as Error).message}`,
          {
            cause: error,
          },
        ),
      );
    }
  }

  private answered(frame: Uint8Array): void {
    const first = this.inFlight[0];
    if (first === undefined) throw new NetworkError('an answer that nobody asked for');
    const { correlationId, body } = decodeResponse(first.api, first.version, frame);
    if (correlationId !== first.correlationId) {
      throw new NetworkError(`correlation id ${correlationId} where ${first.correlationId} was due`);
    }
    this.inFlight.shift();
    first.timer.cancel();
    this.instruments.answered(first.api.name, this.clock.monotonic() - first.sentAt);
    first.resolve(body);
  }

  private timedOut(correlationId: number, name: string, timeoutMs: number): void {
    const late = this.inFlight.find((request) => request.correlationId === correlationId);
    late?.reject(new TimeoutError(`${where(this.address)} did not answer ${name} within ${timeoutMs} ms`));
    this.fail(new NetworkError(`the connection to ${where(this.address)} was given up: ${name} was not answered`));
  }

  private fail(error: Error): void {
    if (this.ended) return;
    this.logger.warn('connection given up', { broker: where(this.address), cause: error.message });
    this.end(error);
    this.socket?.destroy();
  }

  private end(error: Error): void {
    if (this.ended) return;
    this.ended = true;
    for (const request of this.inFlight.splice(0)) {
      request.timer.cancel();
      request.reject(error);
    }
    this.onClose?.(error);
  }

  /** KIP-511: our newest ApiVersions first; a broker that does not know it answers in version 0 with its range. */
  private async negotiate(signal: AbortSignal | undefined): Promise<void> {
    const options = { timeoutMs: this.config.requestTimeoutMs, signal };
    let answer = await this.request(apiVersions, apiVersions.maxVersion, SOFTWARE, options);
    if (answer.errorCode === UNSUPPORTED_VERSION) {
      const range = answer.apiKeys.find((key) => key.apiKey === apiVersions.key);
      const version = Math.min(apiVersions.maxVersion, range?.maxVersion ?? 0);
      answer = await this.request(apiVersions, version, SOFTWARE, options);
    }
    if (answer.errorCode !== 0) throw brokerError(answer.errorCode, `ApiVersions of ${where(this.address)}`);
    for (const { apiKey, minVersion, maxVersion } of answer.apiKeys) {
      this.ranges.set(apiKey, { min: minVersion, max: maxVersion });
    }
    this.features = {
      epoch: answer.finalizedFeaturesEpoch,
      levels: new Map(answer.finalizedFeatures.map((feature) => [feature.name, feature.maxVersionLevel])),
    };
  }
}

const UNSUPPORTED_VERSION = 35;

export function where(address: Address): string {
  return `${address.host}:${address.port}`;
}
