import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MemoryDisk } from '../core/index.ts';
import { batchesOf } from '../records/index.ts';
import { client, DIRECTORY, data, FaultyDisk, fileName, ManualClock, openLog, refusal } from './fixtures.ts';

const logsOf = (disk: MemoryDisk | FaultyDisk) => disk.list(DIRECTORY).filter((name) => name.endsWith('.log'));

test('a segment is closed before it would grow beyond its size', () => {
  const disk = new MemoryDisk();
  const log = openLog({ disk, config: { segmentBytes: 1000 } });
  for (let at = 0; at < 40; at++) log.append(data({ value: 'x'.repeat(at * 3) }), client);
  assert.ok(logsOf(disk).length > 4);
  for (const name of logsOf(disk)) assert.ok(disk.open(`${DIRECTORY}/${name}`).size() <= 1000);
  assert.equal(
    refusal(() => log.append(data({ value: 'x'.repeat(1000) }), client)),
    'RECORD_LIST_TOO_LARGE',
  );
});

test('a segment is closed when its records span its time, or its index is full', () => {
  const clock = new ManualClock();
  const disk = new MemoryDisk();
  const log = openLog({ disk, clock, config: { segmentMs: 1000 } });
  const at = (later: number) => data({ timestamp: clock.time + later });
  log.append(at(0), client);
  log.append(at(1000), client);
  assert.equal(logsOf(disk).length, 1);
  log.append(at(1001), client);
  assert.equal(logsOf(disk).length, 2);
  log.configure({ segmentIndexBytes: 8, segmentMs: 1e9 });
  for (let n = 0; n < 3; n++) log.append(data({ value: 'x'.repeat(5000) }), client);
  assert.equal(logsOf(disk).length, 3);
});

test('records without timestamps age by the clock; a reopened segment still knows when it began', async () => {
  const clock = new ManualClock();
  const disk = new MemoryDisk();
  const config = { segmentMs: 1000 };
  const silent = new MemoryDisk();
  const timeless = openLog({ disk: silent, clock, config });
  timeless.append(data({ timestamp: -1 }), client);
  clock.time += 1001;
  timeless.append(data({ timestamp: clock.time }), client);
  assert.deepEqual(logsOf(silent), [fileName(0), fileName(1)]);
  let log = openLog({ disk, clock, config });
  log.append(data({ timestamp: clock.time }), client);
  await log.close();
  log = openLog({ disk, clock, config, recoveryPoint: log.recoveryPoint });
  assert.equal(log.recovery.scannedBytes, 0);
  log.append(data({ timestamp: clock.time + 1000 }), client);
  assert.equal(logsOf(disk).length, 1);
  log.append(data({ timestamp: clock.time + 1001 }), client);
  assert.equal(logsOf(disk).length, 2);
});

test('jitter makes logs roll early, each segment at a moment of its own, never beyond segment.ms', () => {
  const random = { uint32: () => 700, bytes: (length: number) => new Uint8Array(length) };
  const disk = new MemoryDisk();
  const log = openLog({ disk, random, config: { segmentMs: 1000, segmentJitterMs: 900 } });
  const start = 1_700_000_000_000;
  for (const later of [0, 300, 301, 601, 602]) log.append(data({ timestamp: start + later }), client);
  assert.deepEqual(logsOf(disk), [fileName(0), fileName(2), fileName(4)]);
});

test('whatever the sizes, a read returns exactly the batches that a plain list would', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ count: fc.integer({ min: 1, max: 5 }), size: fc.integer({ min: 0, max: 900 }) }), {
        minLength: 1,
        maxLength: 30,
      }),
      fc.constantFrom(1200, 3000, 1 << 20),
      fc.constantFrom(0, 100, 4096),
      fc.array(fc.tuple(fc.nat(), fc.nat(6000), fc.nat(), fc.boolean()), { minLength: 5, maxLength: 20 }),
      fc.boolean(),
      (batches, segmentBytes, indexIntervalBytes, reads, reopen) => {
        const disk = new MemoryDisk();
        const config = { segmentBytes: Math.max(segmentBytes, 6000), indexIntervalBytes };
        let log = openLog({ disk, config });
        const list: { base: number; last: number; bytes: Buffer; segment: string }[] = [];
        for (const { count, size } of batches) {
          const batch = data({ count, value: 'v'.repeat(size) });
          const { baseOffset, lastOffset } = log.append(batch, client);
          list.push({ base: baseOffset, last: lastOffset, bytes: Buffer.from(batch), segment: logsOf(disk).at(-1)! });
        }
        if (reopen) log = openLog({ disk, config });
        const end = log.endOffset;
        for (const [a, maxBytes, b, minOneBatch] of reads) {
          const fromOffset = a % (end + 1);
          const upTo = list[b % list.length]!.last + 1;
          const first = list.findIndex((batch) => batch.last >= fromOffset);
          const expected: Buffer[] = [];
          let size = 0;
          for (let at = first; at >= 0 && at < list.length; at++) {
            const batch = list[at]!;
            if (fromOffset >= upTo || batch.last >= upTo || batch.segment !== list[first]!.segment) break;
            if (size + batch.bytes.length > maxBytes && !(minOneBatch && at === first)) break;
            expected.push(batch.bytes);
            size += batch.bytes.length;
          }
          const got = log.read({ fromOffset, maxBytes, upTo, minOneBatch });
          assert.deepEqual(Buffer.from(got), Buffer.concat(expected));
        }
      },
    ),
    { numRuns: 150 },
  );
});

test('reading on from each last offset visits every batch once, over all segments', () => {
  const disk = new MemoryDisk();
  const log = openLog({ disk, config: { segmentBytes: 900 } });
  for (let at = 0; at < 50; at++) log.append(data({ count: (at % 4) + 1 }), client);
  for (const maxBytes of [1, 300, 1 << 20]) {
    let next = 0;
    let batches = 0;
    while (next < log.endOffset) {
      for (const { header } of batchesOf(
        log.read({ fromOffset: next, maxBytes, upTo: log.endOffset, minOneBatch: true }),
      )) {
        assert.equal(header.baseOffset, next);
        next = header.lastOffset + 1;
        batches++;
      }
    }
    assert.equal(batches, 50);
  }
});

test('a timestamp is found where a plain search finds it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ timestamp: fc.nat(60), count: fc.integer({ min: 1, max: 4 }) }), {
        minLength: 1,
        maxLength: 25,
      }),
      fc.constantFrom(250, 700, 1 << 20),
      fc.array(fc.nat(70), { minLength: 5, maxLength: 10 }),
      fc.nat(),
      fc.boolean(),
      async (batches, segmentBytes, searches, limit, reopen) => {
        const disk = new MemoryDisk();
        const config = { segmentBytes, indexIntervalBytes: 100 };
        let log = openLog({ disk, config });
        const records: { offset: number; timestamp: number }[] = [];
        const ends = [0];
        for (const { timestamp, count } of batches) {
          const { baseOffset } = log.append(data({ timestamp, count }), client);
          for (let at = 0; at < count; at++) records.push({ offset: baseOffset + at, timestamp: timestamp + at });
          ends.push(baseOffset + count);
        }
        if (reopen) {
          await log.close();
          log = openLog({ disk, config, recoveryPoint: log.recoveryPoint });
        }
        const upTo = ends[limit % ends.length]!;
        const visible = records.filter((record) => record.offset < upTo);
        const plain = (found: { offset: number; timestamp: number } | undefined) =>
          found === undefined ? undefined : { offset: found.offset, timestamp: found.timestamp };
        for (const wanted of searches) {
          assert.deepEqual(
            plain(log.offsetForTimestamp(wanted, upTo)),
            visible.find((record) => record.timestamp >= wanted),
          );
        }
        const largest = Math.max(...visible.map((record) => record.timestamp));
        assert.deepEqual(
          plain(log.offsetOfMaxTimestamp(upTo)),
          visible.find((record) => record.timestamp === largest),
        );
      },
    ),
    { numRuns: 150 },
  );
});

test('the start moves up to the high watermark, and whole segments before it go', async () => {
  const disk = new MemoryDisk();
  const log = openLog({ disk, config: { segmentBytes: 200 } });
  for (let at = 0; at < 8; at++) log.append(data({ producerId: 1, sequence: at }), client);
  log.advanceHighWatermark(7);
  assert.equal(
    refusal(() => log.advanceStartOffset(8)),
    'OFFSET_OUT_OF_RANGE',
  );
  log.advanceStartOffset(5);
  log.advanceStartOffset(2);
  assert.equal(log.startOffset, 5);
  await log.dropRetired(async () => {});
  assert.deepEqual(logsOf(disk), [fileName(4), fileName(6)]);
  assert.equal(
    refusal(() => log.read({ fromOffset: 4, maxBytes: 100, upTo: 8, minOneBatch: true })),
    'OFFSET_OUT_OF_RANGE',
  );
  assert.equal(log.offsetForTimestamp(0, 8)?.offset, 5);
  await log.flush();
  const again = openLog({ disk, logStartOffset: 5 });
  assert.deepEqual([again.startOffset, again.endOffset], [5, 8]);
  // What was removed is known from the snapshot at the first segment that is left.
  for (let at = 3; at < 8; at++) {
    assert.equal(again.append(data({ producerId: 1, sequence: at }), client).duplicate, true, String(at));
  }
});

test('a segment whose file is being synced is removed only afterwards', async () => {
  const disk = new FaultyDisk();
  const log = openLog({ disk, config: { segmentBytes: 200 } });
  for (let at = 0; at < 6; at++) log.append(data(), client);
  log.advanceHighWatermark(6);
  disk.holdSyncs = true;
  const flushed = log.flush();
  log.advanceStartOffset(4);
  const dropped = log.dropRetired(async () => {});
  assert.equal(logsOf(disk).length, 3);
  disk.holdSyncs = false;
  disk.release();
  await flushed;
  await dropped;
  assert.deepEqual(logsOf(disk), [fileName(4)]);
  await log.close();
});
