/**
 * The tables against Apache Kafka's own classes, as test/golden/kafka-messages.json records them: every field's name, type,
 * place, nullability and default in every version, header versions, and bytes that Kafka wrote.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { ByteReader, ByteWriter } from '../core/index.ts';
import { codecOf, readWhole } from './codec.ts';
import * as wire from './index.ts';
import { defaultOf, layoutOf, type Slot, type StructLayout } from './layout.ts';
import type { Message } from './schema.ts';

interface Recorded {
  readonly key: number;
  readonly layouts: Readonly<Record<string, string>>;
  /** Of the newest version: with its type or version in front. */
  readonly framed?: string;
  readonly defaults: Defaults;
  readonly bytes: Readonly<Record<string, string>>;
}
interface Defaults {
  readonly [field: string]: unknown;
}
const golden: {
  readonly headers: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly messages: Readonly<Record<string, Recorded>>;
} = JSON.parse(readFileSync(new URL('../../test/golden/kafka-messages.json', import.meta.url), 'utf8'));

const tables: Message[] = [
  ...wire.apis.flatMap((api) => [api.request, api.response]),
  wire.offsetCommitKey,
  wire.offsetCommitValue,
  wire.groupMetadataKey,
  wire.groupMetadataValue,
  wire.transactionLogKey,
  wire.transactionLogValue,
  wire.consumerProtocolSubscription,
  wire.consumerProtocolAssignment,
  ...wire.metadataRecords.values(),
];

/**
 * Keys of __consumer_offsets: since 4.1 Kafka calls the number in front a record
 * type, with one version 0 each; here it is the version, as it was before, so that 0 and 1 are read alike.
 */
function recordedVersion(table: Message, version: number): number {
  return table === wire.offsetCommitKey || table === wire.groupMetadataKey ? 0 : version;
}

function byVersion<T>(ranges: Readonly<Record<string, T>>, version: number): T | undefined {
  const found = Object.entries(ranges).find(([range]) => {
    const [low, high] = range.split('-').map(Number);
    return version >= low! && version <= high!;
  });
  return found?.[1];
}

/** A layout in the words of the recording. */
function describeLayout({ plain, tagged, flexible }: StructLayout): string {
  const parts = plain.map((slot) => `${slot.name}:${describeType(slot)}`);
  for (const slot of tagged) parts.push(`#${slot.tag}${slot.name}:${describeType(slot)}`);
  if (flexible) parts.push('tags');
  return `{${parts.join(',')}}`;
}

function describeType(slot: Slot): string {
  const compact = slot.compact ? 'COMPACT_' : '';
  const nullable = slot.nullable ? 'NULLABLE_' : '';
  switch (slot.type) {
    case 'bool':
      return 'BOOLEAN';
    case 'struct':
      return `${nullable}${describeLayout(slot.struct!)}`;
    case 'array':
      return `${nullable}${compact}ARRAY[${describeType(slot.element!)}]`;
    case 'string':
    case 'bytes':
    case 'records':
      return `${compact}${nullable}${slot.type.toUpperCase()}`;
    default:
      return slot.type.toUpperCase();
  }
}

function assertDefaults(path: string, slots: readonly Slot[], recorded: Defaults): void {
  for (const slot of slots) {
    const own = `${path}.${slot.name}`;
    if (own === 'FetchRequest.topics.partitions.highWatermark') {
      assert.equal(BigInt(JSON.stringify(recorded[slot.name])), 9223372036854776000n, own);
    } else if (own.endsWith('.records')) {
      // Kafka's classes start at null; an absent batch must travel as zero bytes.
      assert.equal(recorded[slot.name], null, own);
    } else if (slot.struct && slot.default !== null) {
      assertDefaults(own, slot.struct.slots, recorded[slot.name] as Defaults);
    } else {
      const value = defaultOf(slot);
      assert.deepEqual(value instanceof Uint8Array ? 'bytes' : value, recorded[slot.name], own);
    }
    const items = slot.element?.struct;
    if (items) assertDefaults(own, items.slots, recorded[`${slot.name}[]`] as Defaults);
  }
}

describe('the tables, against the classes of Apache Kafka', () => {
  it('cover the recording, and nothing else', () => {
    assert.deepEqual(tables.map((table) => table.name).sort(), Object.keys(golden.messages).sort());
  });

  for (const table of tables) {
    const recorded = golden.messages[table.name]!;
    it(`${table.name}: layouts, defaults and bytes`, () => {
      for (let version = table.minVersion; version <= table.maxVersion; version++) {
        const label = `${table.name} v${version}`;
        const layout = layoutOf(table, version);
        const kafkas = recordedVersion(table, version);
        assert.equal(describeLayout(layout), byVersion(recorded.layouts, kafkas), label);
        assertDefaults(table.name, layout.slots, recorded.defaults);

        const bytes = Buffer.from(recorded.bytes[kafkas]!, 'hex');
        const value = readWhole(table, version, new ByteReader(bytes));
        const writer = new ByteWriter();
        codecOf(table, version).write(writer, value);
        assert.deepEqual(Buffer.from(writer.result()), bytes, label);
      }
    });
  }

  it('frame keys, values and metadata records alike', () => {
    for (const table of tables) {
      const { framed } = golden.messages[table.name]!;
      if (framed === undefined) continue;
      const bytes = Buffer.from(framed, 'hex');
      const isMetadata = [...wire.metadataRecords.values()].includes(table);
      if (isMetadata) {
        const { type, version, value } = wire.decodeMetadataRecord(bytes);
        assert.equal(type, table.name);
        assert.equal(version, table.maxVersion, table.name);
        assert.deepEqual(wire.encodeMetadataRecord(table, version, value), bytes, table.name);
      } else {
        assert.equal(wire.peekVersion(bytes), table.maxVersion, table.name);
        const value = wire.decodeVersioned(table, bytes);
        assert.deepEqual(wire.encodeVersioned(table, table.maxVersion, value), bytes, table.name);
      }
    }
    const framedTables = tables.filter((table) => golden.messages[table.name]!.framed !== undefined);
    assert.equal(framedTables.length, wire.metadataRecords.size + 8);
  });

  it('know the same versions, save what the files of the tables leave out', () => {
    for (const api of wire.apis) {
      const ranges = Object.keys(golden.messages[api.request.name]!.layouts);
      const newest = Number(ranges.at(-1)!.split('-')[1]);
      assert.equal(api.minVersion, Number(ranges[0]!.split('-')[0]), api.name);
      assert.equal(api.maxVersion, api === wire.initProducerId ? newest - 1 : newest, api.name);
      assert.equal(api.key, golden.messages[api.request.name]!.key, api.name);
    }
    for (const [type, table] of wire.metadataRecords) assert.equal(type, golden.messages[table.name]!.key, table.name);
  });

  it('lead to the same header versions', () => {
    for (const api of wire.apis) {
      for (let version = api.minVersion; version <= api.maxVersion; version++) {
        const own = `${wire.requestHeaderVersion(api, version)}/${wire.responseHeaderVersion(api, version)}`;
        assert.equal(own, byVersion(golden.headers[api.key]!, version), `${api.name} v${version}`);
      }
    }
  });
});
