import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Disk, MemoryDisk } from '../../core/index.ts';
import { batchesOf, decodeRecords, encodeBatch, readBatchHeader } from '../../records/index.ts';
import {
  appendMarker,
  client,
  copyDisk,
  DIRECTORY,
  data,
  FaultyDisk,
  fileName,
  ListLogger,
  ManualClock,
  openLog,
} from '../fixtures.ts';
import type { CompactionOptions, LogConfig, PartitionLog } from '../index.ts';

const HOUR = 3600_000;
const CONFIG: Partial<LogConfig> = {
  compacted: true,
  deletes: false,
  segmentBytes: 400,
  indexIntervalBytes: 100,
  minCleanableDirtyRatio: 0,
  deleteRetentionMs: HOUR,
};
const OPTIONS: CompactionOptions = {
  cleanedUpTo: undefined,
  mapBytesMax: 1 << 20,
  chunkBytes: 200,
  pause: async () => {},
  stopped: () => false,
};

interface Line {
  readonly offset: number;
  readonly key: string;
  readonly value: string | null;
  readonly producerId: number;
}

const text = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString());

/** What a reader sees up to the last stable offset: all of it, or what is committed. */
function lines(log: PartitionLog, isolation: 'uncommitted' | 'committed' = 'committed'): Line[] {
  const found: Line[] = [];
  const upTo = log.lastStableOffset;
  const aborted = log.abortedTransactions(log.startOffset, upTo);
  const open = new Set<number>();
  for (let next = log.startOffset; next < upTo; ) {
    const bytes = log.read({ fromOffset: next, maxBytes: 300, upTo, minOneBatch: true });
    if (bytes.length === 0) break;
    for (const { header, bytes: batch } of batchesOf(bytes)) {
      next = header.lastOffset + 1;
      while (aborted.length > 0 && aborted[0]!.firstOffset <= header.lastOffset) open.add(aborted.shift()!.producerId);
      if (header.isControl) {
        open.delete(header.producerId);
        continue;
      }
      if (isolation === 'committed' && header.isTransactional && open.has(header.producerId)) continue;
      for (const { offset, key, value } of decodeRecords(batch)) {
        found.push({ offset, key: text(key)!, value: text(value), producerId: header.producerId });
      }
    }
  }
  return found;
}

function latest(of: readonly Line[]): Map<string, string> {
  const values = new Map<string, string>();
  for (const { key, value } of of) {
    if (value === null) values.delete(key);
    else values.set(key, value);
  }
  return values;
}

function put(log: PartitionLog, key: string, value: string | null, timestamp?: number): number {
  const records = [{ timestamp: timestamp ?? 1_700_000_000_000, key, value }];
  return log.append(encodeBatch({ records }), client).baseOffset;
}

async function settled(log: PartitionLog): Promise<void> {
  await log.flush();
  log.advanceHighWatermark(log.endOffset);
}

const names = (disk: Disk, end: string) => disk.list(DIRECTORY).filter((name) => name.endsWith(end));
const keysOf = (log: PartitionLog) => lines(log).map(({ offset, key }) => `${offset}${key}`);

test('of each key the last record stays, at its offset; segments that became small are one', async () => {
  const disk = new MemoryDisk();
  const log = openLog({ disk, config: CONFIG });
  for (let at = 0; at < 40; at++) put(log, `k${at % 4}`, `v${at}`);
  await settled(log);
  const before = latest(lines(log));
  const segments = names(disk, '.log').length;
  const status = log.cleanable(0, undefined);
  assert.ok(status.due && status.dirtyRatio === 1);
  const result = await log.compact(0, OPTIONS);
  assert.equal(result!.cleanedUpTo, status.firstUncleanableOffset);
  assert.equal(result!.keys, 4);
  assert.ok(result!.bytesAfter < result!.bytesBefore / 5);
  assert.deepEqual(latest(lines(log)), before);
  const cleaned = lines(log).filter(({ offset }) => offset < result!.cleanedUpTo);
  assert.equal(cleaned.length, 4);
  await log.compact(0, { ...OPTIONS, cleanedUpTo: result!.cleanedUpTo });
  assert.ok(names(disk, '.log').length < segments);
  assert.deepEqual(latest(lines(log)), before);
  assert.equal(log.cleanable(0, result!.cleanedUpTo).cleanableBytes, 0);
  // A read may begin at an offset that is gone.
  const [first] = batchesOf(log.read({ fromOffset: 1, maxBytes: 1, upTo: log.endOffset, minOneBatch: true }));
  assert.equal(first!.header.baseOffset, cleaned[0]!.offset);
});

test('a tombstone stays for delete.retention.ms after the compaction that met it, then goes with its key', async () => {
  const log = openLog({ config: { ...CONFIG, segmentBytes: 150 } });
  put(log, 'a', '1');
  put(log, 'a', null);
  put(log, 'b', '1');
  put(log, 'filler', 'x');
  await settled(log);
  const compact = async (now: number) => (await log.compact(now, OPTIONS))!;
  await compact(0);
  assert.deepEqual(keysOf(log), ['1a', '2b', '3filler']);
  await compact(HOUR - 1);
  assert.deepEqual(keysOf(log), ['1a', '2b', '3filler']);
  await compact(HOUR);
  assert.deepEqual(keysOf(log), ['2b', '3filler']);
});

test('records of aborted transactions go, markers when their time is over, committed ones are replaced as others', async () => {
  const log = openLog({ config: { ...CONFIG, segmentBytes: 200 } });
  const transact = (producerId: number, sequence: number, key: string, kind: 'commit' | 'abort') => {
    const verified = log.startVerification(producerId, 0, sequence);
    const records = [{ timestamp: 1_700_000_000_000, key, value: `${kind}${sequence}` }];
    const options = { producerId, producerEpoch: 0, baseSequence: sequence, transactional: true };
    log.append(encodeBatch({ records, ...options }), { ...client, verified });
    appendMarker(log, { producerId, kind });
  };
  put(log, 'a', 'before');
  transact(1, 0, 'a', 'abort');
  transact(1, 1, 'b', 'commit');
  transact(2, 0, 'b', 'commit');
  transact(1, 2, 'c', 'abort');
  transact(1, 3, 'd', 'commit');
  put(log, 'filler', 'x');
  await settled(log);
  const before = latest(lines(log));
  for (const now of [0, HOUR, 2 * HOUR, 4 * HOUR]) {
    await log.compact(now, OPTIONS);
    assert.deepEqual(latest(lines(log)), before);
  }
  assert.deepEqual(keysOf(log), ['0a', '5b', '9d', '11filler']);
  assert.deepEqual(lines(log, 'uncommitted'), lines(log));
  assert.deepEqual(log.abortedTransactions(0, log.endOffset), []);
  // The markers of what is still there: of b by 2, of d by 1.
  const controls: number[] = [];
  for (let next = 0; next < log.endOffset; ) {
    const bytes = log.read({ fromOffset: next, maxBytes: 1, upTo: log.endOffset, minOneBatch: true });
    const header = readBatchHeader(bytes);
    if (header.isControl) controls.push(header.baseOffset);
    next = header.lastOffset + 1;
  }
  assert.deepEqual(controls, [6, 10]);
});

test('an open transaction is not touched, nor what is younger than min.compaction.lag.ms; max.compaction.lag.ms hurries', async () => {
  const clock = new ManualClock();
  const log = openLog({ clock, config: { ...CONFIG, segmentBytes: 200 } });
  const verified = log.startVerification(1, 0, 0);
  for (let at = 0; at < 6; at++) put(log, 'a', String(at), clock.time);
  log.append(data({ producerId: 1, transactional: true, timestamp: clock.time }), { ...client, verified });
  for (let at = 0; at < 6; at++) put(log, 'a', String(at), clock.time);
  await settled(log);
  const now = clock.time;
  assert.equal(log.cleanable(now, undefined).firstUncleanableOffset, 6);
  appendMarker(log, { producerId: 1 });
  await settled(log);
  assert.ok(log.cleanable(now, undefined).firstUncleanableOffset > 6);
  log.configure({ minCompactionLagMs: 1000 });
  assert.deepEqual(log.cleanable(now + 1000, undefined).cleanableBytes > 0, true);
  assert.equal(log.cleanable(now + 999, undefined).cleanableBytes, 0);
  log.configure({ minCompactionLagMs: 0, minCleanableDirtyRatio: 1, maxCompactionLagMs: 5000 });
  assert.equal(log.cleanable(now + 5000, undefined).due, false);
  assert.equal(log.cleanable(now + 5001, undefined).due, true);
});

test('the last batch of each producer stays, if only empty: its sequence goes on after any restart', async () => {
  const disk = new MemoryDisk();
  const log = openLog({ disk, config: CONFIG });
  log.append(
    encodeBatch({
      records: [{ timestamp: 1, key: 'a', value: 'x' }],
      producerId: 9,
      producerEpoch: 3,
      baseSequence: 5,
    }),
    client,
  );
  for (let at = 0; at < 20; at++) put(log, 'a', String(at));
  await settled(log);
  await log.compact(0, OPTIONS);
  const batch = log.read({ fromOffset: 0, maxBytes: 1, upTo: log.endOffset, minOneBatch: true });
  assert.deepEqual([readBatchHeader(batch).baseOffset, readBatchHeader(batch).recordCount], [0, 0]);
  const lost = copyDisk(disk);
  for (const name of names(lost, '.snapshot')) lost.remove(`${DIRECTORY}/${name}`);
  const again = openLog({ disk: lost, config: CONFIG });
  const next = (baseSequence: number) =>
    encodeBatch({ records: [{ timestamp: 1, key: 'a', value: 'y' }], producerId: 9, producerEpoch: 3, baseSequence });
  assert.equal(again.append(next(5), client).duplicate, true);
  assert.equal(again.append(next(6), client).duplicate, false);
});

test('a map that is too small makes progress from run to run, and ends where a large one does', async () => {
  const build = async () => {
    const log = openLog({ config: CONFIG });
    for (let at = 0; at < 60; at++) put(log, `key-${at % 10}`, String(at));
    await settled(log);
    return log;
  };
  const small = await build();
  let cleanedUpTo: number | undefined;
  let runs = 0;
  for (; small.cleanable(0, cleanedUpTo).cleanableBytes > 0 && runs < 100; runs++) {
    const before: number = cleanedUpTo ?? 0;
    cleanedUpTo = (await small.compact(0, { ...OPTIONS, cleanedUpTo, mapBytesMax: 300 }))!.cleanedUpTo;
    assert.ok(cleanedUpTo > before);
  }
  assert.ok(runs > 3 && runs < 60, `${runs} runs`);
  const large = await build();
  await large.compact(0, OPTIONS);
  assert.deepEqual(latest(lines(small)), latest(lines(large)));
});

test('damage in the log stops compaction before anything is taken, and the log is served up to it', async () => {
  const disk = new MemoryDisk();
  const log = openLog({ disk, config: CONFIG });
  for (let at = 0; at < 30; at++) put(log, `k${at % 3}`, `v${at}`);
  await settled(log);
  const file = disk.open(`${DIRECTORY}/${fileName(0)}`);
  file.write(Uint8Array.of(0xff), file.size() - 3);
  const before = names(disk, '.log');
  await assert.rejects(log.compact(0, OPTIONS), { code: 'CORRUPT_MESSAGE' });
  assert.deepEqual([names(disk, '.log'), names(disk, '.cleaned'), log.failed], [before, [], undefined]);
});

test('a batch whose length is damaged is reported once, and what lies before it is served', async () => {
  const disk = new MemoryDisk();
  const logger = new ListLogger();
  const log = openLog({ disk, logger, config: { segmentBytes: 5000 } });
  const sizes = Array.from({ length: 10 }, () => {
    const before = log.sizeInBytes;
    put(log, 'k', 'v');
    return before;
  });
  await settled(log);
  disk.open(`${DIRECTORY}/${fileName(0)}`).write(Uint8Array.of(0xff, 0xff, 0xff, 0xff), sizes[6]! + 8);
  const read = (fromOffset: number) => log.read({ fromOffset, maxBytes: 10_000, upTo: 10, minOneBatch: true });
  assert.deepEqual(
    [...batchesOf(read(0))].map(({ header }) => header.baseOffset),
    [0, 1, 2, 3, 4, 5],
  );
  for (const from of [6, 6, 8]) assert.throws(() => read(from), { code: 'CORRUPT_MESSAGE' });
  assert.deepEqual(logger.levels(), ['error']);
  put(log, 'k', 'goes on');
});

test('no space leaves the log as it is, any other failure takes it offline; both leave nothing half done', async () => {
  for (const [writeError, failed] of [
    ['ENOSPC', false],
    ['EIO', true],
  ] as const) {
    const disk = new FaultyDisk();
    const log = openLog({ disk, config: CONFIG });
    for (let at = 0; at < 30; at++) put(log, `k${at % 3}`, `v${at}`);
    await settled(log);
    const before = latest(lines(log));
    disk.room = 100;
    disk.writeError = writeError;
    await assert.rejects(log.compact(0, OPTIONS), failed ? { code: 'KAFKA_STORAGE_ERROR' } : { code: 'ENOSPC' });
    assert.equal(log.failed !== undefined, failed);
    disk.room = Number.POSITIVE_INFINITY;
    assert.deepEqual(names(disk, '.cleaned'), []);
    assert.deepEqual(latest(lines(await reopened(disk))), before);
    if (failed) continue;
    assert.ok((await log.compact(0, OPTIONS))!.bytesAfter > 0);
    assert.deepEqual(latest(lines(log)), before);
  }
});

test('compaction and retention do not meet, and a log may be deleted or closed under compaction', async () => {
  for (const end of ['close', 'delete', 'stop'] as const) {
    const disk = new MemoryDisk();
    const log = openLog({ disk, config: { ...CONFIG, deletes: true, retentionBytes: 0 } });
    for (let at = 0; at < 30; at++) put(log, `k${at % 3}`, `v${at}`);
    await settled(log);
    let pauses = 0;
    let stopped = false;
    const pause = async () => {
      assert.equal(log.failed === undefined ? log.enforceRetention(1e15) : 0, 0);
      if (++pauses !== 12) return;
      if (end === 'close') await log.close();
      else if (end === 'delete') await log.delete();
      else stopped = true;
    };
    assert.equal(await log.compact(0, { ...OPTIONS, pause, stopped: () => stopped }), undefined);
    if (end === 'delete') assert.equal(disk.exists(DIRECTORY), false);
    else assert.equal(latest(lines(await reopened(disk))).size, 3);
  }
});

async function reopened(disk: Disk, options: { cleanedUpTo?: number; config?: Partial<LogConfig> } = {}) {
  const log = openLog({ disk, config: CONFIG, ...options });
  await settled(log);
  return log;
}

test('a log whose policy is no longer compact has its gaps by right', async () => {
  const disk = new MemoryDisk();
  const log = openLog({ disk, config: CONFIG });
  for (let at = 0; at < 30; at++) put(log, `k${at % 3}`, `v${at}`);
  await settled(log);
  const { cleanedUpTo } = (await log.compact(0, OPTIONS))!;
  const before = lines(log);
  const again = await reopened(disk, { cleanedUpTo, config: { ...CONFIG, compacted: false, deletes: true } });
  assert.equal(again.recovery.damage, undefined);
  assert.deepEqual(lines(again), before);
});

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('put' as const),
      key: fc.nat(4),
      count: fc.integer({ min: 1, max: 3 }),
      tombstone: fc.boolean(),
      producer: fc.constantFrom(-1, 1, 2),
      codec: fc.constantFrom('none' as const, 'gzip' as const, 'lz4' as const),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('transact' as const),
      key: fc.nat(4),
      producer: fc.constantFrom(5, 6, 7),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      producer: fc.constantFrom(5, 6, 7),
      abort: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('compact' as const),
      later: fc.constantFrom(0, HOUR / 2, HOUR),
      mapBytesMax: fc.constantFrom(200, 1 << 20),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const), trusted: fc.boolean() }) },
);

test('whatever is written, a reader of what is committed sees the same before and after; restarts change nothing', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 60 }),
      fc.constantFrom(250, 600),
      async (steps, segmentBytes) => {
        const clock = new ManualClock();
        const disk = new MemoryDisk();
        const config = { ...CONFIG, segmentBytes };
        let log = openLog({ disk, clock, config });
        const sequences = new Map<number, number>();
        const open = new Set<number>();
        let cleanedUpTo: number | undefined;
        let value = 0;
        const write = (
          producer: number,
          keys: string[],
          tombstone: boolean,
          transactional: boolean,
          compression: 'none' | 'gzip' | 'lz4',
        ) => {
          const baseSequence = producer < 0 ? -1 : (sequences.get(producer) ?? 0);
          const records = keys.map((key) => ({ timestamp: clock.time, key, value: tombstone ? null : `v${value++}` }));
          const verified = transactional ? log.startVerification(producer, 0, baseSequence) : undefined;
          const options = { producerId: producer, producerEpoch: producer < 0 ? -1 : 0, baseSequence, transactional };
          log.append(encodeBatch({ records, compression, ...options }), { ...client, verified });
          if (producer >= 0) sequences.set(producer, baseSequence + keys.length);
        };
        for (const each of steps) {
          if (each.kind === 'put') {
            const keys = Array.from({ length: each.count }, (_, at) => `k${(each.key + at) % 5}`);
            write(each.producer, keys, each.tombstone, false, each.codec);
          } else if (each.kind === 'transact') {
            write(each.producer, [`k${each.key}`], false, true, 'none');
            open.add(each.producer);
          } else if (each.kind === 'end') {
            if (open.delete(each.producer)) {
              appendMarker(log, {
                producerId: each.producer,
                kind: each.abort ? 'abort' : 'commit',
                timestamp: clock.time,
              });
            }
          } else if (each.kind === 'reopen') {
            await log.close();
            const { recoveryPoint } = log;
            log = openLog({ disk, clock, config, cleanedUpTo, ...(each.trusted ? { recoveryPoint } : {}) });
            assert.equal(log.recovery.damage, undefined);
            assert.equal(log.recovery.scannedBytes === 0 || !each.trusted || log.sizeInBytes === 0, true);
          } else {
            await settled(log);
            clock.time += each.later;
            const before = lines(log);
            const stable = log.lastStableOffset;
            const producers = JSON.stringify(log.activeProducers());
            const { mapBytesMax } = each;
            const from = cleanedUpTo;
            const result = await log.compact(clock.time, { ...OPTIONS, cleanedUpTo, mapBytesMax });
            cleanedUpTo = result!.cleanedUpTo;
            const after = lines(log);
            assert.deepEqual(latest(after), latest(before));
            assert.deepEqual([log.lastStableOffset, JSON.stringify(log.activeProducers())], [stable, producers]);
            // Nothing is made up, and nothing that is not cleaned is touched.
            const known = new Set(before.map((line) => JSON.stringify(line)));
            for (const line of after) assert.ok(known.has(JSON.stringify(line)), JSON.stringify(line));
            const beyond = (all: Line[]) => all.filter(({ offset }) => offset >= cleanedUpTo!);
            assert.deepEqual(beyond(after), beyond(before));
            const firsts = after.filter(({ offset }) => offset < cleanedUpTo!).map(({ key }) => key);
            assert.equal(new Set(firsts).size, firsts.length, `twice the same key from ${from}: ${firsts}`);
          }
          await settled(log);
        }
        const expected = lines(log);
        const scanned = await reopened(copyDisk(disk), {
          config,
          ...(cleanedUpTo === undefined ? {} : { cleanedUpTo }),
        });
        assert.deepEqual(lines(scanned), expected);
        for (const [producerId, sequence] of sequences) {
          const entry = scanned.activeProducers().find((other) => other.producerId === producerId);
          assert.equal(entry?.lastSequence, sequence - 1);
        }
      },
    ),
    { numRuns: 300 },
  );
});
