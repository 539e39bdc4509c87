import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryDisk, silentLogger } from '../../core/index.ts';
import { defaultLogConfig, PartitionLog } from '../../log/index.ts';
import { nodePorts } from '../../node/index.ts';
import { encodeBatch, encodeControlBatch } from '../../records/index.ts';
import { Partition, READ_COMMITTED, READ_UNCOMMITTED } from './partition.ts';
import { WaitingFetches } from './waiting-fetches.ts';

const { clock, timers } = nodePorts();
const PRODUCER = { producerId: 1, producerEpoch: 0 };

function open(): Partition {
  const config = { ...defaultLogConfig, transactionPartitionVerificationEnable: false };
  const log = PartitionLog.open({ disk: new MemoryDisk(), clock, directory: '/p', config });
  return new Partition({
    topic: 't',
    topicId: 'AAAAAAAAAAAAAAAAAAAAEA',
    index: 0,
    leaderEpoch: 0,
    log,
    logger: silentLogger,
    syncAcksAll: true,
  });
}

const batch = (options: object = {}) =>
  encodeBatch({ records: [{ timestamp: 1, key: null, value: 'v'.repeat(50) }], ...options });

/** Resolves with how the fetch was answered: because of what came, or because its time was up. */
function wait(partition: Partition, isolationLevel: number, missingBytes: number): Promise<'bytes' | 'time'> {
  const from = partition.readLimit(isolationLevel);
  return new Promise((resolve) => {
    new WaitingFetches(timers).wait({
      partitions: [partition],
      isolationLevel,
      missingBytes,
      maxWaitMs: 1000,
      attempt: (final) => {
        const { length } = partition.log.read({
          fromOffset: from,
          maxBytes: 10_000,
          upTo: partition.readLimit(isolationLevel),
          minOneBatch: true,
        });
        if (!final && length < missingBytes) return false;
        resolve(final ? 'time' : 'bytes');
        return true;
      },
    });
  });
}

describe('a fetch that waits', () => {
  it('is answered by what is appended after it came', async () => {
    const partition = open();
    const waiting = wait(partition, READ_UNCOMMITTED, 1);
    partition.append(batch(), -1, { origin: 'client' });
    assert.equal(await waiting, 'bytes');
  });

  it('is answered by what was appended before it came, once that is synced', async () => {
    const partition = open();
    partition.append(batch(), -1, { origin: 'client' });
    assert.equal(partition.highWatermark, 0, 'not synced yet');
    assert.equal(await wait(partition, READ_UNCOMMITTED, 1), 'bytes');
  });

  it('is answered by a transaction that was open when it came, once that has ended', async () => {
    const partition = open();
    partition.append(batch({ ...PRODUCER, baseSequence: 0, transactional: true }), 1, { origin: 'client' });
    const waiting = wait(partition, READ_COMMITTED, 150);
    const marker = encodeControlBatch({ kind: 'commit', coordinatorEpoch: 0, ...PRODUCER, timestamp: 1 });
    partition.append(marker, 1, { origin: 'coordinator' });
    assert.equal(await waiting, 'bytes');
  });
});
