import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryDisk } from '../core/index.ts';
import {
  client,
  copyDisk,
  DIRECTORY,
  data,
  FaultyDisk,
  fileName,
  ListLogger,
  ManualClock,
  openLog,
  refusal,
} from './fixtures.ts';
import type { LogConfig, PartitionLog } from './index.ts';

const DAY = 24 * 3600 * 1000;
const noPause = async () => {};
const logsOf = (disk: MemoryDisk | FaultyDisk) => disk.list(DIRECTORY).filter((name) => name.endsWith('.log'));

/** Segments of two batches each, a day between the batches; all below the high watermark. */
function daily(config: Partial<LogConfig>, days: number, disk: MemoryDisk | FaultyDisk = new MemoryDisk()) {
  const clock = new ManualClock();
  const log = openLog({ disk, clock, config: { segmentBytes: 200, segmentMs: Number.POSITIVE_INFINITY, ...config } });
  for (let day = 0; day < days; day++) {
    log.append(data({ producerId: 1, sequence: day, timestamp: clock.time }), client);
    clock.time += DAY;
  }
  log.advanceHighWatermark(log.endOffset);
  return { clock, log, disk };
}

async function enforce(log: PartitionLog, clock: ManualClock): Promise<number> {
  const gone = log.enforceRetention(clock.time);
  await log.dropRetired(noPause);
  return gone;
}

test('segments whose newest record is too old go, whole ones only, the others stay', async () => {
  const { clock, log, disk } = daily({ retentionMs: 4 * DAY }, 8);
  // The newest record of the second segment is of day 3: five days old.
  assert.equal(await enforce(log, clock), 2);
  assert.equal(log.startOffset, 4);
  assert.deepEqual(logsOf(disk), [fileName(4), fileName(6)]);
  assert.equal(await enforce(log, clock), 0);
  assert.equal(
    refusal(() => log.read({ fromOffset: 3, maxBytes: 100, upTo: 8, minOneBatch: true })),
    'OFFSET_OUT_OF_RANGE',
  );
});

test('a log that is expired as a whole begins a new segment and keeps its end offset, over a restart too', async () => {
  const { clock, log, disk } = daily({ retentionMs: DAY }, 5);
  clock.time += 30 * DAY;
  assert.equal(await enforce(log, clock), 3);
  assert.deepEqual([log.startOffset, log.endOffset, log.sizeInBytes], [5, 5, 0]);
  assert.equal(await enforce(log, clock), 0);
  await log.close();
  const again = openLog({ disk, clock });
  assert.deepEqual([again.startOffset, again.endOffset], [5, 5]);
  // What the producer did outlives its records.
  assert.equal(again.append(data({ producerId: 1, sequence: 4 }), client).duplicate, true);
  assert.equal(again.append(data({ producerId: 1, sequence: 5 }), client).baseOffset, 5);
});

test('the oldest segments go while what is left has retention.bytes', async () => {
  const { clock, log } = daily({ retentionMs: -1 }, 10);
  const each = log.sizeInBytes / 5;
  log.configure({ retentionBytes: Math.ceil(each * 2.5) });
  assert.equal(await enforce(log, clock), 2);
  log.configure({ retentionBytes: 0 });
  assert.equal(await enforce(log, clock), 3);
  assert.deepEqual([log.startOffset, log.endOffset], [10, 10]);
});

test('nothing goes at or beyond the high watermark, nor without the policy, nor from the future', async () => {
  const clock = new ManualClock();
  const config = { segmentBytes: 200, retentionMs: DAY, retentionBytes: 0 };
  const log = openLog({ clock, config });
  for (let at = 0; at < 6; at++) log.append(data({ timestamp: clock.time }), client);
  clock.time += 9 * DAY;
  assert.equal(await enforce(log, clock), 0);
  log.advanceHighWatermark(3);
  log.configure({ deletes: false });
  assert.equal(await enforce(log, clock), 0);
  log.configure({ deletes: true });
  assert.equal(await enforce(log, clock), 1);
  assert.equal(log.startOffset, 2);
  log.advanceHighWatermark(6);
  log.configure({ retentionBytes: -1 });
  clock.time -= 20 * DAY;
  assert.equal(await enforce(log, clock), 0);
});

test('what DeleteRecords took stays away after a restart, from any checkpoint', async () => {
  const { clock, log, disk } = daily({ retentionMs: -1 }, 8);
  log.advanceStartOffset(5);
  const before = copyDisk(disk);
  await log.dropRetired(noPause);
  assert.deepEqual(logsOf(disk), [fileName(4), fileName(6)]);
  for (const left of [before, disk]) {
    const again = openLog({ disk: left, clock, logStartOffset: 5 });
    assert.deepEqual([again.startOffset, again.endOffset], [5, 8]);
    assert.deepEqual(logsOf(left), [fileName(4), fileName(6)]);
    for (let sequence = 3; sequence < 8; sequence++) {
      assert.equal(again.append(data({ producerId: 1, sequence }), client).duplicate, true);
    }
  }
});

test('a log that ends before its start begins anew there: no offset is given twice', () => {
  const { clock, log, disk } = daily({ retentionMs: -1 }, 4);
  assert.equal(log.endOffset, 4);
  const logger = new ListLogger();
  const again = openLog({ disk, clock, logger, logStartOffset: 9 });
  assert.deepEqual([again.startOffset, again.endOffset], [9, 9]);
  assert.equal(again.append(data(), client).baseOffset, 9);
  assert.deepEqual(logger.levels(), ['warn']);
});

test('files of deleted segments stay for file.delete.delay.ms, and a restart removes them', async () => {
  const { clock, log, disk } = daily({ retentionMs: 4 * DAY, fileDeleteDelayMs: 60_000 }, 8);
  await enforce(log, clock);
  const doomed = () => disk.list(DIRECTORY).filter((name) => name.endsWith('.deleted'));
  assert.ok(doomed().includes(`${fileName(0)}.deleted`) && doomed().includes(`${fileName(2, 'timeindex')}.deleted`));
  assert.equal(log.removeDeletedFiles(), false);
  clock.time += 60_000;
  assert.equal(log.removeDeletedFiles(), true);
  assert.ok(!doomed().includes(`${fileName(0)}.deleted`));
  assert.ok(log.hasDeletedFiles);
  const again = openLog({ disk, clock });
  assert.deepEqual(doomed(), []);
  assert.equal(again.startOffset, 4);
});

test('a device that refuses to delete takes the log offline, with the cause', async () => {
  const disk = new FaultyDisk();
  const { clock, log } = daily({ retentionMs: DAY }, 6, disk);
  assert.ok(log.enforceRetention(clock.time) > 0);
  disk.renameFails = true;
  await assert.rejects(log.dropRetired(noPause), { code: 'KAFKA_STORAGE_ERROR', message: /EIO|rename/ });
  assert.equal(
    refusal(() => log.append(data(), client)),
    'KAFKA_STORAGE_ERROR',
  );
  disk.renameFails = false;
  assert.equal(openLog({ disk, clock }).endOffset, 6);
});
