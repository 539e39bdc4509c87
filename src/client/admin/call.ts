/** One call of the admin client: until when it may go on, and how it sends a request. Knows no API. */
import type { Api } from '../../wire/index.ts';
import type { Connection, VersionLimits } from '../connections/connection.ts';
import type { Cluster, Deadline } from '../metadata/cluster.ts';
import type { Newcomers } from './newcomers.ts';

/** What every method of the admin client takes. */
export interface CallOptions {
  /** Milliseconds, retries included; default.api.timeout.ms where it is left out. */
  readonly timeoutMs?: number;
  /** The caller stops waiting and gets the signal's reason; what is on its way to a broker may still be done. */
  readonly signal?: AbortSignal;
}

export const callOptions: Readonly<Record<keyof CallOptions, true>> = { timeoutMs: true, signal: true };

type Own<O> = Exclude<keyof O & string, keyof CallOptions>;
/** The names of the options that a method has beside those of all: nothing, or one argument that names them. */
export type OwnOptions<O> = [Own<O>] extends [never] ? [] : [Readonly<Record<Own<O>, true>>];

/** Whether what is asked for is done, or only judged. */
export interface ValidateOnly {
  /** The broker says whether it would, and does nothing. */
  readonly validateOnly?: boolean;
}

export class AdminCall {
  readonly cluster: Cluster;
  readonly deadline: Deadline;
  readonly requestTimeoutMs: number;
  readonly newcomers: Newcomers;
  private readonly began: number;

  constructor(
    cluster: Cluster,
    newcomers: Newcomers,
    requestTimeoutMs: number,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ) {
    this.cluster = cluster;
    this.newcomers = newcomers;
    this.requestTimeoutMs = requestTimeoutMs;
    this.began = cluster.runtime.clock.monotonic();
    this.deadline = cluster.deadline(timeoutMs, signal);
  }

  get ageMs(): number {
    return this.cluster.runtime.clock.monotonic() - this.began;
  }
  get leftMs(): number {
    return this.cluster.left(this.deadline);
  }
  /** What fails because the caller or the client is gone fails for that reason. @throws the signal's reason, ClosedError */
  throwIfOver(): void {
    this.deadline.signal?.throwIfAborted();
    this.cluster.signal.throwIfAborted();
  }

  /**
   * A request in the newest version in common, within the limits.
   * @throws UNSUPPORTED_VERSION, NetworkError, TimeoutError, the signal's reason
   */
  send<Res, In>(
    connection: Connection,
    api: Api<unknown, Res, In>,
    body: NoInfer<In>,
    limits: VersionLimits = {},
  ): Promise<Res> {
    const timeout = { timeoutMs: this.requestTimeoutMs, signal: this.deadline.signal };
    return connection.request(api, connection.version(api as Api, limits), body, timeout);
  }

  /** A question with one answer, asked again while it fails for now. @throws TimeoutError, the refusal */
  async ask<T>(
    what: string,
    place: () => Promise<Connection>,
    attempt: (connection: Connection) => Promise<T>,
  ): Promise<T> {
    try {
      return await this.cluster.retry(what, this.deadline, async () => attempt(await place()));
    } catch (error) {
      this.throwIfOver();
      throw error;
    }
  }
}
