/** Valid request frames of every API in every version, drawn from the tables, with names and ids that the broker knows. */
import { ZERO_UUID } from '../../../src/core/index.ts';
import type { SeededRandom } from '../../../src/lab/index.ts';
import { type Compression, encodeBatch } from '../../../src/records/index.ts';
import { type Api, apis, encodeRequestFrame, type Message } from '../../../src/wire/index.ts';

type Field = Message['fields'][string];

/** What the broker was heard to call things; the rest of the pools is fixed. */
export interface Known {
  readonly topicIds: string[];
  readonly memberIds: string[];
}

export interface Frame {
  readonly api: Api;
  readonly version: number;
  readonly correlationId: number;
  /** With its length. */
  readonly bytes: Buffer;
}

const NAMES = ['', 'one', 'two', 'three', '__cluster_metadata', 'é€'];
const INTERNAL = ['__consumer_offsets', '__transaction_state'];
const PRODUCER_IDS = [-1, 0, 1, 2, 3, 1000];
const SMALL = [-2, -1, 0, 0, 0, 1, 1, 2, 3, 5];
const LARGE = [100, 6000, 30_000, 0x7fff_ffff, -0x8000_0000];
const CODECS: readonly Compression[] = ['none', 'none', 'gzip', 'snappy', 'lz4', 'zstd'];
/** Of a field with this name, whatever the message. */
const named: Readonly<Record<string, readonly unknown[]>> = {
  acks: [-1, -1, -1, 0, 1, 2],
  numPartitions: [-1, 0, 1, 3],
  count: [-1, 0, 1, 2, 4],
  replicationFactor: [-1, 1, 1, 2],
  keyType: [0, 1, 2],
  feature: ['transaction.version', 'metadata.version', 'nothing'],
  maxVersionLevel: [0, 1, 2, 3],
  protocolType: ['consumer', 'connect', ''],
  protocolName: ['range', 'roundrobin'],
  resourceType: [2, 4, 8, 0],
  isolationLevel: [0, 1],
  maxWaitMs: [0, 1, 50, 500],
  timestamp: [-1, -2, -3, -4, -5, 0, 1_704_067_200_000],
  sessionId: [0, 0, 1],
  sessionEpoch: [-1, 0, 1],
  clusterId: [null],
};
const ARRAY_MOST = 3;
const START = 1_704_067_200_000;

export class FrameMaker {
  readonly known: Known = { topicIds: [], memberIds: [] };
  private readonly random: SeededRandom;
  private readonly names: readonly string[];
  private made = 0;

  constructor(random: SeededRandom, options: { readonly internalTopics: boolean }) {
    this.random = random;
    this.names = options.internalTopics ? [...NAMES, ...INTERNAL] : NAMES;
  }

  next(): Frame {
    const { random } = this;
    const api = random.pick(apis);
    const version = random.between(api.minVersion, api.maxVersion);
    // Far apart: a flipped bit makes no other request's id of it.
    const correlationId = Math.imul(++this.made, 2_654_435_761) >>> 1;
    const body = this.struct(api.request.fields, version);
    const bytes = encodeRequestFrame(api, version, { correlationId, clientId: 'fuzz' }, body);
    return { api, version, correlationId, bytes };
  }

  private struct(fields: Message['fields'], version: number): Record<string, unknown> {
    return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, this.value(name, field, version)]));
  }

  private value(name: string, field: Field, version: number): unknown {
    const { random } = this;
    const { low, high } = field.nullable;
    const nullable = version >= low && version <= high;
    if (nullable && random.chance(0.3)) return null;
    const fixed = named[name];
    if (fixed !== undefined && (nullable || !fixed.includes(null))) return random.pick(fixed);
    switch (field.type) {
      case 'bool':
        return random.chance(0.5);
      case 'int8':
        return random.pick([-1, 0, 1, 2, 3]);
      case 'int16':
        return random.pick([...SMALL, 0x7fff, 0x7ffe, -0x8000]);
      case 'uint16':
        return random.pick([0, 9092, 0xffff]);
      case 'int32':
        return random.chance(0.8) ? random.pick(SMALL) : random.pick(LARGE);
      case 'int64':
        if (name === 'producerId') return random.pick(PRODUCER_IDS);
        return random.chance(0.8) ? random.pick(SMALL) : random.pick([...LARGE, Number.MAX_SAFE_INTEGER]);
      case 'float64':
        return random.fraction() * 1e9;
      case 'uuid':
        return random.pick([ZERO_UUID, Buffer.from(random.bytes(16)).toString('base64url'), ...this.known.topicIds]);
      case 'string':
        return random.pick(name === 'memberId' ? ['', ...this.known.memberIds] : this.names);
      case 'bytes':
        return random.bytes(random.below(20));
      case 'records':
        return this.records();
      case 'array':
        return Array.from({ length: random.below(ARRAY_MOST + 1) }, () => this.value(name, field.element!, version));
      case 'struct':
        return this.struct(field.fields!, version);
    }
  }

  /** A batch, mostly one that can be appended. */
  private records(): Uint8Array {
    const { random } = this;
    const idempotent = random.chance(0.7);
    const producerId = random.pick(PRODUCER_IDS);
    const batch = encodeBatch({
      records: Array.from({ length: random.between(1, 4) }, (_, at) => ({
        timestamp: START + at,
        key: random.chance(0.5) ? null : `k${random.below(10)}`,
        value: random.chance(0.1) ? null : random.bytes(random.below(60)),
      })),
      compression: random.pick(CODECS),
      ...(idempotent && producerId >= 0
        ? {
            producerId,
            producerEpoch: random.pick([0, 0, 0, 1, 2, 0x7fff]),
            baseSequence: random.pick([0, 0, 1, 2, 5, 0x7fff_ffff]),
            transactional: random.chance(0.4),
            control: random.chance(0.05),
          }
        : {}),
    });
    return random.chance(0.05) ? Buffer.concat([batch, batch]) : batch;
  }
}
