import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Clock,
  type Disk,
  type DiskFile,
  KafkaError,
  MemoryDisk,
  ONE_UUID,
  silentLogger,
} from '../../core/index.ts';
import { defaultLogConfig, type LogConfig, PartitionLog } from '../../log/index.ts';
import { encodeBatch } from '../../records/index.ts';
import { Partition } from './partition.ts';

const clock: Clock = { now: () => 1_700_000_000_000, monotonic: () => 0 };

function open(leaderEpoch: number, disk: Disk = new MemoryDisk(), config: Partial<LogConfig> = {}): Partition {
  const log = PartitionLog.open({
    disk,
    clock,
    directory: '/data/orders-0',
    config: { ...defaultLogConfig, ...config },
  });
  const place = { topic: 'orders', topicId: ONE_UUID, index: 0 };
  return new Partition({ ...place, leaderEpoch, log, logger: silentLogger, syncAcksAll: false });
}

function append(partition: Partition, count: number): void {
  const records = Array.from({ length: count }, () => ({ key: null, value: 'v', headers: [], timestamp: 0 }));
  partition.append(encodeBatch({ records }), 1, { origin: 'client' });
}

function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (KafkaError.is(error)) return error.code;
    throw error;
  }
  return 'NONE';
}

test('the current epoch ends at the end of the log, though nothing was appended in it', () => {
  const partition = open(3);
  assert.deepEqual(partition.endOffsetForEpoch(3), { epoch: 3, endOffset: 0 });
  assert.deepEqual(partition.endOffsetForEpoch(1), { epoch: 1, endOffset: 0 });
  assert.equal(partition.endOffsetForEpoch(4), undefined);
  assert.equal(partition.endOffsetForEpoch(-1), undefined);
});

test('an earlier epoch ends where a later one begins, with or without records of that', () => {
  const partition = open(1);
  append(partition, 2);
  partition.leaderEpoch = 4;
  // Epoch 4 has begun at 2, and 2 and 3 never were.
  for (const epoch of [1, 2, 3]) assert.deepEqual(partition.endOffsetForEpoch(epoch), { epoch: 1, endOffset: 2 });
  append(partition, 3);
  for (const epoch of [1, 2, 3]) assert.deepEqual(partition.endOffsetForEpoch(epoch), { epoch: 1, endOffset: 2 });
  assert.deepEqual(partition.endOffsetForEpoch(4), { epoch: 4, endOffset: 5 });
  partition.leaderEpoch = 5;
  assert.deepEqual(partition.endOffsetForEpoch(4), { epoch: 4, endOffset: 5 });
});

test('records are deleted up to an offset that exists, or up to the high watermark', () => {
  const partition = open(0);
  append(partition, 5);
  assert.equal(partition.deleteRecords(2), 2);
  assert.equal(partition.deleteRecords(1), 2);
  for (const offset of [6, -2])
    assert.equal(
      refusal(() => partition.deleteRecords(offset)),
      'OFFSET_OUT_OF_RANGE',
    );
  assert.equal(partition.log.startOffset, 2);
  assert.equal(partition.deleteRecords(-1), 5);
});

test('a partition that has failed refuses to delete, too', () => {
  const partition = open(0);
  partition.failed(new Error('the disk is gone'));
  assert.equal(
    refusal(() => partition.deleteRecords(0)),
    'KAFKA_STORAGE_ERROR',
  );
});

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('flush.messages: once so many records wait for a sync one begins, whatever the acks', async () => {
  const partition = open(0, new MemoryDisk(), { flushMessages: 3 });
  append(partition, 2);
  await turn();
  assert.equal(partition.log.flushedOffset, 0);
  append(partition, 2);
  await turn();
  assert.equal(partition.log.flushedOffset, 4);
  append(partition, 1);
  await turn();
  assert.equal(partition.log.flushedOffset, 4);
});

/** Its syncs wait until they are let. */
class WaitingDisk extends MemoryDisk {
  private readonly gate = Promise.withResolvers<void>();
  readonly letSync = () => this.gate.resolve();

  override open(...args: Parameters<MemoryDisk['open']>): DiskFile {
    const file = super.open(...args);
    const sync = file.sync.bind(file);
    file.sync = () => this.gate.promise.then(sync);
    return file;
  }
}

test('flush.messages: what comes while a sync is running is synced after it', async () => {
  const disk = new WaitingDisk();
  const partition = open(0, disk, { flushMessages: 3 });
  append(partition, 3);
  await turn();
  append(partition, 3);
  append(partition, 3);
  await turn();
  assert.equal(partition.log.flushedOffset, 0);
  disk.letSync();
  for (let turns = 0; turns < 5; turns++) await turn();
  assert.equal(partition.log.flushedOffset, 9);
});

test('flush.ms: the upkeep syncs what has waited so long, and nothing else', async () => {
  for (const [flushMs, flushed] of [
    [0, 2],
    [1, 0],
  ] as const) {
    const partition = open(0, new MemoryDisk(), { flushMs });
    append(partition, 2);
    partition.flushOld();
    await turn();
    assert.equal(partition.log.flushedOffset, flushed);
  }
});
