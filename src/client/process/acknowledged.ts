/**
 * At-most-once and at-least-once: they differ in when positions are committed. Before the work, a record that fails is
 * gone; after it, a record whose commit fails comes again.
 */
import type { Logger } from '../../core/index.ts';
import type { Consumer } from '../consumer/consumer.ts';
import type { ConsumerRecord } from '../consumer/records.ts';
import { ClientError, CommitFailedError } from '../errors.ts';
import type { Producer } from '../producer/producer.ts';
import type { DeliveryCallback } from '../producer/records.ts';
import { ReadPositions } from './read-positions.ts';
import type { Send, Work } from './work.ts';

export class AtMostOnce implements Work {
  readonly positions = new ReadPositions();
  readonly countsBegun = true;
  readonly send: Send;
  private readonly consumer: Consumer;
  private readonly producer: Producer;
  private readonly logger: Logger;

  /** `lost`: counts an output that could not be sent. */
  constructor(consumer: Consumer, producer: Producer, logger: Logger, lost: () => void) {
    this.consumer = consumer;
    this.producer = producer;
    this.logger = logger;
    const told: DeliveryCallback = (error) => {
      if (!error) return;
      lost();
      logger.warn(`an output is lost: ${error.message}`);
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

  async take(records: readonly ConsumerRecord[]): Promise<void> {
    this.positions.take(records);
    const behind = new ReadPositions();
    behind.take(records);
    behind.handled = records.length;
    await this.consumer.commit(behind.toCommit());
  }
  async finish(): Promise<void> {
    this.positions.settle();
  }
  async resume(): Promise<void> {}
  /** What was committed before its time: nobody has handled it. */
  async putBack(): Promise<void> {
    const rest = this.positions.toRepeat();
    if (rest.length === 0) return;
    try {
      await this.consumer.commit(rest);
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      this.logger.warn('records that were not handled are lost: their positions could not be put back', {
        cause: error.message,
      });
    }
    this.positions.rewind(this.consumer);
  }
  /** What was begun is not taken again. */
  undo(): Promise<void> {
    this.positions.settle();
    return this.putBack();
  }
  /** Committed before it was handled. */
  async revoked(): Promise<boolean> {
    this.positions.clear();
    return true;
  }
  async lost(): Promise<void> {
    this.positions.clear();
  }
  explained(error: Error): Error {
    return error;
  }
  close(): Promise<void> {
    return this.producer.close();
  }
}

export class AtLeastOnce implements Work {
  readonly positions = new ReadPositions();
  readonly countsBegun = false;
  readonly send: Send;
  private readonly consumer: Consumer;
  private readonly producer: Producer;

  constructor(consumer: Consumer, producer: Producer) {
    this.consumer = consumer;
    this.producer = producer;
    this.send = (record, onDelivery) => producer.send(record, onDelivery);
  }

  async take(records: readonly ConsumerRecord[]): Promise<void> {
    this.positions.take(records);
  }

  async finish(): Promise<void> {
    if (this.positions.open === 0) return;
    // Every output is acknowledged before its input counts as done.
    await this.producer.flush();
    await this.consumer.commit(this.positions.toCommit());
    this.positions.settle();
  }

  async resume(): Promise<void> {}

  async putBack(): Promise<void> {
    this.positions.rewind(this.consumer);
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

  explained(error: Error): Error {
    return error;
  }

  close(): Promise<void> {
    return this.producer.close();
  }
}
