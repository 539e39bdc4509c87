/**
 * Keeps a bounded amount of records ready: one long-poll fetch per broker, for every partition led there. A broker is not
 * asked while one of its partitions is full, so that no partition waits behind an idle long poll.
 */
import { errorName, needsMetadataRefresh, ZERO_UUID } from '../../core/index.ts';
import { type FetchResponse, fetch } from '../../wire/index.ts';
import { backoffMs } from '../connections/runtime.ts';
import { brokerError, type ClientError, isSecurityError, OffsetOutOfRangeError } from '../errors.ts';
import type { Cluster } from '../metadata/cluster.ts';
import type { BrokerInfo } from '../metadata/cluster-image.ts';
import type { ConsumerInstruments } from '../observability/consumer-instruments.ts';
import type { ConsumerConfig } from '../options/consumer.ts';
import { placeOf } from '../options/offset-reset.ts';
import { partitionKey } from '../topic-partition.ts';
import { FetchedData } from './fetched-data.ts';
import { PositionValidator } from './position-validator.ts';
import type { PartitionState, Positions } from './positions.ts';

export interface FetcherEvents {
  /** Records arrived, or a position must be looked up. */
  changed(): void;
  /** For the next poll to throw. */
  failed(error: ClientError): void;
}

interface Asked {
  readonly state: PartitionState;
  readonly version: number;
  readonly offset: number;
  /** Undefined: not known. */
  readonly topicId: string | undefined;
  readonly leaderEpoch: number;
}

type PartitionAnswer = FetchResponse['responses'][number]['partitions'][number];

export class Fetcher {
  private readonly cluster: Cluster;
  private readonly config: ConsumerConfig;
  private readonly positions: Positions;
  private readonly instruments: ConsumerInstruments;
  private readonly events: FetcherEvents;
  private readonly busy = new Set<number>();
  private readonly validator: PositionValidator;
  private failures = 0;
  private rotation = 0;

  constructor(
    cluster: Cluster,
    config: ConsumerConfig,
    positions: Positions,
    instruments: ConsumerInstruments,
    events: FetcherEvents,
  ) {
    this.cluster = cluster;
    this.config = config;
    this.positions = positions;
    this.instruments = instruments;
    this.events = events;
    this.validator = new PositionValidator(cluster, config, events);
  }

  /** Sends what fetches can be sent. Returns when to call again at the latest, monotonic; Infinity: an event will tell. */
  run(now: number): number {
    let again = Number.POSITIVE_INFINITY;
    const isFull = this.positions.bufferedBytes >= Math.max(1, this.config.fetchMaxBytes);
    const byBroker = new Map<number, { broker: BrokerInfo; states: PartitionState[]; full: boolean }>();
    const doubtful = new Map<BrokerInfo, PartitionState[]>();
    for (const state of this.positions.all()) {
      if (state.paused || state.position === undefined || state.fetching || state.validating) continue;
      if (state.retryAt > now) {
        again = Math.min(again, state.retryAt);
        continue;
      }
      const leader = this.cluster.image.leaderOf(state.topic, state.partition);
      if (leader === undefined) {
        if (this.cluster.follow([state.topic])) this.cluster.refresh().catch(() => {});
        else this.cluster.requestRefresh();
        state.retryAt = now + this.config.retryBackoffMs;
        again = Math.min(again, state.retryAt);
        continue;
      }
      const verdict = this.validator.judge(state, leader.epoch, now);
      if (verdict === 'later') {
        if (state.position !== undefined) again = Math.min(again, state.retryAt);
        continue;
      }
      if (verdict === 'ask') {
        const theirs = doubtful.get(leader.broker);
        if (theirs) theirs.push(state);
        else doubtful.set(leader.broker, [state]);
        continue;
      }
      if (isFull || this.busy.has(leader.broker.id)) continue;
      let plan = byBroker.get(leader.broker.id);
      if (plan === undefined) {
        plan = { broker: leader.broker, states: [], full: false };
        byBroker.set(leader.broker.id, plan);
      }
      // Half of it is left: the next arrives while that is worked on.
      if (state.unread * 2 >= this.config.maxPartitionFetchBytes) plan.full = true;
      else plan.states.push(state);
    }
    for (const [broker, states] of doubtful) void this.validator.ask(broker, states);
    for (const { broker, states, full } of byBroker.values()) {
      if (!full && states.length > 0) void this.fetch(broker, states);
    }
    return again;
  }

  private async fetch(broker: BrokerInfo, states: PartitionState[]): Promise<void> {
    // The first partition may take all of the answer: let another be the first next time.
    const first = this.rotation++ % states.length;
    const asked = new Map<string, Asked>();
    for (let at = 0; at < states.length; at++) {
      const state = states[(first + at) % states.length]!;
      state.fetching = true;
      const key = partitionKey(state.topic, state.partition);
      const { version, fetchOffset: offset, topicId, validUnder: leaderEpoch = -1 } = state;
      asked.set(key, { state, version, offset, topicId, leaderEpoch });
    }
    this.busy.add(broker.id);
    try {
      const { answer, version } = await this.ask(broker, [...asked.values()]);
      this.failures = 0;
      this.take(answer, version, asked);
    } catch (error) {
      if (this.cluster.signal.aborted) return;
      this.cluster.runtime.logger.debug('fetch failed', { broker: broker.id, cause: (error as Error).message });
      this.failures++;
      this.instruments.retrying('Fetch', this.failures, error as Error);
      for (const { state } of asked.values()) this.backOff(state);
      if (isSecurityError(error)) return this.events.failed(error);
      this.cluster.requestRefresh();
    } finally {
      for (const { state } of asked.values()) state.fetching = false;
      this.busy.delete(broker.id);
      this.events.changed();
    }
  }

  private async ask(broker: BrokerInfo, asked: readonly Asked[]): Promise<{ answer: FetchResponse; version: number }> {
    const { config, cluster } = this;
    const connection = await cluster.pool.connect('fetch', broker);
    const topics = new Map<
      string,
      {
        topic: string;
        topicId: string;
        partitions: { partition: number; currentLeaderEpoch: number; fetchOffset: number; partitionMaxBytes: number }[];
      }
    >();
    let idsKnown = true;
    for (const { state, offset, topicId = ZERO_UUID, leaderEpoch } of asked) {
      if (topicId === ZERO_UUID) idsKnown = false;
      // Until all its partitions know of it, a topic that was made anew goes by both ids.
      let topic = topics.get(`${state.topic} ${topicId}`);
      if (topic === undefined) {
        topic = { topic: state.topic, topicId, partitions: [] };
        topics.set(`${state.topic} ${topicId}`, topic);
      }
      topic.partitions.push({
        partition: state.partition,
        currentLeaderEpoch: leaderEpoch,
        fetchOffset: offset,
        partitionMaxBytes: config.maxPartitionFetchBytes,
      });
    }
    const version = connection.version(fetch, idsKnown ? {} : { max: 12 });
    const answer = await connection.request(
      fetch,
      version,
      {
        maxWaitMs: config.fetchMaxWaitMs,
        minBytes: config.fetchMinBytes,
        maxBytes: config.fetchMaxBytes,
        isolationLevel: config.isolationLevel === 'read_committed' ? 1 : 0,
        topics: [...topics.values()],
      },
      { timeoutMs: config.requestTimeoutMs + config.fetchMaxWaitMs },
    );
    if (answer.errorCode !== 0) throw brokerError(answer.errorCode, 'Fetch');
    return { answer, version };
  }

  private take(answer: FetchResponse, version: number, asked: ReadonlyMap<string, Asked>): void {
    const names = new Map([...asked.values()].map(({ state, topicId }) => [topicId, state.topic]));
    let bytes = 0;
    for (const topic of answer.responses) {
      const name = version >= 13 ? names.get(topic.topicId) : topic.topic;
      if (name === undefined) continue;
      for (const partition of topic.partitions) {
        const question = asked.get(partitionKey(name, partition.partitionIndex));
        // A position that has moved meanwhile makes the answer worthless.
        if (question === undefined || question.state.version !== question.version) continue;
        bytes += partition.records?.length ?? 0;
        if (partition.errorCode === 0) this.keep(question, partition);
        else this.refused(question, partition.errorCode);
      }
    }
    this.instruments.distributions['fetch-size'].add(bytes);
  }

  private keep({ state, offset }: Asked, answer: PartitionAnswer): void {
    const bytes = answer.records;
    const committed = this.config.isolationLevel === 'read_committed';
    state.end = committed && answer.lastStableOffset >= 0 ? answer.lastStableOffset : answer.highWatermark;
    if (bytes === null || bytes.length === 0) return;
    const { config } = this;
    const data = new FetchedData({
      topic: state.topic,
      partition: state.partition,
      fetchOffset: offset,
      bytes,
      aborted: config.isolationLevel === 'read_committed' ? (answer.abortedTransactions ?? []) : undefined,
      checkCrcs: config.checkCrcs,
    });
    state.buffered.push(data);
    state.bufferedBytes += data.size;
    state.fetchOffset = data.endOffset;
    if (data.endOffset === offset) this.backOff(state);
  }

  private refused({ state, offset }: Asked, code: number): void {
    const name = errorName(code);
    this.backOff(state);
    if (name === 'OFFSET_OUT_OF_RANGE') {
      // What is buffered is handed out first.
      if (state.buffered.length > 0) return;
      const policy = this.config.autoOffsetReset;
      if (policy === 'none') {
        const { topic, partition } = state;
        this.events.failed(new OffsetOutOfRangeError([{ topic, partition, offset }]));
      } else {
        this.cluster.runtime.logger.warn('the position is out of range and is reset', {
          partition: `${state.topic}-${state.partition}`,
          offset,
          to: policy,
        });
        state.resetTo(placeOf(policy, this.cluster.runtime.clock.now()));
      }
    } else if (needsMetadataRefresh(code) || name === 'UNKNOWN_LEADER_EPOCH') {
      this.cluster.requestRefresh();
    } else {
      const error = brokerError(code, `fetching ${state.topic}-${state.partition} at ${offset}`);
      if (!error.retriable || name === 'CORRUPT_MESSAGE') this.events.failed(error);
    }
  }

  private backOff(state: PartitionState): void {
    const { retryBackoffMs, retryBackoffMaxMs } = this.config;
    const { random, clock } = this.cluster.runtime;
    const pause = backoffMs(random, retryBackoffMs, retryBackoffMaxMs, Math.max(1, this.failures));
    state.retryAt = clock.monotonic() + pause;
  }
}
