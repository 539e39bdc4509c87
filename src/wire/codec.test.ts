/** Over every message in every version: the compiled code and the interpreter agree, and neither trusts its input. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { getHeapStatistics } from 'node:v8';
import fc from 'fast-check';
import { ByteReader, ByteWriter, MAX_ELEMENTS, MalformedBytesError } from '../core/index.ts';
import { type Codec, compiledCodec, interpretedCodec, readWhole } from './codec.ts';
import * as wire from './index.ts';
import { defaultOf, layoutOf, type Slot, type StructLayout } from './layout.ts';
import { array, float64, int32, type Message, message, string, struct } from './schema.ts';

/** Printed with the results; SEED replays a run. */
const seed = Number(process.env.SEED ?? Date.now() % 0x7fffffff);
fc.configureGlobal({ seed });

/** Every field type and place, so that a table need not exist for a case to be tested. */
const sampler = message('Sampler', {
  versions: '0-2',
  flexible: '1+',
  fields: {
    ratio: float64({ default: 0.5 }),
    words: array(string(), { nullable: '1+' }),
    deep: struct({ inner: struct({ a: int32(), b: string({ nullable: '0+' }) }), list: array(float64()) }),
    maybe: struct({ c: int32() }, { nullable: '1+' }),
    cursor: struct({ d: string() }, { nullable: '0+', default: null }),
    late: string({ versions: '2+', default: 'late' }),
    extra: struct({ n: int32({ default: 7 }), words: array(string()) }, { versions: '1+', tag: 3 }),
    note: string({ versions: '2+', nullable: '2+', tag: 0, default: '' }),
  },
});

const dataMessages: Message[] = [
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
const messages: Message[] = [...wire.apis.flatMap((api) => [api.request, api.response]), ...dataMessages, sampler];

interface Subject {
  readonly label: string;
  readonly layout: StructLayout;
  readonly interpreted: Codec;
  readonly compiled: Codec;
  readonly values: fc.Arbitrary<Values>;
}
type Values = Record<string, unknown>;

const subjects: Subject[] = messages.flatMap((each) => {
  const versions = Array.from({ length: each.maxVersion - each.minVersion + 1 }, (_, index) => each.minVersion + index);
  return versions.map((version) => {
    const layout = layoutOf(each, version);
    return {
      label: `${each.name} v${version}`,
      layout,
      interpreted: interpretedCodec(layout),
      compiled: compiledCodec(layout),
      values: valuesOf(layout),
    };
  });
});

/** Whole values: fields absent in the version are at their defaults, as decoding gives them. */
function valuesOf(layout: StructLayout): fc.Arbitrary<Values> {
  const fields = layout.slots.map((slot) => [slot.name, valueOfSlot(slot)] as const);
  return fc.record(Object.fromEntries(fields), { noNullPrototype: true });
}

function valueOfSlot(slot: Slot): fc.Arbitrary<unknown> {
  if (slot.place === 'absent') return fc.constant(null).map(() => defaultOf(slot));
  const value = primitive(slot);
  const withDefault =
    slot.place === 'tagged'
      ? fc.oneof(
          fc.constant(null).map(() => defaultOf(slot)),
          value,
        )
      : value;
  return slot.nullable ? fc.option(withDefault, { freq: 4 }) : withDefault;
}

function primitive(slot: Slot): fc.Arbitrary<unknown> {
  switch (slot.type) {
    case 'bool':
      return fc.boolean();
    case 'int8':
      return fc.integer({ min: -0x80, max: 0x7f });
    case 'int16':
      return fc.integer({ min: -0x8000, max: 0x7fff });
    case 'uint16':
      return fc.integer({ min: 0, max: 0xffff });
    case 'int32':
      return fc.integer();
    case 'int64':
      return fc.maxSafeInteger();
    case 'float64':
      return fc.double();
    case 'uuid':
      return fc.uint8Array({ minLength: 16, maxLength: 16 }).map((id) => Buffer.from(id).toString('base64url'));
    case 'string':
      // Lengths on both sides of one byte's worth, and of one byte a character.
      return fc.oneof(
        { weight: 8, arbitrary: fc.string({ unit: 'grapheme', maxLength: 8 }) },
        { weight: 1, arbitrary: fc.integer({ min: 40, max: 130 }).map((length) => 'é€'.repeat(length)) },
      );
    case 'bytes':
    case 'records':
      return fc.oneof(
        { weight: 8, arbitrary: fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes)) },
        { weight: 1, arbitrary: fc.integer({ min: 126, max: 300 }).map((length) => Buffer.alloc(length, 7)) },
      );
    case 'array':
      return fc.array(valueOfSlot(slot.element!), { maxLength: 2 });
    case 'struct':
      return valuesOf(slot.struct!);
  }
}

function encode(codec: Codec, value: unknown): Buffer {
  const writer = new ByteWriter(16);
  codec.write(writer, value);
  return Buffer.from(writer.result());
}

function decode(codec: Codec, bytes: Uint8Array): unknown {
  const reader = new ByteReader(bytes);
  const value = codec.read(reader);
  if (reader.remaining > 0) throw new MalformedBytesError('left over');
  return value;
}

/** What hostile bytes decode to: a value, or the one error that is allowed. Any other error fails the test. */
function outcome(codec: Codec, bytes: Uint8Array): unknown {
  try {
    return { value: decode(codec, bytes) };
  } catch (error) {
    if (error instanceof MalformedBytesError) return 'malformed';
    throw error;
  }
}

function assertSameOutcome(subject: Subject, bytes: Uint8Array): void {
  assert.deepEqual(outcome(subject.compiled, bytes), outcome(subject.interpreted, bytes), subject.label);
}

/** The least of a few attempts: the engine's own bookkeeping comes and goes. */
function heapGrowth(run: () => void): number {
  let least = Infinity;
  for (let attempt = 0; attempt < 4 && least > 16 * 1024; attempt++) {
    const before = getHeapStatistics();
    run();
    const after = getHeapStatistics();
    const grown = after.used_heap_size + after.external_memory - before.used_heap_size - before.external_memory;
    least = Math.min(least, grown);
  }
  return least;
}

describe(`every message in every version, seed ${seed}`, () => {
  it('reads back what it wrote, the same compiled and interpreted', () => {
    for (const { label, interpreted, compiled, values } of subjects) {
      fc.assert(
        fc.property(values, (value) => {
          const bytes = encode(interpreted, value);
          assert.deepEqual(encode(compiled, value), bytes, label);
          assert.deepEqual(decode(interpreted, bytes), value, label);
          assert.deepEqual(decode(compiled, bytes), value, label);
        }),
        { numRuns: 50 },
      );
    }
  });

  it('fills in what was left out', () => {
    for (const { label, layout, interpreted, compiled } of subjects) {
      const defaults = Object.fromEntries(layout.slots.map((slot) => [slot.name, defaultOf(slot)]));
      const nullRefused = layout.plain.find((slot) => slot.default === null && !slot.nullable);
      assert.equal(nullRefused, undefined, `${label}: a field's default cannot be written`);
      const bytes = encode(interpreted, {});
      assert.deepEqual(encode(compiled, {}), bytes, label);
      assert.deepEqual(decode(compiled, bytes), defaults, label);
      assert.deepEqual(decode(interpreted, bytes), defaults, label);
    }
  });

  it('refuses every proper prefix, and a byte more', () => {
    for (const { label, interpreted, compiled, values } of subjects) {
      const value = fc.sample(values, 10).at(-1);
      const bytes = encode(interpreted, value);
      for (let length = 0; length < Math.min(bytes.length, 300); length++) {
        const prefix = bytes.subarray(0, length);
        assert.equal(outcome(interpreted, prefix), 'malformed', `${label} cut to ${length}`);
        assert.equal(outcome(compiled, prefix), 'malformed', `${label} cut to ${length}`);
      }
      assert.equal(outcome(compiled, Buffer.concat([bytes, Buffer.of(0)])), 'malformed', `${label} and a byte`);
    }
  });

  it('survives flipped bits', () => {
    for (const subject of subjects) {
      const flips = fc.array(fc.nat(), { minLength: 1, maxLength: 3 });
      fc.assert(
        fc.property(subject.values, flips, (value, positions) => {
          const bytes = encode(subject.compiled, value);
          if (bytes.length === 0) return;
          for (const position of positions) {
            const bit = position % (bytes.length * 8);
            bytes[bit >> 3]! ^= 1 << (bit & 7);
          }
          assertSameOutcome(subject, bytes);
        }),
        { numRuns: 80 },
      );
    }
  });

  it('survives hostile lengths and counts anywhere, without allocating for them', () => {
    const hostile = ['7fffffff', 'fffffffe', '80000000', '7fff', 'fffe', 'ffffffff0f', 'ffffffffff', '8080808008'];
    const patches = hostile.map((hex) => Buffer.from(hex, 'hex'));
    for (const subject of subjects) {
      const value = fc.sample(subject.values, 10).at(-1);
      const bytes = encode(subject.compiled, value);
      for (let trial = 0; trial < Math.min(bytes.length, 150) * 2; trial++) {
        const at = trial >> 1;
        const patch = patches[trial % patches.length]!;
        const patched = Buffer.concat([bytes.subarray(0, at), patch, bytes.subarray(at + patch.length)]);
        const grown = heapGrowth(() => outcome(subject.compiled, patched));
        assert.ok(grown < 64 * 1024 + 200 * patched.length, `${subject.label}: ${grown} bytes for ${patched.length}`);
        assertSameOutcome(subject, patched);
      }
    }
  });
});

describe('a count', () => {
  it('is refused where its elements cannot all be there', () => {
    const reader = new ByteReader(Buffer.from('000f4240', 'hex'));
    assert.throws(() => readWhole(wire.metadataRequest, 0, reader), MalformedBytesError);
  });

  it('is refused beyond the budget of a message, however many bytes came', () => {
    const bytes = Buffer.alloc(4 + 2 * (MAX_ELEMENTS + 1));
    bytes.writeInt32BE(MAX_ELEMENTS + 1);
    assert.throws(() => readWhole(wire.metadataRequest, 0, new ByteReader(bytes)), /more than 1000000 array elements/);
  });
});

describe('a tag section', () => {
  const codecs = [compiledCodec, interpretedCodec].map((make) => make(layoutOf(wire.apiVersionsResponse, 3)));
  /** Error 0, no APIs, throttle 0, then the tags. */
  const withTags = (tags: string) => Buffer.from(`0000${'01'}00000000${tags}`, 'hex');

  it('may hold tags that nobody knows', () => {
    for (const codec of codecs) {
      // Tag 1 (finalizedFeaturesEpoch) = 5, and tag 77 with three bytes.
      const value = decode(codec, withTags('02 01 08 0000000000000005 4d 03 aabbcc'.replaceAll(' ', '')));
      assert.equal((value as wire.ApiVersionsResponse).finalizedFeaturesEpoch, 5);
    }
  });

  it('is refused where a tag comes twice or out of order', () => {
    for (const codec of codecs) {
      assert.equal(outcome(codec, withTags('02030101030100')), 'malformed');
      assert.equal(outcome(codec, withTags('024d000301' + '01')), 'malformed');
    }
  });

  it('is refused where a value is not of its announced size', () => {
    for (const codec of codecs) {
      assert.equal(outcome(codec, withTags('0103020100')), 'malformed');
      // Seven bytes announced for eight, and then a tag that would read well.
      assert.equal(outcome(codec, withTags('0201070000000000000005030101')), 'malformed');
      // Nine announced, the ninth being a value of no tag.
      assert.equal(outcome(codec, withTags('010109000000000000000500')), 'malformed');
      assert.equal(outcome(codec, withTags('01010400000000')), 'malformed');
      assert.equal(outcome(codec, withTags('014d0400')), 'malformed');
    }
  });

  it('leaves out what is at its default', () => {
    for (const codec of codecs) {
      const value = { zkMigrationReady: false, finalizedFeaturesEpoch: -1, supportedFeatures: [] };
      assert.deepEqual(encode(codec, value), withTags('00'));
    }
  });
});

describe('a value that does not fit', () => {
  const refusals: [string, Message, number, Values, RegExp][] = [
    [
      'a number beyond its width',
      wire.produceRequest,
      9,
      { acks: 40_000 },
      /ProduceRequest\.acks: 40000 is not an int16/,
    ],
    ['a fraction', wire.produceRequest, 9, { timeoutMs: 1.5 }, /ProduceRequest\.timeoutMs/],
    ['an unsafe integer', wire.endTxnRequest, 0, { producerId: 2 ** 53 }, /EndTxnRequest\.producerId/],
    ['a null that the version does not know', wire.metadataRequest, 0, { topics: null }, /MetadataRequest\.topics/],
    ['an id of another length', wire.topicRecord, 0, { topicId: 'short' }, /TopicRecord\.topicId/],
    ['a string beyond 32767 bytes', wire.heartbeatRequest, 0, { groupId: '€'.repeat(11_000) }, /33000 bytes/],
    ['a number for a string', wire.heartbeatRequest, 4, { groupId: 5 }, /HeartbeatRequest\.groupId: 5 is not a string/],
    ['a string for a boolean', wire.endTxnRequest, 0, { committed: 'yes' }, /EndTxnRequest\.committed/],
    ['a string for an array', wire.describeGroupsRequest, 0, { groups: 'g' }, /DescribeGroupsRequest\.groups/],
  ];
  for (const [what, table, version, value, expected] of refusals) {
    it(`is refused by name: ${what}`, () => {
      const layout = layoutOf(table, version);
      for (const codec of [compiledCodec(layout), interpretedCodec(layout)]) {
        assert.throws(() => encode(codec, value), { name: 'TypeError', message: expected });
      }
    });
  }
});

it('works where making functions from strings is disabled', () => {
  const script = `
    import { decodeResponse, encodeResponseFrame, heartbeat } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)};
    const frame = encodeResponseFrame(heartbeat, 4, 9, { errorCode: 27 });
    process.stdout.write(JSON.stringify(decodeResponse(heartbeat, 4, frame.subarray(4))));`;
  const flags = ['--disallow-code-generation-from-strings', '--input-type=module', '--eval', script];
  const output = execFileSync(process.execPath, flags, {
    encoding: 'utf8',
    cwd: fileURLToPath(new URL('.', import.meta.url)),
  });
  assert.deepEqual(JSON.parse(output), { correlationId: 9, body: { throttleTimeMs: 0, errorCode: 27 } });
});
