/**
 * One instance of the pipeline: a consumer in the group and a producer, both on ports that can die. Takes a batch,
 * transforms it to both output topics and commits, in the order that its guarantee demands; where a fault of the plan
 * says so, it dies between processing and commit.
 */
import { Consumer, type ConsumerRecord, Producer, type ProducerRecord } from '../../client/index.ts';
import type { Logger, Ports } from '../../core/index.ts';
import { type GuaranteeName, producerOptions } from './guarantees.ts';
import { MortalPorts } from './mortal-ports.ts';
import type { Transform } from './transforms.ts';

export interface InstanceOptions {
  readonly guarantee: GuaranteeName;
  /** The fault proxy. */
  readonly bootstrapServers: string;
  readonly ports: Ports;
  readonly logger: Logger;
  readonly inputTopic: string;
  /** In the order of the transform's results. */
  readonly outputTopics: readonly [string, string];
  readonly groupId: string;
  readonly transactionalId: string;
  readonly transform: Transform;
  /** Records. */
  readonly batchSize: number;
  readonly sessionTimeoutMs: number;
}

/** Where in its work an instance dies; both are between processing and commit. */
export type DeathAt = 'before-offsets' | 'after-offsets';

const POLL_MS = 100;
/** Short, since the faults are as short. */
const RETRY_BACKOFF_MS = 20;
/** More than a batch of the pipeline has in one partition, so that few requests carry it. */
const BATCH_BYTES = 512 * 1024;

export class Instance {
  private readonly options: InstanceOptions;
  private readonly ports: MortalPorts;
  private readonly consumer: Consumer;
  private readonly producer: Producer;

  private constructor(options: InstanceOptions) {
    this.options = options;
    this.ports = new MortalPorts(options.ports);
    const { guarantee, bootstrapServers, logger, sessionTimeoutMs } = options;
    const common = {
      bootstrapServers: [bootstrapServers],
      ports: this.ports,
      logger,
      clientId: `${guarantee}-pipeline`,
      retryBackoffMs: RETRY_BACKOFF_MS,
      reconnectBackoffMs: RETRY_BACKOFF_MS,
    };
    this.producer = new Producer({
      ...common,
      ...producerOptions(guarantee, options.transactionalId),
      batchSize: BATCH_BYTES,
      lingerMs: 0,
    });
    this.consumer = new Consumer({
      ...common,
      groupId: options.groupId,
      enableAutoCommit: false,
      autoOffsetReset: 'earliest',
      isolationLevel: 'read_committed',
      maxPollRecords: options.batchSize,
      sessionTimeoutMs,
      heartbeatIntervalMs: Math.max(50, Math.floor(sessionTimeoutMs / 5)),
    });
  }

  /** Fences and aborts what a dead instance left open, then joins the group. */
  static async start(options: InstanceOptions): Promise<Instance> {
    const instance = new Instance(options);
    try {
      if (options.guarantee === 'exactly-once') await instance.producer.initTransactions();
      instance.consumer.subscribe([options.inputTopic]);
    } catch (error) {
      instance.kill();
      throw error;
    }
    return instance;
  }

  /** The next batch; empty when there is none yet. */
  take(): Promise<ConsumerRecord[]> {
    return this.consumer.poll({ timeoutMs: POLL_MS });
  }

  /** Whether it has all partitions and stands at their ends. `ends` is by partition. */
  async isAtEnd(ends: readonly number[]): Promise<boolean> {
    const assigned = this.consumer.assignment();
    if (assigned.length < ends.length) return false;
    for (const { topic, partition } of assigned) {
      if ((await this.consumer.position({ topic, partition })) < ends[partition]!) return false;
    }
    return true;
  }

  /** Transforms a batch and commits it. Returns false when it died on the way. */
  async handle(batch: readonly ConsumerRecord[], death: DeathAt | undefined): Promise<boolean> {
    switch (this.options.guarantee) {
      case 'at-most-once':
        // Committed first: what is then not processed is lost, and never taken again.
        await this.consumer.commit();
        if (death !== undefined) return this.die();
        await this.transform(batch, this.producer);
        // A record that could not be sent is not sent again.
        await this.producer.flush().catch(() => {});
        return true;
      case 'at-least-once':
        await this.transform(batch, this.producer);
        await this.producer.flush();
        if (death !== undefined) return this.die();
        // Committed last: what was processed and is not committed is taken again.
        await this.consumer.commit();
        return true;
      case 'exactly-once': {
        const transaction = await this.producer.begin();
        await this.transform(batch, transaction);
        await this.producer.flush();
        if (death === 'before-offsets') return this.die();
        await transaction.sendOffsets(nextOffsets(batch), this.consumer.groupMetadata());
        if (death !== undefined) return this.die();
        await transaction.commit();
        return true;
      }
    }
  }

  /** As a process dies: nothing is committed, nobody is told. */
  kill(): void {
    this.ports.kill();
  }
  /** Leaves the group and gives up what is open. */
  async close(): Promise<void> {
    await this.consumer.close();
    await this.producer.close();
    this.kill();
  }

  private die(): false {
    this.kill();
    return false;
  }

  private async transform(batch: readonly ConsumerRecord[], to: Sender): Promise<void> {
    const { outputTopics, transform } = this.options;
    for (const { key, value } of batch) {
      const outputs = transform.apply(value === null ? 'null' : Buffer.from(value).toString());
      for (let at = 0; at < outputTopics.length; at++) {
        const full = to.send({ topic: outputTopics[at]!, key, value: outputs[at]! });
        if (full !== undefined) await full;
      }
    }
  }
}

interface Sender {
  send(record: ProducerRecord): undefined | Promise<void>;
}

function nextOffsets(batch: readonly ConsumerRecord[]): { topic: string; partition: number; offset: number }[] {
  const next = new Map<number, { topic: string; partition: number; offset: number }>();
  for (const { topic, partition, offset } of batch) next.set(partition, { topic, partition, offset: offset + 1 });
  return [...next.values()];
}
