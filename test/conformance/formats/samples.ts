/** Records that say all that a record can say, and what of them another program has to give back. */
import type { Compression } from '../../../src/records/index.ts';

export interface Sample {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [string, Buffer | null])[];
}

/** A sample as it was found. */
export interface Found extends Sample {
  readonly partition: number;
  readonly timestamp: number;
}

/** Another program, or library, that writes and reads records. */
export interface Peer {
  readonly name: string;
  readonly codecs: readonly Compression[];
  /** Whether its writer can say this at all. */
  writes(sample: Sample): boolean;
  /** Whether its reader shows this without loss. */
  shows(sample: Sample): boolean;
  /** Whether its writer takes a timestamp from its user. */
  readonly setsTimestamps: boolean;
  /** Whether its reader shows the broker's time where the topic says LogAppendTime. */
  readonly showsLogAppendTime: boolean;
  /** Over so many partitions a key goes where Java's producer would send it. */
  readonly keyedPartitions: number;
  /** Appends in order, all to partition 0 unless the keys are to choose. `timestamp`: of the first; each next one has 1 more. */
  write(bootstrap: string, topic: string, samples: readonly Sample[], how: WriteOptions): Promise<void>;
  /** The first `count` records of all partitions, in order within each. */
  read(bootstrap: string, topic: string, count: number): Promise<Found[]>;
}

export interface WriteOptions {
  readonly codec: Compression;
  readonly timestamp: number;
  /** The program's own choice by the key, as Java's producer makes it. */
  readonly byKey?: boolean;
}

const text = (value: string) => Buffer.from(value);
const bytes = Buffer.from(Array.from({ length: 256 }, (_, at) => at));

export const samples: readonly Sample[] = [
  { key: text('key'), value: text('value'), headers: [] },
  { key: null, value: text('without a key'), headers: [] },
  { key: text('gone'), value: null, headers: [] },
  { key: null, value: null, headers: [] },
  { key: text(''), value: text('empty key'), headers: [] },
  { key: text('empty value'), value: text(''), headers: [] },
  { key: text('ключ ✓'), value: text('ünïcödé ✓ '.repeat(100)), headers: [['заголовок', text('значение')]] },
  {
    key: text('repeated headers'),
    value: text('v'),
    headers: [
      ['h', text('1')],
      ['h', text('2')],
      ['other', text('x')],
    ],
  },
  { key: text('null header'), value: text('v'), headers: [['null', null]] },
  { key: text('empty header'), value: text('v'), headers: [['empty', text('')]] },
  { key: bytes, value: bytes, headers: [['bytes', bytes]] },
];

/** Every part of it is text on one line. */
export function isPlain({ key, value, headers }: Sample): boolean {
  const parts = [key, value, ...headers.map(([, part]) => part)].filter((part) => part !== null);
  return parts.every((part) => !part.includes(0) && !part.includes(10) && text(part.toString()).equals(part));
}

/** Neither a part of it nor a header is empty. */
export function hasNoEmpty({ key, value, headers }: Sample): boolean {
  return [key, value, ...headers.map(([, part]) => part)].every((part) => part === null || part.length > 0);
}
