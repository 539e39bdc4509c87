/**
 * One connection to one broker. Requests are written in the order of the calls and answered in that order; each
 * answer's correlation id is checked. An answer that is late, wrong or too large ends the connection, and so does the
 * broker: then everything in flight fails with NETWORK_EXCEPTION, and nobody knows whether the broker did it. Where the
 * options say so it is encrypted and logs in before anyone else may use it.
 */
import type { Clock, Logger, Socket, SocketHandler, Timer, Timers } from '../../core/index.ts';
import { type Api, apiVersions, decodeResponse, encodeRequestPieces, FrameReader } from '../../wire/index.ts';
import { brokerError, type ClientError, NetworkError, TimeoutError, TlsError } from '../errors.ts';
import type { Instruments } from '../observability/instruments.ts';
import { isTlsRecord, plainAtTlsPort, tlsErrorOf } from '../security/tls-errors.ts';
import { abortReason } from '../support/async.ts';
import { Gate } from './gate.ts';
import type { ConnectionConfig, Runtime } from './runtime.ts';
import { Session, type SessionChannel } from './session.ts';
import { lossHints, type Stage } from './stage.ts';
import { SpokenVersions, type VersionLimits } from './versions.ts';

export type { VersionLimits } from './versions.ts';

/** Whom an answer is for. */
interface Asker {
  readonly resolve: (body: unknown) => void;
  readonly reject: (error: unknown) => void;
}

interface InFlight extends Asker {
  readonly correlationId: number;
  readonly api: Api;
  readonly version: number;
  readonly timeoutMs: number;
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

/** How to get to a broker. */
export interface Route {
  /** One of the addresses that its name stands for. */
  readonly address?: string;
  /** How long connecting may take. */
  readonly timeoutMs?: number;
}

/**
 * A machine that loses its power says nothing, and a request that may be held back for minutes (JoinGroup) waits as long.
 * TCP's own probes find out within about request.timeout.ms; this long of it they go unanswered.
 */
const KEEP_ALIVE_PROBES_MS = 10_000;

/** What a client tells of itself in ApiVersions (KIP-511). */
export const SOFTWARE = { clientSoftwareName: 'onceward', clientSoftwareVersion: '0.1.0' };
/** A usual answer to Fetch, and more: it is not worth growing a buffer for. */
const TRUSTED_BYTES = 2 * 1024 * 1024;
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
  /** Shut while the connection logs in. */
  private readonly gate = new Gate();
  private session: Session | undefined;
  private nextCorrelationId = 0;
  private usedAt: number;
  private full = false;
  private ended = false;
  /** Requests without an answer were sent: they must leave before the end. */
  private posted = false;
  private readonly closed = Promise.withResolvers<void>();
  private readonly versions: SpokenVersions;
  /** What the broker is to answer first; its silence then has other causes than later. */
  private stage: Stage = 'versions';

  private constructor(runtime: Runtime, config: ConnectionConfig, address: Address) {
    this.address = address;
    this.clock = runtime.clock;
    this.usedAt = runtime.clock.monotonic();
    this.timers = runtime.timers;
    this.logger = runtime.logger;
    this.instruments = runtime.instruments;
    this.config = config;
    this.reader = new FrameReader(config.maxResponseBytes, { trustedBytes: TRUSTED_BYTES });
    this.versions = new SpokenVersions(where(address));
  }

  /**
   * Connects, by the route given where there are several, asks what the broker speaks, and logs in.
   * @throws NetworkError, TlsError, AuthenticationError, the signal's reason
   */
  static async open(
    runtime: Runtime,
    config: ConnectionConfig,
    address: Address,
    signal?: AbortSignal,
    route: Route = {},
  ): Promise<Connection> {
    const connection = new Connection(runtime, config, address);
    try {
      connection.socket = await runtime.network.connect({
        host: address.host,
        port: address.port,
        handler: connection.handler(),
        timeoutMs: route.timeoutMs ?? config.socketConnectionSetupTimeoutMs,
        address: route.address,
        tls: config.security?.tls,
        keepAliveMs: Math.max(1000, config.requestTimeoutMs - KEEP_ALIVE_PROBES_MS),
        ...(signal ? { signal } : {}),
      });
    } catch (error) {
      if (signal?.aborted) throw abortReason(signal);
      throw (
        tlsErrorOf(where(address), error as Error) ??
        new NetworkError(`cannot connect to ${where(address)}: ${(error as Error).message}`, { cause: error })
      );
    }
    try {
      await connection.negotiate(signal);
      await connection.logIn(runtime, signal);
    } catch (error) {
      connection.fail(error as Error);
      throw error;
    }
    return connection;
  }

  /** Milliseconds since the last request was answered; 0 while one is unanswered. Logging in again is no use of it. */
  get idleMs(): number {
    return this.pending > 0 ? 0 : this.clock.monotonic() - this.usedAt;
  }
  get open(): boolean {
    return !this.ended;
  }
  /** Requests without an answer yet. */
  get pending(): number {
    return this.inFlight.length + this.gate.size;
  }
  /** The socket's buffer is full, or the connection logs in again: hold back until `onDrain`. */
  get congested(): boolean {
    return this.full || this.gate.shut;
  }

  /** Whether the broker speaks an API, and the caller's limits leave a version of it. */
  supports(api: Api, limits: VersionLimits = {}): boolean {
    return this.versions.common(api, limits) >= 0;
  }
  /** The newest version in common. @throws ClientError UNSUPPORTED_VERSION */
  version(api: Api, limits: VersionLimits = {}): number {
    return this.versions.needed(api, limits);
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
      signal?.addEventListener('abort', onAbort, { once: true });
      const asker: Asker = {
        resolve: (value) => {
          settled();
          this.usedAt = this.clock.monotonic();
          resolve(value as Res);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      };
      this.gate.pass({
        send: () => {
          if (!signal?.aborted) this.send(api, version, body, timeoutMs, asker);
        },
        reject: asker.reject,
      });
    });
  }

  /**
   * Sends a request that has no answer (Produce with acks=0); calls `sent` when its bytes have left. It is written now or
   * never: nobody would learn what became of one that was held back.
   * @throws NetworkError, also while the connection logs in again (`congested`)
   */
  post<In>(api: Api<unknown, unknown, In>, version: number, body: NoInfer<In>, sent?: () => void): void {
    if (this.gate.shut) throw new NetworkError(`the connection to ${where(this.address)} is logging in again`);
    this.posted = true;
    this.usedAt = this.clock.monotonic();
    const refuse = (error: unknown): void => {
      throw error;
    };
    this.write(api, version, body, refuse, sent);
  }

  private send<In>(
    api: Api<unknown, unknown, In>,
    version: number,
    body: NoInfer<In>,
    timeoutMs: number,
    asker: Asker,
  ): void {
    const correlationId = this.write(api, version, body, asker.reject);
    if (correlationId === undefined) return;
    const timer = this.timers.after(timeoutMs, () => this.timedOut(correlationId, api.name, timeoutMs));
    const { resolve, reject } = asker;
    const sentAt = this.clock.monotonic();
    this.inFlight.push({ correlationId, api: api as Api, version, timeoutMs, timer, sentAt, resolve, reject });
  }

  private write<In>(
    api: Api<unknown, unknown, In>,
    version: number,
    body: NoInfer<In>,
    refuse: (error: unknown) => void,
    sent?: () => void,
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
    const last = pieces.length - 1;
    for (let at = 0; at <= last; at++) {
      const piece = pieces[at]!;
      counted['outgoing-byte-total'] += piece.length;
      if (!this.socket.write(piece, at === last ? sent : undefined)) this.full = true;
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
        this.end(this.loss(error));
        this.closed.resolve();
      },
    };
  }

  private received(chunk: Uint8Array): void {
    if (this.ended) return;
    this.instruments.connections['incoming-byte-total'] += chunk.length;
    try {
      if (this.stage === 'versions' && isTlsRecord(chunk)) throw plainAtTlsPort(where(this.address));
      this.reader.push(chunk);
      for (;;) {
        const frame = this.reader.next();
        if (frame === undefined) return;
        this.answered(frame);
      }
    } catch (error) {
      const { message } = error as Error;
      const what = `the broker at ${where(this.address)} sent what is not an answer: ${message}`;
      this.fail(error instanceof TlsError ? error : new NetworkError(what, { cause: error }));
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
    if (this.stage === 'first request') this.stage = 'at work';
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
    this.session?.end(error);
    for (const request of this.inFlight.splice(0)) {
      request.timer.cancel();
      request.reject(error);
    }
    this.gate.fail(error);
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
    this.versions.learn(answer.apiKeys);
    this.features = {
      epoch: answer.finalizedFeaturesEpoch,
      levels: new Map(answer.finalizedFeatures.map((feature) => [feature.name, feature.maxVersionLevel])),
    };
  }

  private async logIn(runtime: Runtime, signal: AbortSignal | undefined): Promise<void> {
    const { requestTimeoutMs, security } = this.config;
    if (security?.sasl !== undefined) {
      this.stage = 'login';
      this.session = new Session(this.channel(requestTimeoutMs), security.sasl, runtime, requestTimeoutMs);
      await this.session.begin(signal);
    }
    this.stage = 'first request';
  }

  private channel(requestTimeoutMs: number): SessionChannel {
    return {
      broker: where(this.address),
      supports: (api, limits) => this.supports(api, limits),
      version: (api) => this.version(api),
      ask: (api, version, body) =>
        new Promise((resolve, reject) => {
          // What a broker holds back is answered first.
          const ahead = Math.max(0, ...this.inFlight.map(({ timeoutMs }) => timeoutMs));
          const asker = { resolve: resolve as Asker['resolve'], reject };
          this.send(api, version, body, requestTimeoutMs + ahead, asker);
        }),
      hold: () => this.gate.close(),
      release: () => {
        this.gate.open();
        if (!this.full && !this.ended) this.onDrain?.();
      },
      giveUp: (error) => this.fail(error),
    };
  }

  private loss(error: Error | undefined): ClientError {
    const tlsError = this.stage === 'at work' ? undefined : tlsErrorOf(where(this.address), error);
    if (tlsError !== undefined) return tlsError;
    const said = error ? `: ${error.message}` : '';
    const text = `the connection to ${where(this.address)} was lost${said}${lossHints[this.stage]}`;
    return new NetworkError(text, { cause: error });
  }
}

const UNSUPPORTED_VERSION = 35;

export function where(address: Address): string {
  return `${address.host}:${address.port}`;
}
