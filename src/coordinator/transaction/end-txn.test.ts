import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ErrorName, errorName } from '../../core/index.ts';
import { complete, decideEndTxnV1, decideEndTxnV2 } from './end-txn.ts';
import { isPrevious, NO_PARTITIONS, type TransactionMetadata } from './transaction-metadata.ts';
import { isPrepared, type TransactionState } from './transaction-state.ts';
import type { Verdict } from './verdict.ts';

const NOW = 1_000_000;
const PID = 7;
const EPOCH = 5;
const PARTITIONS = new Map([['orders', [0, 2]]]);

type Cell = number | 'OK' | 'write';

function metadata(state: TransactionState, more: Partial<TransactionMetadata> = {}): TransactionMetadata {
  return {
    state,
    producerId: PID,
    producerEpoch: EPOCH,
    previousProducerId: PID,
    nextProducerId: -1,
    transactionTimeoutMs: 60_000,
    clientTransactionVersion: 2,
    partitions: state === 'Ongoing' || isPrepared(state) ? PARTITIONS : NO_PARTITIONS,
    startTimestamp: 900_000,
    lastUpdateTimestamp: 950_000,
    ...more,
  };
}

/** A verdict in the notation of the tables. */
function cellOf(verdict: Verdict): Cell {
  if (verdict.write !== undefined) {
    assert.equal(verdict.error, 'NONE');
    return 'write';
  }
  return verdict.error === 'NONE' ? 'OK' : codes[verdict.error]!;
}
const codes: Partial<Record<ErrorName, number>> = Object.fromEntries(
  [48, 49, 51, 90].map((code) => [errorName(code), code]),
);

const takeNone = () => assert.fail('no producer id was needed');

describe('EndTxn of TV1', () => {
  const table: [TransactionState, abort: Cell, commit: Cell][] = [
    ['Ongoing', 'write', 'write'],
    ['Empty', 48, 48],
    ['PrepareAbort', 51, 51],
    ['PrepareCommit', 51, 51],
    ['CompleteAbort', 'OK', 48],
    ['CompleteCommit', 48, 'OK'],
  ];
  for (const [state, abort, commit] of table) {
    for (const [kind, expected] of [
      ['abort', abort],
      ['commit', commit],
    ] as const) {
      it(`${kind} in ${state}: ${expected}`, () => {
        const current = metadata(state, { clientTransactionVersion: 0, previousProducerId: -1 });
        const verdict = decideEndTxnV1(current, { producerId: PID, producerEpoch: EPOCH, kind }, NOW);
        assert.equal(cellOf(verdict), expected);
        if (expected !== 'write') return;
        assert.equal(verdict.write?.state, kind === 'commit' ? 'PrepareCommit' : 'PrepareAbort');
        assert.equal(verdict.write.producerEpoch, EPOCH);
        assert.equal(verdict.write.partitions, PARTITIONS);
      });
      it(`${kind} in ${state} with another epoch: 90, with another id: 49`, () => {
        const current = metadata(state);
        for (const producerEpoch of [EPOCH - 1, EPOCH + 1]) {
          assert.equal(cellOf(decideEndTxnV1(current, { producerId: PID, producerEpoch, kind }, NOW)), 90);
        }
        const stranger = { producerId: PID + 1, producerEpoch: EPOCH, kind };
        assert.equal(cellOf(decideEndTxnV1(current, stranger, NOW)), 49);
      });
    }
  }

  it('of an unknown transactional id: 49', () => {
    const demand = { producerId: PID, producerEpoch: EPOCH, kind: 'commit' } as const;
    assert.equal(cellOf(decideEndTxnV1(undefined, demand, NOW)), 49);
  });

  it('takes a transaction that TV2 began to be its own', () => {
    const demand = { producerId: PID, producerEpoch: EPOCH, kind: 'commit' } as const;
    const verdict = decideEndTxnV1(metadata('Ongoing', { clientTransactionVersion: 2 }), demand, NOW);
    assert.equal(verdict.write?.clientTransactionVersion, 0);
  });
});

describe('EndTxn of TV2', () => {
  const table: [TransactionState, abortR: Cell, abortC: Cell, commitR: Cell, commitC: Cell][] = [
    ['Ongoing', 90, 'write', 90, 'write'],
    ['Empty', 90, 'write', 90, 48],
    ['PrepareAbort', 51, 51, 51, 51],
    ['PrepareCommit', 51, 51, 51, 51],
    ['CompleteAbort', 'OK', 'write', 48, 48],
    ['CompleteCommit', 48, 'write', 'OK', 48],
  ];
  for (const [state, abortR, abortC, commitR, commitC] of table) {
    const cells = [
      ['abort', 'retry', abortR],
      ['abort', 'current', abortC],
      ['commit', 'retry', commitR],
      ['commit', 'current', commitC],
    ] as const;
    for (const [kind, who, expected] of cells) {
      it(`${kind} by the ${who} epoch in ${state}: ${expected}`, () => {
        const producerEpoch = who === 'retry' ? EPOCH - 1 : EPOCH;
        const verdict = decideEndTxnV2(metadata(state), { producerId: PID, producerEpoch, kind }, NOW, takeNone);
        assert.equal(cellOf(verdict), expected);
        if (expected === 'OK') assert.deepEqual([verdict.producerId, verdict.producerEpoch], [PID, EPOCH]);
        if (expected !== 'write') return;
        assert.deepEqual([verdict.producerId, verdict.producerEpoch], [PID, EPOCH + 1]);
        assert.equal(verdict.write?.state, kind === 'commit' ? 'PrepareCommit' : 'PrepareAbort');
        assert.equal(verdict.write.producerEpoch, EPOCH + 1);
        assert.equal(verdict.write.startTimestamp, state === 'Ongoing' ? 900_000 : NOW);
        assert.ok(isPrevious(verdict.write, PID, EPOCH), 'a retry is known as one');
      });
    }
    const busy = isPrepared(state);
    it(`in ${state} by any other epoch: ${busy ? 51 : 90}, by another id: ${busy ? 51 : 49}`, () => {
      for (const kind of ['abort', 'commit'] as const) {
        for (const producerEpoch of [EPOCH - 2, EPOCH + 1]) {
          const zombie = { producerId: PID, producerEpoch, kind };
          assert.equal(cellOf(decideEndTxnV2(metadata(state), zombie, NOW, takeNone)), busy ? 51 : 90);
        }
        const stranger = { producerId: PID + 1, producerEpoch: EPOCH, kind };
        assert.equal(cellOf(decideEndTxnV2(metadata(state), stranger, NOW, takeNone)), busy ? 51 : 49);
      }
    });
    it(`in ${state} by the epoch before, when that was fenced and not merely bumped: ${busy ? 51 : 90}`, () => {
      for (const kind of ['abort', 'commit'] as const) {
        const fenced = metadata(state, { previousProducerId: -1 });
        const zombie = { producerId: PID, producerEpoch: EPOCH - 1, kind };
        assert.equal(cellOf(decideEndTxnV2(fenced, zombie, NOW, takeNone)), busy ? 51 : 90);
      }
    });
  }

  it('of an unknown transactional id: 49', () => {
    const demand = { producerId: PID, producerEpoch: EPOCH, kind: 'commit' } as const;
    assert.equal(cellOf(decideEndTxnV2(undefined, demand, NOW, takeNone)), 49);
  });
});

describe('EndTxn of TV2 with the last usable epoch (32766)', () => {
  const current = metadata('Ongoing', { producerEpoch: 32_766, previousProducerId: -1 });
  const commit = { producerId: PID, producerEpoch: 32_766, kind: 'commit' } as const;

  it('marks with 32767, and goes on with the next producer id and epoch 0', () => {
    const verdict = decideEndTxnV2(current, commit, NOW, () => 99);
    assert.deepEqual([verdict.producerId, verdict.producerEpoch], [99, 0]);
    const prepared = verdict.write!;
    assert.deepEqual([prepared.producerId, prepared.producerEpoch, prepared.nextProducerId], [PID, 32_767, 99]);
    const completed = complete(prepared, NOW);
    assert.deepEqual(
      [completed.producerId, completed.producerEpoch, completed.previousProducerId, completed.nextProducerId],
      [99, 0, PID, -1],
    );
  });

  it('knows a retry before and after the rotation', () => {
    const prepared = decideEndTxnV2(current, commit, NOW, () => 99).write!;
    assert.equal(cellOf(decideEndTxnV2(prepared, commit, NOW, takeNone)), 51);
    assert.equal(cellOf(decideEndTxnV2(prepared, { ...commit, kind: 'abort' }, NOW, takeNone)), 51);
    const completed = complete(prepared, NOW);
    const again = decideEndTxnV2(completed, commit, NOW, takeNone);
    assert.deepEqual([again.error, again.producerId, again.producerEpoch], ['NONE', 99, 0]);
    assert.equal(cellOf(decideEndTxnV2(completed, { ...commit, kind: 'abort' }, NOW, takeNone)), 48);
  });

  it('lets the next producer id wait while the transaction is completed', () => {
    const prepared = decideEndTxnV2(current, commit, NOW, () => 99).write!;
    const next = { producerId: 99, producerEpoch: 0, kind: 'abort' } as const;
    assert.equal(cellOf(decideEndTxnV2(prepared, next, NOW, takeNone)), 51);
  });

  it('is put off while no producer id is at hand', () => {
    const verdict = decideEndTxnV2(current, commit, NOW, () => undefined);
    assert.deepEqual([verdict.error, verdict.write], ['COORDINATOR_LOAD_IN_PROGRESS', undefined]);
  });
});
