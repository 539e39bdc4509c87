/**
 * Whether the log in which a consumer stood is still the one that it reads (KIP-320). A position carries the epoch of the
 * last record before it, and the leader epoch under which it was last found good. Before the next fetch:
 *
 *   what the metadata says                 what happens
 *   the leader epoch is the known one      nothing
 *   another, or the position is fresh      the leader is asked where the position's epoch ended (OffsetForLeaderEpoch)
 *   one older than the position's          it is stale: it is asked for again, for a while
 *   the topic has another id               it was deleted and made anew: nothing of what was read is in it
 *
 * Where the log was cut off before the position, reading goes on at the cut; in a topic made anew, at its beginning; where
 * the leader knows nothing of the epoch, by auto.offset.reset. With auto.offset.reset=none it is LogTruncationError.
 */
import { ZERO_UUID } from '../../core/index.ts';
import { backoffMs } from '../connections/runtime.ts';
import { brokerError, type ClientError, isSecurityError, LogTruncationError } from '../errors.ts';
import type { Cluster } from '../metadata/cluster.ts';
import type { BrokerInfo } from '../metadata/cluster-image.ts';
import { askForEpochEnds, type EpochEnd, tellsEpochEnds } from '../metadata/epoch-end-lookup.ts';
import type { ConsumerConfig } from '../options/consumer.ts';
import { placeOf, type ResetPolicy } from '../options/offset-reset.ts';
import { partitionKey, partitionLabel } from '../topic-partition.ts';
import type { PartitionState } from './positions.ts';

/** How long metadata with an older epoch than the position's is taken to be stale rather than right. */
const STALE_METADATA_MS = 10_000;

export interface ValidatorEvents {
  /** Positions may be fetched from, or have moved. */
  changed(): void;
  /** For the next poll to throw. */
  failed(error: ClientError): void;
}

interface Asked {
  readonly state: PartitionState;
  readonly version: number;
  readonly offset: number;
  readonly offsetEpoch: number;
  readonly currentLeaderEpoch: number;
}

export class PositionValidator {
  private readonly cluster: Cluster;
  private readonly config: ConsumerConfig;
  private readonly events: ValidatorEvents;
  private failures = 0;

  constructor(cluster: Cluster, config: ConsumerConfig, events: ValidatorEvents) {
    this.cluster = cluster;
    this.config = config;
    this.events = events;
  }

  /**
   * Of a state with a position, and its leader's epoch. `ask`: hand it to `ask` with its leader. `later`: not before
   * `retryAt`, or not at all as it stands nowhere.
   */
  judge(state: PartitionState, leaderEpoch: number, now: number): 'good' | 'ask' | 'later' {
    const id = this.cluster.image.topics.get(state.topic)?.id ?? ZERO_UUID;
    if (id !== ZERO_UUID) {
      state.topicId ??= id;
      if (state.topicId !== id) {
        this.madeAnew(state);
        return 'later';
      }
    }
    if (leaderEpoch === state.validUnder) return 'good';
    if (leaderEpoch < 0 || state.leaderEpoch < 0) {
      state.validUnder = leaderEpoch;
      return 'good';
    }
    if (leaderEpoch < state.leaderEpoch) {
      state.staleSince ??= now;
      if (now - state.staleSince < STALE_METADATA_MS) {
        state.retryAt = now + this.config.retryBackoffMs;
        this.cluster.requestRefresh();
        return 'later';
      }
    } else {
      state.staleSince = undefined;
    }
    return 'ask';
  }

  /** Asks the leader of all these; what was fetched of them is fetched again if they are good. */
  async ask(broker: BrokerInfo, states: readonly PartitionState[]): Promise<void> {
    const asked = new Map<string, Asked>();
    for (const state of states) {
      state.mistrust();
      asked.set(partitionKey(state.topic, state.partition), {
        state,
        version: state.version,
        offset: state.position!,
        offsetEpoch: state.leaderEpoch,
        currentLeaderEpoch: this.cluster.image.leaderOf(state.topic, state.partition)?.epoch ?? -1,
      });
    }
    const unanswered = new Set(asked.values());
    try {
      for (const end of await this.endsOf(broker, [...asked.values()])) {
        const question = asked.get(partitionKey(end.topic, end.partition));
        if (question === undefined || !isStillMeant(question)) continue;
        unanswered.delete(question);
        this.judged(question, end);
      }
      for (const question of unanswered) if (isStillMeant(question)) this.backOff(question.state);
      this.failures = 0;
    } catch (error) {
      if (this.cluster.signal.aborted) return;
      this.failures++;
      for (const question of unanswered) if (isStillMeant(question)) this.backOff(question.state);
      if (isSecurityError(error)) return this.events.failed(error);
      this.cluster.runtime.logger.debug('positions were not validated', { cause: (error as Error).message });
      this.cluster.requestRefresh();
    } finally {
      for (const question of asked.values()) if (isStillMeant(question)) question.state.validating = false;
      this.events.changed();
    }
  }

  private async endsOf(broker: BrokerInfo, asked: readonly Asked[]): Promise<EpochEnd[]> {
    const connection = await this.cluster.pool.connect('main', broker);
    const questions = asked.map(({ state: { topic, partition }, offsetEpoch, currentLeaderEpoch }) => {
      return { topic, partition, leaderEpoch: offsetEpoch, currentLeaderEpoch };
    });
    if (tellsEpochEnds(connection)) {
      return askForEpochEnds(connection, questions, { timeoutMs: this.config.requestTimeoutMs });
    }
    return questions.map(({ topic, partition, leaderEpoch }) => {
      return { topic, partition, errorCode: 0, leaderEpoch, endOffset: Number.MAX_SAFE_INTEGER };
    });
  }

  private judged({ state, offset, currentLeaderEpoch }: Asked, end: EpochEnd): void {
    if (end.errorCode !== 0) {
      this.backOff(state);
      const error = brokerError(end.errorCode, `validating the position in ${partitionLabel(state)}`);
      if (error.retriable) this.cluster.requestRefresh();
      else this.events.failed(error);
      return;
    }
    if (end.leaderEpoch < 0 || end.endOffset < 0) {
      this.truncated(state, undefined, (policy) => {
        state.resetTo(placeOf(policy, this.cluster.runtime.clock.now()));
      });
    } else if (end.endOffset < offset) {
      this.truncated(state, end.endOffset, () => {
        state.moveTo(end.endOffset, end.leaderEpoch);
        state.validUnder = currentLeaderEpoch;
      });
    } else {
      state.validUnder = currentLeaderEpoch;
      state.staleSince = undefined;
    }
  }

  private madeAnew(state: PartitionState): void {
    state.mistrust();
    state.validating = false;
    this.truncated(state, 0, () => state.resetTo('earliest'));
  }

  /** `divergingOffset`: how far what was read is still there; undefined: not known. */
  private truncated(
    state: PartitionState,
    divergingOffset: number | undefined,
    goOn: (policy: Exclude<ResetPolicy, 'none'>) => void,
  ): void {
    const { topic, partition, position, leaderEpoch } = state;
    const offset = position!;
    const { autoOffsetReset: policy } = this.config;
    if (policy === 'none') {
      this.backOff(state);
      this.events.failed(new LogTruncationError([{ topic, partition, offset, leaderEpoch, divergingOffset }]));
      return;
    }
    this.cluster.runtime.logger.warn('records that were read are no longer in the log', {
      partition: partitionLabel(state),
      offset,
      goesOnAt: divergingOffset ?? policy,
    });
    goOn(policy);
  }

  private backOff(state: PartitionState): void {
    const { retryBackoffMs, retryBackoffMaxMs } = this.config;
    const { random, clock } = this.cluster.runtime;
    const pause = backoffMs(random, retryBackoffMs, retryBackoffMaxMs, Math.max(1, this.failures));
    state.retryAt = clock.monotonic() + pause;
  }
}

/** The state has not jumped since, and is still read. */
function isStillMeant({ state, version }: Asked): boolean {
  return state.version === version;
}
