/**
 * The cluster as one client sees it: an up-to-date image, connections to its brokers, and who coordinates a group or a
 * transaction. Refreshes are shared: whoever asks while one is under way gets its result.
 */
import { errorName, type Timer } from '../../core/index.ts';
import { metadata as metadataApi } from '../../wire/index.ts';
import { BrokerPool, type Role } from '../connections/broker-pool.ts';
import { type Address, type Connection, type Features, where } from '../connections/connection.ts';
import { canonicalServers } from '../connections/names.ts';
import { backoffMs, type ConnectionConfig, type Runtime } from '../connections/runtime.ts';
import {
  asClientError,
  brokerError,
  ClientError,
  ClosedError,
  isRetriableError,
  isSecurityError,
  NetworkError,
  TimeoutError,
} from '../errors.ts';
import { parseAddress } from '../options/common.ts';
import { ignore, sleep, unlessAborted, within } from '../support/async.ts';
import { type BrokerInfo, ClusterImage, type TopicInfo } from './cluster-image.ts';
import { type CoordinatorKind, findCoordinators } from './coordinator-lookup.ts';

export interface ClusterSettings extends ConnectionConfig {
  /** Whether asking for a missing topic may create it. */
  readonly allowAutoCreateTopics: boolean;
}

/** Until when a call may go on, and whether its caller still wants it. */
export interface Deadline {
  /** Monotonic milliseconds; Infinity: none. */
  readonly at: number;
  readonly signal?: AbortSignal | undefined;
}

export class Cluster {
  readonly image = new ClusterImage();
  readonly pool: BrokerPool;
  readonly runtime: Runtime;
  /** Called after each refresh, successful or not. */
  onRefresh: (() => void) | undefined;

  private readonly settings: ClusterSettings;
  private bootstrap: readonly Address[];
  private canonical: Promise<void> | undefined;
  /** Monotonic: since when no broker gave metadata; undefined: the last one asked did. */
  private failingSince: number | undefined;
  private readonly interest = new Set<string>();
  private everything = false;
  /** The image holds every topic, as of the last refresh. */
  isComplete = false;
  private topicErrors = new Map<string, number>();
  private refreshing: Promise<void> | undefined;
  private again = false;
  private failures = 0;
  /** Answers in a row by which a partition has no leader: more of the same does not come sooner for being asked often. */
  private leaderless = 0;
  private nextTimer: Timer | undefined;
  private notBefore = 0;
  private turn = 0;
  private readonly coordinators = new Map<string, BrokerInfo>();
  private readonly lifetime = new AbortController();

  constructor(runtime: Runtime, settings: ClusterSettings) {
    this.runtime = runtime;
    this.settings = settings;
    this.pool = new BrokerPool(runtime, settings);
    this.bootstrap = settings.bootstrapServers.map((server) => {
      const { host, port } = parseAddress(server);
      return { host, port: port! };
    });
    this.turn = runtime.random.uint32() % Math.max(1, this.bootstrap.length);
  }

  get features(): Features {
    return this.pool.features;
  }
  get signal(): AbortSignal {
    return this.lifetime.signal;
  }

  deadline(timeoutMs: number, signal?: AbortSignal): Deadline {
    return { at: this.runtime.clock.monotonic() + timeoutMs, signal };
  }
  left(deadline: Deadline): number {
    return Math.max(0, deadline.at - this.runtime.clock.monotonic());
  }

  /** Closes every connection; what waits fails. */
  async close(): Promise<void> {
    this.lifetime.abort(new ClosedError('client'));
    this.nextTimer?.cancel();
    await this.pool.close();
  }

  /**
   * A connection to any broker, an open one where there is one.
   * @throws NetworkError when none answers; TlsError, AuthenticationError
   */
  async anyConnection(role: Role = 'main'): Promise<Connection> {
    await this.nameBootstrapServers();
    const known = [...this.image.brokers.values()];
    let best: Connection | undefined;
    for (const broker of [...known, ...this.bootstrap]) {
      const open = this.pool.ready(role, broker);
      if (open && (best === undefined || open.pending < best.pending)) best = open;
    }
    if (best) return best;
    const others = this.bootstrap.filter((a) => !known.some((b) => where(a) === where(b)));
    const mayBootstrap = known.length === 0 || this.settings.metadataRecoveryStrategy === 'rebootstrap';
    const rotated = [...this.inTurn<Address>(known), ...(mayBootstrap ? this.inTurn(others) : [])];
    this.turn++;
    rotated.sort((a, b) => this.pool.backoffLeft(a) - this.pool.backoffLeft(b));
    let failure: unknown = new NetworkError('no broker is known');
    for (const [index, candidate] of rotated.entries()) {
      if (index > 0 && this.pool.backoffLeft(candidate) > 0) break;
      try {
        return await this.pool.connect(role, candidate);
      } catch (error) {
        failure = error;
        // The same credentials elsewhere would only be refused once more.
        if (this.lifetime.signal.aborted || isSecurityError(error)) break;
      }
    }
    throw failure;
  }

  private inTurn<T>(all: readonly T[]): T[] {
    return all.map((_, index) => all[(index + this.turn) % all.length]!);
  }

  /** With `resolve_canonical_bootstrap_servers_only`, once. */
  private async nameBootstrapServers(): Promise<void> {
    if (this.settings.clientDnsLookup !== 'resolve_canonical_bootstrap_servers_only') return;
    const { socketConnectionSetupTimeoutMs: timeoutMs } = this.settings;
    this.canonical ??= canonicalServers(this.runtime, this.bootstrap, timeoutMs, this.lifetime.signal).then(
      (servers) => {
        this.bootstrap = servers;
      },
    );
    await this.canonical;
  }

  /** A connection to the controller, or to any broker where it is not known. */
  async controllerConnection(): Promise<Connection> {
    const controller = this.image.brokers.get(this.image.controllerId);
    return controller === undefined ? this.anyConnection() : this.pool.connect('main', controller);
  }

  /** Adds topics to those that refreshes ask for. */
  follow(topics: Iterable<string>): boolean {
    let added = false;
    for (const topic of topics) {
      if (this.interest.has(topic)) continue;
      this.interest.add(topic);
      added = true;
    }
    return added;
  }
  /** From now on refreshes ask for every topic there is. */
  followEverything(): void {
    if (this.everything) return;
    this.everything = true;
    if (this.refreshing) this.again = true;
  }
  unfollow(topic: string): void {
    this.interest.delete(topic);
  }

  /**
   * Starts a refresh unless one is under way; not more often than retry.backoff.ms allows, and up to retry.backoff.max.ms
   * while partitions have no leader. Errors are logged.
   */
  requestRefresh(): void {
    if (this.refreshing || this.lifetime.signal.aborted) return;
    const wait = this.notBefore - this.runtime.clock.monotonic();
    if (wait <= 0) {
      this.refresh().catch(ignore);
      return;
    }
    this.schedule(wait);
  }

  /** Asks a broker now (or shares the question under way) and takes the answer in. @throws NetworkError, … */
  refresh(): Promise<void> {
    if (this.lifetime.signal.aborted) return Promise.reject(new ClosedError('client'));
    this.refreshing ??= this.fetchMetadata().finally(() => {
      this.refreshing = undefined;
      this.onRefresh?.();
      if (this.again) {
        this.again = false;
        this.requestRefresh();
      }
    });
    return this.refreshing;
  }

  /**
   * A topic with at least one partition, asked for until it is there.
   * @throws TimeoutError with the broker's last answer; a permanent error such as INVALID_TOPIC_EXCEPTION
   */
  async topic(name: string, deadline: Deadline): Promise<TopicInfo> {
    const known = this.image.topics.get(name);
    if (known) return known;
    if (this.follow([name]) && this.refreshing) this.again = true;
    let last: ClientError | undefined;
    for (let failures = 0; ; ) {
      const topic = this.image.topics.get(name);
      if (topic && topic.partitions.length > 0) return topic;
      const left = this.left(deadline);
      if (left <= 0) {
        throw new TimeoutError(`topic ${name} is not known to the cluster${last ? ` (${last.message})` : ''}`, {
          cause: last,
        });
      }
      try {
        await within(this.runtime.timers, left, this.refresh(), () => new TimeoutError('metadata'), deadline.signal);
        const code = this.topicErrors.get(name);
        if (code !== undefined) throw brokerError(code, `topic ${name}`);
        if (this.image.topics.has(name)) continue;
      } catch (error) {
        if (!isRetriableError(error)) throw error;
        last = asClientError(error);
      }
      failures++;
      await this.pause(failures, deadline);
    }
  }

  /** Waits for a partition's leader. @throws TimeoutError */
  async leader(name: string, partition: number, deadline: Deadline): Promise<{ broker: BrokerInfo; epoch: number }> {
    for (let failures = 1; ; failures++) {
      const topic = await this.topic(name, deadline);
      if (topic.partitions[partition] === undefined) {
        throw new ClientError('UNKNOWN_TOPIC_OR_PARTITION', `topic ${name} has no partition ${partition}`);
      }
      const leader = this.image.leaderOf(name, partition);
      if (leader) return leader;
      await this.pause(failures, deadline);
      await this.refresh().catch(ignore);
    }
  }

  /** Sleeps as long as the retry after this many failures should wait, no longer than the deadline. */
  pause(failures: number, deadline: Deadline): Promise<void> {
    return this.sleep(Math.min(this.pauseAfter(failures), this.left(deadline)), deadline.signal);
  }

  /** How long not to ask again after so many answers that were of no use. */
  private pauseAfter(failures: number): number {
    const { retryBackoffMs, retryBackoffMaxMs } = this.settings;
    return failures === 0
      ? retryBackoffMs
      : backoffMs(this.runtime.random, retryBackoffMs, retryBackoffMaxMs, failures);
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await unlessAborted(sleep(this.runtime.timers, ms, this.lifetime.signal), signal);
  }

  /**
   * Repeats an attempt while it throws retriable errors, with backoff, until the deadline. `stale` errors refresh the
   * metadata first.
   * @throws TimeoutError caused by the last error; any error that is not retriable
   */
  async retry<T>(what: string, deadline: Deadline, attempt: () => Promise<T>): Promise<T> {
    let last: unknown;
    let over: TimeoutError | undefined;
    const expire = (): TimeoutError => {
      over = late(what, last);
      return over;
    };
    for (let failures = 1; ; failures++) {
      try {
        return await within(this.runtime.timers, this.left(deadline), attempt(), expire, deadline.signal);
      } catch (error) {
        if (error === over || !isRetriableError(error) || this.lifetime.signal.aborted) throw error;
        last = error;
        if (this.left(deadline) <= 0) throw late(what, error);
        this.runtime.instruments.retrying(what, failures, error as Error);
        await this.pause(failures, deadline);
      }
    }
  }

  /** Who coordinates; asked once and kept until `forgetCoordinator`. @throws retriable errors, GROUP_AUTHORIZATION_FAILED… */
  async coordinator(kind: CoordinatorKind, key: string): Promise<BrokerInfo> {
    const known = this.coordinators.get(`${kind} ${key}`);
    if (known) return known;
    const timeoutMs = this.settings.requestTimeoutMs;
    const broker = (await findCoordinators(await this.anyConnection(), kind, [key], { timeoutMs })).get(key)!;
    if (broker instanceof ClientError) throw broker;
    this.coordinators.set(`${kind} ${key}`, broker);
    return broker;
  }
  forgetCoordinator(kind: CoordinatorKind, key: string): void {
    this.coordinators.delete(`${kind} ${key}`);
  }
  /** A connection to the coordinator; one that cannot be reached is forgotten. */
  async coordinatorConnection(kind: CoordinatorKind, key: string): Promise<Connection> {
    const broker = await this.coordinator(kind, key);
    try {
      return await this.pool.connect('group', broker);
    } catch (error) {
      this.forgetCoordinator(kind, key);
      throw error;
    }
  }

  private async fetchMetadata(): Promise<void> {
    const { clock } = this.runtime;
    try {
      const connection = await this.anyConnection();
      const version = connection.version(metadataApi);
      const topics = this.everything ? null : [...this.interest];
      const answer = await connection.request(
        metadataApi,
        version,
        {
          topics: topics?.map((name) => ({ name })) ?? null,
          allowAutoTopicCreation: this.settings.allowAutoCreateTopics,
        },
        { timeoutMs: this.settings.requestTimeoutMs },
      );
      if (answer.errorCode !== 0) {
        if (errorName(answer.errorCode) === 'REBOOTSTRAP_REQUIRED') this.rebootstrap('the broker asks for it');
        throw new NetworkError(`Metadata: ${errorName(answer.errorCode)}`);
      }
      this.topicErrors = this.image.update(answer, topics === null);
      this.failingSince = undefined;
      this.isComplete = topics === null;
      this.failures = 0;
      this.leaderless = this.image.isLed ? 0 : this.leaderless + 1;
      this.notBefore = clock.monotonic() + this.pauseAfter(this.leaderless);
      this.schedule(this.settings.metadataMaxAgeMs);
    } catch (error) {
      if (this.lifetime.signal.aborted) throw error;
      this.failures++;
      this.failingSince ??= clock.monotonic();
      const failedFor = clock.monotonic() - this.failingSince;
      if (failedFor >= this.settings.metadataRecoveryRebootstrapTriggerMs) {
        this.rebootstrap(`no broker gave metadata for ${Math.round(failedFor)} ms`);
      }
      const wait = this.pauseAfter(this.failures);
      this.notBefore = clock.monotonic() + wait;
      // Whoever needs the cluster asks again; of itself this client does not knock at a door that was shut on it.
      if (!isSecurityError(error)) this.schedule(wait);
      this.runtime.instruments.retrying('Metadata', this.failures, error as Error);
      this.runtime.logger.debug('metadata refresh failed', { cause: (error as Error).message });
      throw error;
    }
  }

  /** KIP-899, KIP-1102: what is known of the brokers is worth nothing any more. */
  private rebootstrap(cause: string): void {
    if (this.settings.metadataRecoveryStrategy === 'none') return;
    this.failingSince = undefined;
    this.image.brokers.clear();
    this.runtime.logger.warn('beginning again at the bootstrap servers', { cause });
  }

  private schedule(ms: number): void {
    this.nextTimer?.cancel();
    this.nextTimer = this.runtime.timers.after(ms, () => {
      this.nextTimer = undefined;
      if (!this.lifetime.signal.aborted) this.refresh().catch(ignore);
    });
  }
}

function late(what: string, cause?: unknown): TimeoutError {
  const reason = cause instanceof Error ? ` (last: ${cause.message})` : '';
  return new TimeoutError(`${what} took too long${reason}`, cause === undefined ? undefined : { cause });
}
