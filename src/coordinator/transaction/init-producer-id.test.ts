import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decideInitProducerId } from './init-producer-id.ts';
import { NO_PARTITIONS, type TransactionMetadata } from './transaction-metadata.ts';
import type { TransactionState } from './transaction-state.ts';

const NOW = 1_000_000;
const PID = 7;
const EPOCH = 5;
const idle: readonly TransactionState[] = ['Empty', 'CompleteCommit', 'CompleteAbort'];

function metadata(state: TransactionState, more: Partial<TransactionMetadata> = {}): TransactionMetadata {
  return {
    state,
    producerId: PID,
    producerEpoch: EPOCH,
    previousProducerId: -1,
    nextProducerId: -1,
    transactionTimeoutMs: 60_000,
    clientTransactionVersion: 0,
    partitions: NO_PARTITIONS,
    startTimestamp: 900_000,
    lastUpdateTimestamp: 950_000,
    ...more,
  };
}

const fresh = { transactionTimeoutMs: 30_000, expected: undefined };
const asking = (producerId: number, producerEpoch: number) => ({
  transactionTimeoutMs: 30_000,
  expected: { producerId, producerEpoch },
});
const takeNone = () => assert.fail('no producer id was needed');

describe('InitProducerId of a transactional id', () => {
  it('gives a new one a fresh producer id and epoch 0, whatever the client believes to have', () => {
    for (const demand of [fresh, asking(3, 2)]) {
      const verdict = decideInitProducerId(undefined, demand, NOW, () => 42);
      assert.deepEqual([verdict.error, verdict.producerId, verdict.producerEpoch], ['NONE', 42, 0]);
      assert.equal(verdict.write?.state, 'Empty');
      assert.equal(verdict.write.transactionTimeoutMs, 30_000);
    }
  });

  it('comes again when no producer id is at hand', () => {
    const verdict = decideInitProducerId(undefined, fresh, NOW, () => undefined);
    assert.deepEqual([verdict.error, verdict.write], ['COORDINATOR_LOAD_IN_PROGRESS', undefined]);
  });

  for (const state of idle) {
    it(`bumps the epoch in ${state}, and fences everyone before`, () => {
      const verdict = decideInitProducerId(metadata(state), fresh, NOW, takeNone);
      assert.deepEqual([verdict.error, verdict.producerId, verdict.producerEpoch], ['NONE', PID, EPOCH + 1]);
      assert.equal(verdict.write?.state, 'Empty');
      for (const epoch of [EPOCH - 1, EPOCH]) {
        assert.equal(
          decideInitProducerId(verdict.write, asking(PID, epoch), NOW, takeNone).error,
          'PRODUCER_FENCED',
          `epoch ${epoch}`,
        );
      }
    });

    it(`bumps the epoch in ${state} for the current producer, and answers its retry alike`, () => {
      const first = decideInitProducerId(metadata(state), asking(PID, EPOCH), NOW, takeNone);
      assert.deepEqual([first.error, first.producerEpoch], ['NONE', EPOCH + 1]);
      const retry = decideInitProducerId(first.write, asking(PID, EPOCH), NOW, takeNone);
      assert.deepEqual([retry.error, retry.producerId, retry.producerEpoch], ['NONE', PID, EPOCH + 1]);
      const again = decideInitProducerId(retry.write, asking(PID, EPOCH), NOW, takeNone);
      assert.deepEqual([again.error, again.producerEpoch], ['NONE', EPOCH + 1]);
    });

    it(`fences in ${state} whoever expects another id or epoch`, () => {
      for (const demand of [asking(PID, EPOCH - 1), asking(PID, EPOCH + 1), asking(PID + 1, EPOCH), asking(0, 0)]) {
        const verdict = decideInitProducerId(metadata(state), demand, NOW, takeNone);
        assert.deepEqual([verdict.error, verdict.write], ['PRODUCER_FENCED', undefined]);
      }
    });

    it(`goes on with a fresh producer id when the epoch in ${state} is used up`, () => {
      const used = metadata(state, { producerEpoch: 32_766 });
      const verdict = decideInitProducerId(used, fresh, NOW, () => 42);
      assert.deepEqual([verdict.error, verdict.producerId, verdict.producerEpoch], ['NONE', 42, 0]);
      const zombie = decideInitProducerId(verdict.write, asking(PID, 32_766), NOW, takeNone);
      assert.equal(zombie.error, 'PRODUCER_FENCED');
      const fenced = metadata(state, { producerEpoch: 32_767 });
      assert.equal(decideInitProducerId(fenced, fresh, NOW, () => 42).producerId, 42);
    });

    it(`answers a retry of that rotation in ${state} alike`, () => {
      const used = metadata(state, { producerEpoch: 32_766 });
      const first = decideInitProducerId(used, asking(PID, 32_766), NOW, () => 42);
      const retry = decideInitProducerId(first.write, asking(PID, 32_766), NOW, takeNone);
      assert.deepEqual([retry.error, retry.producerId, retry.producerEpoch], ['NONE', 42, 0]);
    });
  }

  it('bumps from 32765 to 32766, the last one', () => {
    const verdict = decideInitProducerId(metadata('Empty', { producerEpoch: 32_765 }), fresh, NOW, takeNone);
    assert.deepEqual([verdict.producerId, verdict.producerEpoch], [PID, 32_766]);
  });

  for (const state of ['PrepareCommit', 'PrepareAbort'] as const) {
    it(`lets everybody wait in ${state}`, () => {
      for (const demand of [fresh, asking(PID, EPOCH), asking(99, 0)]) {
        const verdict = decideInitProducerId(metadata(state), demand, NOW, takeNone);
        assert.deepEqual([verdict.error, verdict.write], ['CONCURRENT_TRANSACTIONS', undefined]);
      }
    });
  }

  it('fences and aborts an ongoing transaction, and lets the client come again', () => {
    for (const demand of [fresh, asking(PID, EPOCH)]) {
      const verdict = decideInitProducerId(metadata('Ongoing'), demand, NOW, takeNone);
      assert.equal(verdict.error, 'CONCURRENT_TRANSACTIONS');
      assert.equal(verdict.write?.state, 'PrepareAbort');
      assert.equal(verdict.write.producerEpoch, EPOCH + 1);
    }
  });

  it('aborts an ongoing transaction with the last usable epoch too', () => {
    const ongoing = metadata('Ongoing', { producerEpoch: 32_766 });
    assert.equal(decideInitProducerId(ongoing, fresh, NOW, takeNone).write?.producerEpoch, 32_767);
  });

  it('does not let a zombie abort what its successor has begun', () => {
    for (const demand of [asking(PID, EPOCH - 1), asking(PID - 1, 32_766)]) {
      const verdict = decideInitProducerId(metadata('Ongoing'), demand, NOW, takeNone);
      assert.deepEqual([verdict.error, verdict.write], ['PRODUCER_FENCED', undefined]);
    }
  });
});
