/**
 * Sends batches: which are ready, to which leader, how many at once. One synchronous pass (`run`) at a time, woken by
 * events; promises only per request. What the answers mean is BatchOutcomes' to say.
 */
import { type Clock, ErrorCode, needsMetadataRefresh, type Timer, type Timers, ZERO_UUID } from '../../core/index.ts';
import { type ProduceRequestInput, type ProduceResponse, produce } from '../../wire/index.ts';
import type { Connection } from '../connections/connection.ts';
import { asClientError, ClientError, isSecurityError, NetworkError } from '../errors.ts';
import type { Cluster } from '../metadata/cluster.ts';
import type { BrokerInfo } from '../metadata/cluster-image.ts';
import type { ProducerInstruments } from '../observability/producer-instruments.ts';
import type { ProducerConfig } from '../options/producer.ts';
import type { Accumulator } from './accumulator.ts';
import { BatchOutcomes } from './batch-outcomes.ts';
import { BrokerReadiness } from './broker-readiness.ts';
import type { DeliveryGuard } from './delivery-guard.ts';
import type { BatchQueue, ProducerBatch } from './producer-batch.ts';

interface Sending {
  readonly broker: BrokerInfo;
  readonly batches: ProducerBatch[];
}

export class Sender {
  /** Everything is ready at once: someone flushes, or the producer closes. */
  urgent = 0;

  private readonly cluster: Cluster;
  private readonly config: ProducerConfig;
  private readonly accumulator: Accumulator;
  private readonly guard: DeliveryGuard;
  private readonly instruments: ProducerInstruments;
  private readonly outcomes: BatchOutcomes;
  private readonly clock: Clock;
  private readonly timers: Timers;
  private readonly inFlight = new Map<number, number>();
  private readonly connecting = new Set<number>();
  private readonly readiness = new BrokerReadiness();
  /** Unanswered, to all brokers. */
  requests = 0;
  private readonly settledWaiters: (() => void)[] = [];
  private scheduled = false;
  private seenBytes = 0;
  /** Monotonic: nothing is to be given up before. */
  private expiryAt = 0;
  private turnOver: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;
  private stopped = false;
  private timer: Timer | undefined;
  private timerAt = Number.POSITIVE_INFINITY;
  private readonly ordered: boolean;

  constructor(
    cluster: Cluster,
    config: ProducerConfig,
    accumulator: Accumulator,
    guard: DeliveryGuard,
    instruments: ProducerInstruments,
    batchDone: (batch: ProducerBatch, error: ClientError | undefined) => void,
  ) {
    this.cluster = cluster;
    this.config = config;
    this.accumulator = accumulator;
    this.guard = guard;
    this.instruments = instruments;
    this.outcomes = new BatchOutcomes(config, cluster.runtime, guard, instruments, (batch, error) => {
      accumulator.release(batch);
      batchDone(batch, error);
      this.wake();
    });
    this.clock = cluster.runtime.clock;
    this.timers = cluster.runtime.timers;
    this.ordered = !guard.numbered && config.maxInFlightRequestsPerConnection === 1;
  }

  /** Whether batches have waited for this broker longer than partitioner.availability.timeout.ms. */
  isSlow(broker: number): boolean {
    return this.readiness.isSlow(broker, this.clock.monotonic(), this.config.partitionerAvailabilityTimeoutMs);
  }

  /** Bytes of records that were taken in since the last pass. */
  get unseenBytes(): number {
    return this.accumulator.takenBytes - this.seenBytes;
  }
  /** Resolves when the next pass is over. */
  turn(): Promise<void> {
    this.turnOver ??= Promise.withResolvers<void>();
    this.wake();
    return this.turnOver.promise;
  }
  /** Has `run` called in a later turn, once. */
  wake(): void {
    if (this.scheduled || this.stopped) return;
    this.scheduled = true;
    this.accumulator.time.watchTurn();
    this.timers.defer(() => {
      this.scheduled = false;
      this.accumulator.time.turnOver();
      this.seenBytes = this.accumulator.takenBytes;
      if (!this.stopped) this.run();
      this.endTurn();
    });
  }
  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
    this.endTurn();
  }

  /** Drops what was never sent, and what waits to be sent again, with an error. Requests in the air are left alone. */
  dropWaiting(error: ClientError): void {
    for (const queue of [...this.accumulator.active]) {
      for (const batch of queue.waiting.splice(0)) {
        queue.forget(batch);
        if (batch.attempts > 0) this.guard.batchFailed(error, queue, true);
        this.outcomes.finish(batch, error);
      }
      this.retireIfIdle(queue);
    }
  }
  /** Resolves when no request is unanswered. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      if (this.requests === 0) return resolve();
      this.settledWaiters.push(resolve);
    });
  }

  private endTurn(): void {
    this.turnOver?.resolve();
    this.turnOver = undefined;
  }

  private run(): void {
    const now = this.clock.monotonic();
    const refusal = this.guard.refusal();
    if (refusal !== undefined) {
      this.dropWaiting(refusal);
      this.accumulator.failParked(refusal);
    }
    let next = this.expire(now);
    for (const queue of this.accumulator.active) {
      this.outcomes.settleNumbers(queue);
      this.retireIfIdle(queue);
    }
    // A request takes one batch of a partition: those behind it leave with the next.
    let waiting: Iterable<BatchQueue> = this.accumulator.active;
    for (let round = 0; ; round++) {
      const { plans, due } = this.plan(waiting, now);
      if (round === 0) this.readiness.keepOnly(plans);
      if (due < next) next = due;
      const sent: BatchQueue[] = [];
      for (const plan of plans.values()) this.dispatch(plan, sent);
      waiting = sent.filter((queue) => queue.waiting.length > 0);
      if (sent.length === 0) break;
    }
    this.wakeAt(next, now);
  }

  /** Gives up what has waited too long; returns when to look again. Batches begun since the last look have time left. */
  private expire(now: number): number {
    const { active } = this.accumulator;
    if (active.size === 0) return Number.POSITIVE_INFINITY;
    if (now < this.expiryAt) return this.expiryAt;
    this.expiryAt = now + this.config.deliveryTimeoutMs;
    for (const queue of [...active]) this.expiryAt = Math.min(this.expiryAt, this.outcomes.expire(queue, now));
    return this.expiryAt;
  }

  /** What may leave now, by leader; `due`: when the first of the others may. */
  private plan(queues: Iterable<BatchQueue>, now: number): { plans: Map<number, Sending>; due: number } {
    const plans = new Map<number, Sending>();
    let next = Number.POSITIVE_INFINITY;
    for (const queue of queues) {
      if (queue.waiting.length === 0) continue;
      const due = this.readyAt(queue, now);
      if (due > now) {
        if (due < next) next = due;
        continue;
      }
      const broker = this.leaderFor(queue);
      if (broker === undefined || !this.guard.admits(queue)) continue;
      let plan = plans.get(broker.id);
      if (plan === undefined) {
        plan = { broker, batches: [] };
        plans.set(broker.id, plan);
      }
      plan.batches.push(queue.waiting[0]!);
    }
    return { plans, due: next };
  }

  /** When the head may leave; Infinity while something else must happen first. */
  private readyAt(queue: BatchQueue, now: number): number {
    const head = queue.waiting[0]!;
    if (this.ordered && queue.airborne > 0) return Number.POSITIVE_INFINITY;
    if (this.guard.numbered) {
      const identity = this.guard.identity();
      if (identity === undefined || !queue.mayNumber(identity)) return Number.POSITIVE_INFINITY;
    }
    if (head.retryAt > now) return head.retryAt;
    if (head.closed || head.attempts > 0 || this.urgent > 0 || this.accumulator.full || queue.waiting.length > 1)
      return now;
    return head.createdAt + this.config.lingerMs;
  }

  private leaderFor(queue: BatchQueue): BrokerInfo | undefined {
    const leader = this.cluster.image.leaderOf(queue.topic, queue.partition);
    if (leader === undefined) this.cluster.requestRefresh();
    return leader?.broker;
  }

  /** One request with a batch of each ready partition, or more where they are large, while the connection takes them. */
  private dispatch({ broker, batches }: Sending, sent: BatchQueue[]): void {
    const connection = this.cluster.pool.ready('main', broker);
    if (connection === undefined) {
      this.readiness.blocked(broker.id, this.clock.monotonic());
      this.connect(broker);
      return;
    }
    let left = batches;
    while (left.length > 0) {
      const flying = this.inFlight.get(broker.id) ?? 0;
      if (flying >= this.config.maxInFlightRequestsPerConnection || connection.congested) {
        if (left === batches) this.readiness.blocked(broker.id, this.clock.monotonic());
        return;
      }
      const request: ProducerBatch[] = [];
      let bytes = 0;
      let taken = 0;
      for (const batch of left) {
        // Encoding before the size is known would number batches that stay behind: the builder's size is a bound.
        if (request.length > 0 && bytes + batch.sizeInBytes > this.config.maxRequestSize) break;
        bytes += batch.sizeInBytes;
        request.push(batch);
        taken++;
      }
      this.readiness.drained(broker.id);
      this.send(connection, broker, request);
      for (const batch of request) sent.push(batch.queue);
      left = left.slice(taken);
    }
  }

  private connect(broker: BrokerInfo): void {
    if (this.connecting.has(broker.id)) return;
    this.connecting.add(broker.id);
    this.cluster.pool
      .connect('main', broker)
      .catch((error) => {
        if (isSecurityError(error)) this.dropWaiting(error);
        else this.cluster.requestRefresh();
      })
      .finally(() => {
        this.connecting.delete(broker.id);
        this.wake();
      });
  }

  private send(connection: Connection, broker: BrokerInfo, batches: ProducerBatch[]): void {
    const { guard, config } = this;
    const limits = guard.versions();
    const ids = batches.map(({ queue }) => this.cluster.image.topics.get(queue.topic)?.id ?? ZERO_UUID);
    let version: number;
    try {
      version = connection.version(
        produce,
        ids.includes(ZERO_UUID) ? { ...limits, max: Math.min(12, limits.max ?? 12) } : limits,
      );
    } catch (error) {
      const failure = new ClientError('UNSUPPORTED_VERSION', (error as Error).message, { fatal: true, cause: error });
      for (const batch of batches) {
        batch.queue.removeWaiting(batch);
        this.outcomes.failBatch(batch, failure, false);
      }
      return;
    }
    const identity = guard.identity();
    const now = this.clock.monotonic();
    let inRequest = 0;
    const topics = new Map<
      string,
      { name: string; topicId: string; partitionData: { index: number; records: Uint8Array }[] }
    >();
    batches.forEach((batch, index) => {
      const { queue } = batch;
      queue.waiting.shift();
      // To the back of the line: the others get their turn when requests are scarce.
      this.accumulator.active.delete(queue);
      this.accumulator.active.add(queue);
      if (guard.numbered) queue.number(batch, identity!);
      guard.leaving(queue);
      batch.airborne = true;
      batch.attempts++;
      queue.airborne++;
      let topic = topics.get(queue.topic);
      if (topic === undefined) {
        topic = { name: queue.topic, topicId: ids[index]!, partitionData: [] };
        topics.set(queue.topic, topic);
      }
      const records = batch.encoded();
      topic.partitionData.push({ index: queue.partition, records });
      inRequest += batch.count;
      if (batch.attempts === 1) this.instruments.batchSent(batch, records.length, now - batch.createdAt);
    });
    this.instruments.distributions['records-per-request'].add(inRequest);
    const acks = config.acks === 'all' ? -1 : config.acks;
    const body = {
      transactionalId: config.transactionalId,
      acks,
      timeoutMs: config.requestTimeoutMs,
      topicData: [...topics.values()],
    };
    if (acks === 0) {
      this.sendWithoutAnswer(connection, version, body, batches);
      return;
    }
    this.inFlight.set(broker.id, (this.inFlight.get(broker.id) ?? 0) + 1);
    this.requests++;
    connection
      .request(produce, version, body, { timeoutMs: config.requestTimeoutMs })
      .then(
        (answer) => this.answered(batches, answer, new Map(batches.map(({ queue }, at) => [ids[at]!, queue.topic]))),
        (error) => this.unanswered(batches, asClientError(error)),
      )
      .catch((error) => {
        // A bug of ours must not leave batches hanging.
        for (const batch of batches) this.outcomes.failBatch(batch, asClientError(error), true);
      })
      .finally(() => {
        this.inFlight.set(broker.id, (this.inFlight.get(broker.id) ?? 1) - 1);
        this.requests--;
        if (this.requests === 0) for (const resolve of this.settledWaiters.splice(0)) resolve();
        this.wake();
      });
  }

  /** acks=0: written to the socket is all that there is to know. */
  private sendWithoutAnswer(
    connection: Connection,
    version: number,
    body: ProduceRequestInput,
    batches: ProducerBatch[],
  ): void {
    let failure: ClientError | undefined;
    try {
      connection.post(produce, version, body, () => {
        for (const batch of batches) batch.recycle();
      });
    } catch (error) {
      failure = asClientError(error);
    }
    for (const batch of batches) {
      this.outcomes.landed(batch);
      if (failure === undefined) this.outcomes.succeed(batch, -1, -1);
      else this.outcomes.retryOrFail(batch, failure);
    }
  }

  /** `names`: of the topics, by the ids that the request had; the metadata may know other ids by now. */
  private answered(batches: ProducerBatch[], answer: ProduceResponse, names: ReadonlyMap<string, string>): void {
    const results = new Map<string, ProduceResponse['responses'][number]['partitionResponses'][number]>();
    for (const topic of answer.responses) {
      const name = topic.name === '' ? names.get(topic.topicId) : topic.name;
      for (const partition of topic.partitionResponses) results.set(`${partition.index} ${name}`, partition);
    }
    let refresh = false;
    for (const batch of batches) {
      this.outcomes.landed(batch);
      const { queue } = batch;
      const result = results.get(`${queue.partition} ${queue.topic}`);
      if (result === undefined) {
        this.outcomes.retryOrFail(batch, new NetworkError(`no answer about ${queue.topic}-${queue.partition}`));
        continue;
      }
      if (result.errorCode === 0) {
        this.outcomes.succeed(batch, result.baseOffset, result.logAppendTimeMs);
        batch.recycle();
      } else if (result.errorCode === ErrorCode.DUPLICATE_SEQUENCE_NUMBER) {
        this.outcomes.succeed(batch, -1, -1);
      } else {
        if (needsMetadataRefresh(result.errorCode)) refresh = true;
        this.outcomes.refused(batch, result.errorCode, result.errorMessage);
      }
    }
    if (refresh) this.cluster.requestRefresh();
  }

  private unanswered(batches: ProducerBatch[], error: ClientError): void {
    for (const batch of batches) {
      this.outcomes.landed(batch);
      this.outcomes.retryOrFail(batch, error);
    }
    this.cluster.requestRefresh();
  }

  private retireIfIdle(queue: BatchQueue): boolean {
    if (!queue.idle || queue.unresolved || queue.resetRequested) return false;
    this.accumulator.active.delete(queue);
    return true;
  }

  private wakeAt(at: number, now: number): void {
    if (at === Number.POSITIVE_INFINITY) return;
    if (this.timer !== undefined) {
      if (this.timerAt <= at && this.timerAt > now) return;
      this.timer.cancel();
    }
    this.timerAt = at;
    this.timer = this.timers.after(Math.max(0, at - now), () => {
      this.timer = undefined;
      this.wake();
    });
  }
}
