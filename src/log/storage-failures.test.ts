import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KafkaError } from '../core/index.ts';
import { client, DIRECTORY, data, FaultyDisk, fileBytes, fileName, ListLogger, openLog, refusal } from './fixtures.ts';

const code = (error: unknown) => KafkaError.is(error) && error.code === 'KAFKA_STORAGE_ERROR';

test('a batch that finds no space leaves the log as it was, at every byte of it', () => {
  const disk = new FaultyDisk();
  const log = openLog({ disk });
  log.append(data({ producerId: 1, sequence: 0 }), client);
  const size = log.sizeInBytes;
  for (let room = 0; room < size; room++) {
    disk.room = room;
    assert.equal(
      refusal(() => log.append(data({ producerId: 1, sequence: 1 }), client)),
      'KAFKA_STORAGE_ERROR',
    );
    assert.equal(fileBytes(disk, fileName(0)).length, size);
    assert.deepEqual([log.endOffset, log.sizeInBytes, log.failed], [1, size, undefined]);
    assert.equal(log.activeProducers()[0]!.lastSequence, 0);
  }
  disk.room = Number.POSITIVE_INFINITY;
  log.append(data({ producerId: 1, sequence: 1 }), client);
  assert.equal(openLog({ disk }).endOffset, 2);
});

test('a write that fails otherwise ends the log for good, half a batch is never served', () => {
  for (const [writeError, truncateFails] of [
    ['EIO', false],
    ['ENOSPC', true],
  ] as const) {
    const disk = new FaultyDisk();
    const logger = new ListLogger();
    const log = openLog({ disk, logger });
    log.append(data(), client);
    disk.room = 30;
    disk.writeError = writeError;
    disk.truncateFails = truncateFails;
    assert.equal(
      refusal(() => log.append(data(), client)),
      'KAFKA_STORAGE_ERROR',
    );
    disk.room = Number.POSITIVE_INFINITY;
    disk.truncateFails = false;
    for (const use of [
      () => log.append(data(), client),
      () => log.read({ fromOffset: 0, maxBytes: 100, upTo: 1, minOneBatch: true }),
      () => log.offsetForTimestamp(0, 1),
    ]) {
      assert.equal(refusal(use), 'KAFKA_STORAGE_ERROR');
    }
    assert.deepEqual(logger.levels(), ['error']);
    assert.equal(openLog({ disk }).endOffset, 1);
  }
});

test('a segment that cannot be made refuses the batch and leaves the old one active', () => {
  const disk = new FaultyDisk();
  const log = openLog({ disk, config: { segmentBytes: 200 } });
  log.append(data(), client);
  log.append(data(), client);
  disk.openFails = fileName(2);
  assert.equal(
    refusal(() => log.append(data(), client)),
    'KAFKA_STORAGE_ERROR',
  );
  assert.deepEqual([log.endOffset, log.failed], [2, undefined]);
  disk.openFails = undefined;
  assert.equal(log.append(data(), client).baseOffset, 2);
});

test('an epoch that cannot be recorded refuses the batch', () => {
  const disk = new FaultyDisk();
  const log = openLog({ disk });
  log.append(data(), client);
  disk.room = 3;
  assert.equal(
    refusal(() => log.append(data(), { ...client, leaderEpoch: 1 })),
    'KAFKA_STORAGE_ERROR',
  );
  assert.equal(log.latestLeaderEpoch, 0);
  disk.room = Number.POSITIVE_INFINITY;
  log.append(data(), { ...client, leaderEpoch: 1 });
  assert.equal(log.latestLeaderEpoch, 1);
});

test('an index that cannot be written costs a warning, not the batch', async () => {
  const disk = new FaultyDisk();
  const logger = new ListLogger();
  const log = openLog({ disk, logger, config: { segmentBytes: 200 } });
  log.append(data(), client);
  log.append(data(), client);
  disk.openFails = 'timeindex';
  log.append(data(), client);
  await log.flush();
  assert.ok(logger.lines.length > 0 && logger.levels().every((level) => level === 'warn'));
  assert.equal(log.endOffset, 3);
  // What could not be written is not vouched for.
  assert.equal(log.recoveryPoint, 0);
  disk.openFails = undefined;
  assert.equal(openLog({ disk, recoveryPoint: log.recoveryPoint }).endOffset, 3);
});

test('all that wait share one sync, and one sync runs at a time', async () => {
  const disk = new FaultyDisk();
  const log = openLog({ disk });
  log.append(data(), client);
  disk.holdSyncs = true;
  const first = log.flush();
  log.append(data(), client);
  const second = log.flush();
  log.append(data(), client);
  const third = log.flush();
  assert.equal(disk.syncs, 1);
  assert.equal(log.flushedOffset, 0);
  disk.release();
  assert.equal(await first, 1);
  // What was appended while the first sync ran is not covered by it.
  assert.equal(log.flushedOffset, 1);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(disk.syncs, 2);
  disk.release();
  assert.deepEqual(await Promise.all([second, third]), [3, 3]);
  assert.equal(await log.flush(), 3);
  assert.equal(disk.syncs, 2);
  assert.equal(disk.syncsRunningMax, 1);
});

test('a sync that fails is never tried again: all that wait are told, and all that come', async () => {
  const disk = new FaultyDisk();
  const log = openLog({ disk });
  log.append(data(), client);
  disk.holdSyncs = true;
  const first = log.flush();
  log.append(data(), client);
  const second = log.flush();
  disk.syncFails = true;
  disk.release();
  await assert.rejects(first, code);
  disk.syncFails = false;
  await assert.rejects(second, code);
  await assert.rejects(log.flush(), code);
  assert.equal(disk.syncs, 1);
  assert.equal(log.flushedOffset, 0);
  assert.equal(
    refusal(() => log.append(data(), client)),
    'KAFKA_STORAGE_ERROR',
  );
  await log.close();
});

test('a new segment is relied on only when its name is on the device too', async () => {
  const disk = new FaultyDisk();
  const log = openLog({ disk, config: { segmentBytes: 200 } });
  log.append(data(), client);
  await log.flush();
  disk.calls.length = 0;
  log.append(data(), client);
  await log.flush();
  assert.deepEqual(disk.calls, [`sync ${DIRECTORY}/${fileName(0)}`]);
  disk.calls.length = 0;
  log.append(data(), client);
  await log.flush();
  assert.ok(disk.calls.includes(`sync ${DIRECTORY}/${fileName(0)}`));
  assert.ok(disk.calls.includes(`sync ${DIRECTORY}/${fileName(2)}`));
  assert.equal(disk.calls.at(-1), `syncDirectory ${DIRECTORY}`);
  assert.equal(log.recoveryPoint, 2);
});

test('a closed log refuses everything; closing waits for the sync that runs', async () => {
  const disk = new FaultyDisk();
  const log = openLog({ disk });
  log.append(data(), client);
  disk.holdSyncs = true;
  const flushed = log.flush();
  const closed = log.close();
  disk.holdSyncs = false;
  disk.release();
  assert.equal(await flushed, 1);
  await closed;
  assert.equal(
    refusal(() => log.append(data(), client)),
    'KAFKA_STORAGE_ERROR',
  );
  await assert.rejects(log.flush(), code);
});

test('a deleted log frees its name at once, also while a sync runs', async () => {
  const disk = new FaultyDisk();
  const log = openLog({ disk, topicId: 'AAAAAAAAAAAAAAAAAAAAAg' });
  log.append(data(), client);
  disk.holdSyncs = true;
  const flushed = log.flush();
  const deleted = log.delete();
  const next = openLog({ disk, topicId: 'AAAAAAAAAAAAAAAAAAAAAw' });
  assert.equal(next.endOffset, 0);
  next.append(data({ count: 2 }), client);
  disk.holdSyncs = false;
  disk.release();
  await flushed;
  await deleted;
  assert.deepEqual(disk.list('/data'), ['flights-0']);
  assert.equal(next.endOffset, 2);
  assert.equal(next.read({ fromOffset: 0, maxBytes: 1000, upTo: 2, minOneBatch: true }).length, next.sizeInBytes);
});
