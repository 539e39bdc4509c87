/**
 * At-most-once and at-least-once: they differ in when positions are committed. Before the work, a record that fails is
 * gone; after it, a record whose commit fails comes again.
 */
import type { Logger } from '../../core/index.ts';
import type { Consumer } from '../consumer/consumer.ts';
import type { ConsumerRecord } from '../consumer/records.ts';
import { CommitFailedError } from '../errors.ts';
import type { Producer } from '../producer/producer.ts';
import type { DeliveryCallback } from '../producer/records.ts';
import { ReadPositions } from './read-positions.ts';
import type { Send, Transform, Work } from './work.ts';

export class AtMostOnce implements Work {
  private readonly consumer: Consumer;
  private readonly producer: Producer;
  private readonly send: Send;

  constructor(consumer: Consumer, producer: Producer, logger: Logger) {
    this.consumer = consumer;
    this.producer = producer;
    const told: DeliveryCallback = (error) => {
      if (error) logger.warn(`an output is lost: ${error.message}`);
    };
    this.send = (record, onDelivery) =>
      producer.send(
        record,
        onDelivery === undefined
          ? told
          : (error, metadata) => {
              told(error, metadata);
              onDelivery(error, metadata);
            },
      );
  }

  async handle(records: readonly ConsumerRecord[], transform: Transform): Promise<void> {
    const positions = new ReadPositions();
    positions.note(records);
    await this.consumer.commit(positions.toCommit());
    for (const record of records) {
      const pending = transform(record, this.send);
      if (pending !== undefined) await pending;
    }
  }
  async finish(): Promise<void> {}
  /** What was committed is not taken again. */
  async undo(): Promise<void> {}
  /** Committed before it was handled. */
  async revoked(): Promise<boolean> {
    return true;
  }
  async lost(): Promise<void> {}
  close(): Promise<void> {
    return this.producer.close();
  }
}

export class AtLeastOnce implements Work {
  private readonly consumer: Consumer;
  private readonly producer: Producer;
  private readonly positions = new ReadPositions();

  constructor(consumer: Consumer, producer: Producer) {
    this.consumer = consumer;
    this.producer = producer;
  }

  async handle(records: readonly ConsumerRecord[], transform: Transform): Promise<void> {
    this.positions.note(records);
    const send: Send = (record, onDelivery) => this.producer.send(record, onDelivery);
    for (const record of records) {
      const pending = transform(record, send);
      if (pending !== undefined) await pending;
    }
  }

  async finish(): Promise<void> {
    if (this.positions.isEmpty) return;
    // Every output is acknowledged before its input counts as done.
    await this.producer.flush();
    await this.consumer.commit(this.positions.toCommit());
    this.positions.clear();
  }

  async undo(): Promise<void> {
    await this.producer.flush().catch(() => {});
    this.positions.rewind(this.consumer);
  }

  async revoked(): Promise<boolean> {
    try {
      await this.finish();
      return true;
    } catch (error) {
      if (!(error instanceof CommitFailedError)) throw error;
      this.positions.clear();
      return false;
    }
  }

  async lost(): Promise<void> {
    this.positions.clear();
  }

  close(): Promise<void> {
    return this.producer.close();
  }
}
