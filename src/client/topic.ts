/**
 * Topics with types: what their keys and values are, and how these become bytes and come back. A program that names its
 * topics so cannot write a payment where orders are read.
 *
 * ```ts
 * const orders = topic('orders', { key: serde.string, value: serde.json<Order>() });
 * producer.send(orders.record({ key: order.id, value: order }));
 * for (const record of batch) ship(orders.read(record).value); // an Order
 * ```
 */
import type { ConsumerRecord } from './consumer/records.ts';
import { ClientError } from './errors.ts';
import type { ProducerRecord } from './producer/records.ts';

/** How values of one type become bytes, and come back. `null` bytes are Kafka's null: no key, or a tombstone. */
export interface Serde<T> {
  /** Texts are encoded as UTF-8. Throws for what it cannot write. */
  serialize(value: T): Uint8Array | string | null;
  /** Throws for what it cannot read. */
  deserialize(bytes: Uint8Array | null): T;
}

function present(bytes: Uint8Array | null): Uint8Array {
  if (bytes === null) throw new TypeError('there is none (null): use serde.nullable where that may be');
  return bytes;
}

const text = new TextDecoder('utf-8', { fatal: true });

export const serde = {
  /** UTF-8. */
  string: {
    serialize: (value) => value,
    deserialize: (bytes) => text.decode(present(bytes)),
  } satisfies Serde<string>,
  /** As they are: a view of what was fetched; copy what is kept for long. */
  bytes: {
    serialize: (value) => value,
    deserialize: present,
  } satisfies Serde<Uint8Array>,
  /** Nothing: for topics without keys. */
  none: {
    serialize: () => null,
    deserialize: () => null,
  } satisfies Serde<null>,
  /** JSON in UTF-8. That it has the shape of `T` is taken on trust: check what comes from elsewhere in a serde of your own. */
  json<T>(): Serde<T> {
    return {
      serialize(value) {
        const written = JSON.stringify(value);
        if (written === undefined) throw new TypeError(`${typeof value} has no JSON`);
        return written;
      },
      deserialize: (bytes) => JSON.parse(text.decode(present(bytes))) as T,
    };
  },
  /** The same, or null. */
  nullable<T>(inner: Serde<T>): Serde<T | null> {
    return {
      serialize: (value) => (value === null ? null : inner.serialize(value)),
      deserialize: (bytes) => (bytes === null ? null : inner.deserialize(bytes)),
    };
  },
};

type RecordFields = Omit<ProducerRecord, 'topic' | 'key' | 'value'>;

/** A record for a topic of these types. Without a key where the topic has none. */
export type TypedRecord<K, V> = RecordFields & { readonly value: V } & ([K] extends [null]
    ? { readonly key?: null }
    : { readonly key: K });

/** A record of a topic, read. */
export type ReadRecord<K, V> = Omit<ConsumerRecord, 'key' | 'value'> & { readonly key: K; readonly value: V };

export class Topic<K, V> {
  readonly name: string;
  readonly key: Serde<K>;
  readonly value: Serde<V>;

  constructor(name: string, serdes: { readonly key: Serde<K>; readonly value: Serde<V> }) {
    this.name = name;
    this.key = serdes.key;
    this.value = serdes.value;
  }

  /** A record to send. @throws ClientError INVALID_RECORD when key or value cannot be written */
  record({ key, value, ...rest }: TypedRecord<K, V>): ProducerRecord {
    return {
      ...rest,
      topic: this.name,
      key: this.written('key', this.key, (key ?? null) as K),
      value: this.written('value', this.value, value),
    };
  }

  /** A fetched record with its key and value read. @throws ClientError INVALID_RECORD, naming the record */
  read(record: ConsumerRecord): ReadRecord<K, V> {
    return {
      ...record,
      key: this.readPart('key', this.key, record.key, record),
      value: this.readPart('value', this.value, record.value, record),
    };
  }

  private written<T>(part: string, { serialize }: Serde<T>, value: T): Uint8Array | string | null {
    try {
      return serialize(value);
    } catch (error) {
      throw new ClientError('INVALID_RECORD', `the ${part} for ${this.name} cannot be written: ${reason(error)}`, {
        cause: error,
      });
    }
  }
  private readPart<T>(part: string, { deserialize }: Serde<T>, bytes: Uint8Array | null, at: ConsumerRecord): T {
    try {
      return deserialize(bytes);
    } catch (error) {
      const where = `${at.topic}-${at.partition} at offset ${at.offset}`;
      throw new ClientError('INVALID_RECORD', `the ${part} of ${where} cannot be read: ${reason(error)}`, {
        cause: error,
      });
    }
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A topic with the types of its keys and values; without a key's serde it has no keys. */
export function topic<V>(name: string, serdes: { readonly value: Serde<V> }): Topic<null, V>;
export function topic<K, V>(name: string, serdes: { readonly key: Serde<K>; readonly value: Serde<V> }): Topic<K, V>;
export function topic<K, V>(name: string, serdes: { readonly key?: Serde<K>; readonly value: Serde<V> }) {
  return new Topic(name, { key: serdes.key ?? serde.none, value: serdes.value } as {
    key: Serde<K | null>;
    value: Serde<V>;
  });
}
