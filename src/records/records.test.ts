import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { KafkaError, MalformedBytesError } from '../core/index.ts';
import {
  BATCH_OVERHEAD,
  BatchBuilder,
  batchesOf,
  compressionTypes,
  controlRecordOf,
  damageOf,
  decodeRecords,
  encodeBatch,
  encodeControlBatch,
  type KafkaRecord,
  parseControlRecord,
  RecordCursor,
  type RecordInput,
  readBatchHeader,
  setBaseOffset,
  setLogAppendTime,
  setPartitionLeaderEpoch,
  verifyBatch,
  verifyRecords,
} from './index.ts';
import { decrementSequence, incrementSequence, int64At, putInt64 } from './layout.ts';

const text = fc.string({ unit: 'binary', maxLength: 40 });
const bytes = fc.uint8Array({ maxLength: 40 });
const data = fc.oneof(text, bytes, fc.constant(null));
const timestamp = fc.oneof(fc.integer({ min: -1, max: 2 ** 45 }), fc.constantFrom(0, 127, 128, 1_700_000_000_000));
const record: fc.Arbitrary<RecordInput> = fc.record({
  timestamp,
  key: data,
  value: data,
  headers: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(fc.record({ key: text, value: data }), { maxLength: 3 }) },
  ),
});
const records = fc.array(record, { minLength: 1, maxLength: 20 });
const compression = fc.constantFrom(...compressionTypes);

const raw = (value: string | Uint8Array | null) =>
  value === null ? null : Buffer.from(value as string).toString('hex');
const hex = (value: Uint8Array | null) => (value === null ? null : Buffer.from(value).toString('hex'));
function plain(record: KafkaRecord) {
  const headers = record.headers.map((header) => [header.key, hex(header.value)]);
  return {
    offset: record.offset,
    timestamp: record.timestamp,
    key: hex(record.key),
    value: hex(record.value),
    headers,
  };
}
function expected(record: RecordInput, offset: number) {
  const headers = (record.headers ?? []).map((header) => [Buffer.from(header.key).toString(), raw(header.value)]);
  return { offset, timestamp: record.timestamp, key: raw(record.key), value: raw(record.value), headers };
}

test('a batch gives back its records and its header, with every codec', () => {
  fc.assert(
    fc.property(records, compression, fc.nat(2 ** 40), (input, codec, baseOffset) => {
      const batch = encodeBatch({
        records: input,
        compression: codec,
        baseOffset,
        producerId: 77,
        producerEpoch: 3,
        baseSequence: 9,
        transactional: true,
      });
      const header = verifyBatch(batch);
      verifyRecords(batch);
      assert.equal(header.length, batch.length);
      assert.equal(header.compression, codec);
      assert.equal(header.recordCount, input.length);
      assert.equal(header.lastOffset, baseOffset + input.length - 1);
      assert.equal(header.maxTimestamp, Math.max(...input.map((one) => one.timestamp)));
      assert.deepEqual([header.producerId, header.producerEpoch, header.baseSequence], [77, 3, 9]);
      assert.equal(header.isTransactional, true);
      assert.equal(header.isControl, false);
      assert.deepEqual(
        decodeRecords(batch).map(plain),
        input.map((one, at) => expected(one, baseOffset + at)),
      );
    }),
    { numRuns: 300 },
  );
});

test('a batch cut short is an error at every length', () => {
  for (const codec of compressionTypes) {
    const batch = encodeBatch({
      records: [
        { timestamp: 5, key: 'k', value: 'v'.repeat(50), headers: [{ key: 'h', value: 'x' }] },
        { timestamp: 6, key: null, value: 'w'.repeat(50) },
      ],
      compression: codec,
    });
    for (let length = 0; length < batch.length; length++) {
      const cut = batch.subarray(0, length);
      assert.notEqual(damageOf(cut), undefined);
      assert.throws(() => decodeRecords(cut), MalformedBytesError);
      // With a header that claims this is all there is, the records themselves must be found wanting.
      if (length <= BATCH_OVERHEAD) continue;
      const lying = Uint8Array.from(cut);
      new DataView(lying.buffer).setInt32(8, length - 12);
      assert.throws(() => decodeRecords(lying), MalformedBytesError, `${codec} cut to ${length}`);
    }
  }
});

test('flipped bits never do worse than an error', () => {
  fc.assert(
    fc.property(records, compression, fc.nat(), fc.integer({ min: 1, max: 255 }), (input, codec, position, mask) => {
      const batch = Buffer.from(encodeBatch({ records: input, compression: codec }));
      const at = position % batch.length;
      batch[at]! ^= mask;
      const covered = at >= 16 || (at >= 8 && at < 12);
      assert.equal(damageOf(batch) !== undefined || !covered || batch[8]! >= 0x80, true);
      try {
        decodeRecords(batch, 1 << 20);
      } catch (error) {
        assert.ok(error instanceof MalformedBytesError, String(error));
      }
      try {
        verifyRecords(batch, { maxBytes: 1 << 20 });
      } catch (error) {
        assert.ok(error instanceof MalformedBytesError || KafkaError.is(error), String(error));
      }
    }),
    { numRuns: 2000 },
  );
});

test('random bytes behind a sound header never do worse than an error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(5), fc.nat(2 ** 31 - 1), (noise, codec, count) => {
      const batch = Buffer.alloc(BATCH_OVERHEAD + noise.length);
      batch.set(encodeBatch({ records: [{ timestamp: 0, key: null, value: null }] }).subarray(0, BATCH_OVERHEAD));
      batch.set(noise, BATCH_OVERHEAD);
      batch.writeInt32BE(batch.length - 12, 8);
      batch.writeInt16BE(codec, 21);
      batch.writeInt32BE(count, 57);
      assert.throws(() => {
        decodeRecords(batch, 1 << 20);
        throw new MalformedBytesError('it happened to be valid');
      }, MalformedBytesError);
    }),
    { numRuns: 1000 },
  );
});

test('a decompression bomb is refused within its bound', () => {
  const bomb = Buffer.alloc(8 << 20);
  for (const codec of compressionTypes) {
    const batch = encodeBatch({ records: [{ timestamp: 0, key: null, value: bomb }], compression: codec });
    assert.throws(() => decodeRecords(batch, 1 << 20), MalformedBytesError, codec);
    assert.equal(decodeRecords(batch, 9 << 20).length, 1, codec);
  }
});

test('a full builder refuses a record and stays as it was', () => {
  const builder = new BatchBuilder({ maxBytes: 200 });
  assert.equal(builder.tryAppend(1, 'a', 'é'.repeat(30)), true);
  const size = builder.sizeInBytes;
  assert.equal(builder.tryAppend(1, 'a', 'é'.repeat(60)), false);
  assert.equal(builder.tryAppend(1, 'a', 'x'.repeat(200)), false);
  assert.equal(builder.sizeInBytes, size);
  assert.equal(builder.count, 1);
  assert.equal(builder.tryAppend(2, 'b', 'ü'), true);
  const batch = builder.build();
  assert.ok(batch.length <= 200);
  assert.deepEqual(
    decodeRecords(batch).map((one) => one.value?.toString()),
    ['é'.repeat(30), 'ü'],
  );
});

test('the size a builder reports is the size of the uncompressed batch, and never above its limit', () => {
  fc.assert(
    fc.property(records, fc.integer({ min: 62, max: 600 }), (input, maxBytes) => {
      const builder = new BatchBuilder({ maxBytes });
      let added = 0;
      for (const one of input) if (builder.tryAppend(one.timestamp, one.key, one.value, one.headers)) added++;
      assert.equal(builder.count, added);
      const size = builder.sizeInBytes;
      const batch = builder.build();
      assert.equal(batch.length, size);
      assert.ok(added === 1 || size <= maxBytes);
    }),
  );
});

test('a single record larger than the limit gets a batch of its own', () => {
  const builder = new BatchBuilder({ maxBytes: 100 });
  assert.equal(builder.tryAppend(0, null, 'x'.repeat(1000)), true);
  assert.equal(builder.tryAppend(0, null, null), false);
  assert.equal(decodeRecords(builder.build())[0]!.value!.length, 1000);
});

test('a built batch is not touched when its builder is used again', () => {
  for (const codec of compressionTypes) {
    const builder = new BatchBuilder({ maxBytes: 4096, compression: codec });
    const built: { batch: Uint8Array; copy: Uint8Array }[] = [];
    for (let round = 0; round < 20; round++) {
      for (let at = 0; at < 1 + (round % 7) * 20; at++)
        builder.tryAppend(round, `key-${round}`, `value-${round}-${at}`);
      const batch = builder.build({ baseSequence: round });
      built.push({ batch, copy: Uint8Array.from(batch) });
    }
    for (const { batch, copy } of built) assert.deepEqual(Buffer.from(batch), Buffer.from(copy));
  }
});

test('base offset and leader epoch are rewritten without a new checksum', () => {
  const batch = encodeBatch({ records: [{ timestamp: 7, key: 'k', value: 'v' }] });
  setBaseOffset(batch, 0, 2 ** 40 + 5);
  setPartitionLeaderEpoch(batch, 0, 12);
  const header = verifyBatch(batch);
  assert.equal(header.baseOffset, 2 ** 40 + 5);
  assert.equal(header.partitionLeaderEpoch, 12);
  assert.equal(decodeRecords(batch)[0]!.offset, 2 ** 40 + 5);
});

test('LogAppendTime replaces the timestamp of every record', () => {
  const batch = encodeBatch({
    records: [
      { timestamp: 7, key: 'k', value: 'v' },
      { timestamp: 9, key: 'k', value: 'v' },
    ],
  });
  setLogAppendTime(batch, 0, 1_700_000_000_000);
  const header = verifyBatch(batch);
  assert.equal(header.timestampType, 'LogAppendTime');
  assert.deepEqual(
    decodeRecords(batch).map((one) => one.timestamp),
    [1_700_000_000_000, 1_700_000_000_000],
  );
});

test('a header that contradicts itself is refused', () => {
  const one = () => Buffer.from(encodeBatch({ records: [{ timestamp: 7, key: 'k', value: 'v' }] }));
  const refusal = (change: (batch: Buffer) => void, fixCrc = true) => {
    const batch = one();
    change(batch);
    if (fixCrc) setLogAppendTime(batch, 0, 7);
    try {
      verifyBatch(batch);
      return 'accepted';
    } catch (error) {
      assert.ok(KafkaError.is(error));
      return error.code;
    }
  };
  assert.equal(
    refusal((batch) => batch.writeInt32BE(2, 57)),
    'INVALID_RECORD',
  );
  assert.equal(
    refusal((batch) => batch.writeInt32BE(0, 57)),
    'INVALID_RECORD',
  );
  assert.equal(
    refusal((batch) => batch.writeInt32BE(1, 23)),
    'INVALID_RECORD',
  );
  assert.equal(
    refusal((batch) => batch.writeInt16BE(5, 21)),
    'UNSUPPORTED_COMPRESSION_TYPE',
  );
  assert.equal(
    refusal((batch) => batch.writeInt8(1, 16)),
    'UNSUPPORTED_FOR_MESSAGE_FORMAT',
  );
  assert.equal(
    refusal((batch) => batch.writeInt8(3, 16)),
    'CORRUPT_MESSAGE',
  );
  assert.equal(
    refusal((batch) => batch.writeUInt8(batch[65]! ^ 1, 65), false),
    'CORRUPT_MESSAGE',
  );
});

test('a record without a key is refused where keys are required', () => {
  const batch = encodeBatch({
    records: [
      { timestamp: 7, key: 'k', value: 'v' },
      { timestamp: 7, key: null, value: 'v' },
    ],
  });
  verifyRecords(batch);
  assert.throws(
    () => verifyRecords(batch, { keysRequired: true }),
    (error) => KafkaError.is(error) && error.code === 'INVALID_RECORD',
  );
});

test('batches are walked one by one, a partial one at the end is left out', () => {
  const one = encodeBatch({ records: [{ timestamp: 1, key: null, value: 'a' }], baseOffset: 4 });
  const two = encodeBatch({ records: [{ timestamp: 1, key: null, value: 'b' }], baseOffset: 5 });
  const all = Buffer.concat([one, two, one.subarray(0, one.length - 1)]);
  const found = [...batchesOf(all)];
  assert.deepEqual(
    found.map((batch) => batch.header.baseOffset),
    [4, 5],
  );
  assert.deepEqual(Buffer.from(found[1]!.bytes), Buffer.from(two));
  assert.throws(() => readBatchHeader(all.subarray(0, 60)), MalformedBytesError);
});

test('a control batch is told by its attribute; unknown kinds are skipped', () => {
  const marker = encodeControlBatch({
    kind: 'commit',
    coordinatorEpoch: 6,
    producerId: 9,
    producerEpoch: 2,
    timestamp: 11,
  });
  const header = verifyBatch(marker);
  assert.equal(header.isControl && header.isTransactional, true);
  assert.equal(header.baseSequence, -1);
  assert.deepEqual(controlRecordOf(marker), { kind: 'commit', coordinatorEpoch: 6 });
  const [record] = decodeRecords(marker);
  const impostor = encodeBatch({ records: [{ timestamp: 1, key: record!.key, value: record!.value }] });
  assert.equal(controlRecordOf(impostor), undefined);
  const key = (type: number) => Uint8Array.of(0, 0, 0, type);
  const value = Uint8Array.of(0, 0, 0, 0, 0, 1);
  assert.equal(parseControlRecord({ key: key(0), value }).kind, 'abort');
  for (const type of [2, 3, 4, 9]) assert.equal(parseControlRecord({ key: key(type), value }).kind, 'unknown');
  assert.equal(parseControlRecord({ key: null, value }).kind, 'unknown');
  assert.equal(parseControlRecord({ key: key(1), value: null }).kind, 'unknown');
  assert.equal(parseControlRecord({ key: Uint8Array.of(0), value }).kind, 'unknown');
});

test('the cursor makes headers and views only of the current record', () => {
  const batch = encodeBatch({
    records: [
      { timestamp: 1, key: 'a', value: null, headers: [{ key: 'n', value: null }] },
      { timestamp: 2, key: null, value: 'b' },
    ],
  });
  const cursor = new RecordCursor(batch);
  assert.equal(cursor.next(), true);
  assert.equal(cursor.key?.toString(), 'a');
  assert.equal(cursor.valueSize, -1);
  assert.deepEqual(cursor.headers, [{ key: 'n', value: null }]);
  assert.equal(cursor.next(), true);
  assert.deepEqual(cursor.headers, []);
  assert.equal(cursor.keySize, -1);
  assert.equal(cursor.value?.toString(), 'b');
  assert.equal(cursor.next(), false);
});

test('sequence numbers wrap from 2^31 - 1 to 0, and back', () => {
  assert.equal(incrementSequence(2 ** 31 - 1, 1), 0);
  assert.equal(incrementSequence(2 ** 31 - 3, 5), 2);
  assert.equal(decrementSequence(2, 5), 2 ** 31 - 3);
  assert.equal(decrementSequence(0, 1), 2 ** 31 - 1);
});

test('64-bit integers survive', () => {
  const target = new Uint8Array(8);
  fc.assert(
    fc.property(fc.maxSafeInteger(), (value) => {
      putInt64(target, 0, value);
      assert.equal(int64At(target, 0), value);
      assert.equal(Buffer.from(target).readBigInt64BE(), BigInt(value));
    }),
  );
});
