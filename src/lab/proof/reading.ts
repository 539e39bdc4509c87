/**
 * Reads output topics with a clean consumer: no group, read_committed, straight from the broker. Used twice: live beside
 * the pipeline, which measures when each output could first be read, and afresh after it, which is what counts.
 */
import { Consumer, type ConsumerRecord } from '../../client/index.ts';
import type { Logger, Ports } from '../../core/index.ts';

export interface ReadingOptions {
  readonly bootstrapServers: string;
  readonly ports: Ports;
  readonly logger: Logger;
  readonly topics: readonly string[];
  /** Of each topic. */
  readonly partitions: number;
  readonly signal: AbortSignal;
  /** `topic` is its position in `topics`. */
  readonly onRecord: (topic: number, record: ConsumerRecord) => void;
  /** Called after each poll, before its records. */
  readonly onPolled: () => void;
}

/** `topic-partition` -> offset. */
export type Ends = ReadonlyMap<string, number>;

const POLL_MS = 200;
const RECORDS_MAX = 5000;

/** Reads from the beginning until `ends` (which may be known only later) are reached. @throws the signal's reason */
export class Reading {
  private readonly options: ReadingOptions;
  private readonly consumer: Consumer;
  private ends: Ends | undefined;

  constructor(options: ReadingOptions) {
    this.options = options;
    const { bootstrapServers, ports, logger } = options;
    this.consumer = new Consumer({
      bootstrapServers: [bootstrapServers],
      ports,
      logger,
      clientId: 'counter',
      isolationLevel: 'read_committed',
      autoOffsetReset: 'earliest',
      maxPollRecords: RECORDS_MAX,
      fetchMaxWaitMs: POLL_MS,
    });
  }

  /** Where to stop. */
  endAt(ends: Ends): void {
    this.ends = ends;
  }

  async run(): Promise<void> {
    const { topics, partitions, signal, onRecord, onPolled } = this.options;
    const all = topics.flatMap((topic) => Array.from({ length: partitions }, (_, partition) => ({ topic, partition })));
    const order = new Map(topics.map((topic, at) => [topic, at]));
    try {
      this.consumer.assign(all);
      for (;;) {
        signal.throwIfAborted();
        const records = await this.consumer.poll({ timeoutMs: POLL_MS, signal });
        onPolled();
        for (const record of records) onRecord(order.get(record.topic)!, record);
        if (records.length === 0 && this.ends !== undefined && (await this.isAtEnd(all, this.ends))) return;
      }
    } finally {
      await this.consumer.close();
    }
  }

  private async isAtEnd(all: readonly { topic: string; partition: number }[], ends: Ends): Promise<boolean> {
    for (const { topic, partition } of all) {
      const end = ends.get(`${topic}-${partition}`);
      if (end !== undefined && (await this.consumer.position({ topic, partition })) < end) return false;
    }
    return true;
  }
}
