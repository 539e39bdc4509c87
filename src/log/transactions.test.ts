import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeBatch, verifyBatch } from '../records/index.ts';
import { appendMarker, appendTransactional, client, coordinator, data, openLog, refusal } from './fixtures.ts';

test('the last stable offset stays before the oldest transaction that may still be undone', () => {
  const log = openLog();
  log.append(data(), client);
  appendTransactional(log, { producerId: 1 });
  appendTransactional(log, { producerId: 2 });
  assert.equal(log.lastStableOffset, 0);
  log.advanceHighWatermark(3);
  assert.equal(log.lastStableOffset, 1);
  appendMarker(log, { producerId: 1 });
  // Its marker is not below the high watermark yet.
  assert.equal(log.lastStableOffset, 1);
  log.advanceHighWatermark(4);
  assert.equal(log.lastStableOffset, 2);
  appendMarker(log, { producerId: 2, kind: 'abort' });
  log.append(data(), client);
  log.advanceHighWatermark(5);
  assert.equal(log.lastStableOffset, 5);
  log.advanceHighWatermark(3);
  assert.equal(log.highWatermark, 5);
  log.advanceHighWatermark(99);
  assert.equal(log.highWatermark, 6);
});

test('the last stable offset is never before the start of the log', () => {
  const log = openLog();
  appendTransactional(log, { producerId: 1 });
  appendTransactional(log, { producerId: 2 });
  log.append(data(), client);
  log.advanceHighWatermark(3);
  log.advanceStartOffset(1);
  assert.equal(log.lastStableOffset, 1);
  log.advanceStartOffset(2);
  assert.equal(log.lastStableOffset, 2);
  appendMarker(log, { producerId: 1 });
  appendMarker(log, { producerId: 2 });
  log.advanceHighWatermark(5);
  assert.equal(log.lastStableOffset, 5);
});

test('the marker of an empty transaction touches neither the last stable offset nor the aborted list', () => {
  const log = openLog();
  appendMarker(log, { producerId: 1, kind: 'abort' });
  appendTransactional(log, { producerId: 2 });
  appendMarker(log, { producerId: 1, kind: 'abort' });
  log.advanceHighWatermark(3);
  assert.equal(log.lastStableOffset, 1);
  assert.deepEqual(log.abortedTransactions(0, 3), []);
});

test('data needs an open transaction or a verified attempt', () => {
  const log = openLog();
  const batch = (sequence: number, epoch = 0) => data({ producerId: 1, sequence, epoch, transactional: true });
  assert.equal(
    refusal(() => log.append(batch(0), client)),
    'INVALID_TXN_STATE',
  );
  const verified = log.startVerification(1, 0, 0);
  assert.notEqual(verified, undefined);
  log.append(batch(0), { ...client, verified });
  assert.equal(log.startVerification(1, 0, 1), undefined);
  log.append(batch(1), client);
  // A plain batch of the same producer cannot lie inside its transaction.
  assert.equal(
    refusal(() => log.append(data({ producerId: 1, sequence: 2 }), client)),
    'INVALID_TXN_STATE',
  );
  appendMarker(log, { producerId: 1 });
  assert.equal(
    refusal(() => log.append(batch(2), client)),
    'INVALID_TXN_STATE',
  );
  // The epoch is looked at first.
  appendMarker(log, { producerId: 1, epoch: 4, version: 2 });
  assert.equal(
    refusal(() => log.append(batch(2), client)),
    'INVALID_PRODUCER_EPOCH',
  );
});

test('a verification that was overtaken by data or a marker opens nothing', () => {
  const log = openLog();
  const batch = (sequence: number) => data({ producerId: 1, sequence, transactional: true });
  // The answer to the first attempt comes after the marker and the next transaction's own attempt.
  const late = log.startVerification(1, 0, 0);
  appendMarker(log, { producerId: 1, kind: 'abort' });
  assert.equal(
    refusal(() => log.append(batch(0), { ...client, verified: late })),
    'INVALID_TXN_STATE',
  );
  const next = log.startVerification(1, 0, 0);
  assert.notEqual(next, late);
  assert.equal(
    refusal(() => log.append(batch(0), { ...client, verified: late })),
    'INVALID_TXN_STATE',
  );
  log.append(batch(0), { ...client, verified: next });
  appendMarker(log, { producerId: 1 });
  assert.equal(
    refusal(() => log.append(batch(1), { ...client, verified: next })),
    'INVALID_TXN_STATE',
  );
});

test('batches that are verified together are appended in their order', () => {
  const log = openLog();
  const first = log.startVerification(1, 0, 4);
  const second = log.startVerification(1, 0, 0);
  assert.equal(first, second);
  const batch = (sequence: number) => data({ producerId: 1, sequence, count: 4, transactional: true });
  assert.equal(
    refusal(() => log.append(batch(4), { ...client, verified: first })),
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
  );
  log.append(batch(0), { ...client, verified: second });
  log.append(batch(4), { ...client, verified: first });
});

test('sequences that wrap while they are verified do not lock each other out', () => {
  const log = openLog();
  const before = 2 ** 31 - 4;
  const verified = log.startVerification(1, 0, before);
  log.startVerification(1, 0, 0);
  log.append(data({ producerId: 1, sequence: before, count: 4, transactional: true }), { ...client, verified });
  log.append(data({ producerId: 1, sequence: 0, count: 4, transactional: true }), client);
});

test('a producer of transactions version 2 starts at 0 where nothing is known of it', () => {
  const log = openLog();
  const verified = log.startVerification(1, 0, 7, true);
  assert.equal(
    refusal(() => log.append(data({ producerId: 1, sequence: 7, transactional: true }), { ...client, verified })),
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
  );
  const again = log.startVerification(1, 1, 0, true);
  log.append(data({ producerId: 1, epoch: 1, sequence: 0, transactional: true }), { ...client, verified: again });
});

test('an older epoch never gets a guard that opens something', () => {
  const log = openLog();
  const current = log.startVerification(1, 5, 0);
  const zombie = log.startVerification(1, 4, 0);
  assert.equal(
    refusal(() => log.append(data({ producerId: 1, epoch: 4, transactional: true }), { ...client, verified: zombie })),
    'INVALID_TXN_STATE',
  );
  assert.equal(
    refusal(() => log.append(data({ producerId: 1, epoch: 4, transactional: true }), { ...client, verified: current })),
    'INVALID_TXN_STATE',
  );
  log.append(data({ producerId: 1, epoch: 5, transactional: true }), { ...client, verified: current });
});

test('a marker of version 1 needs the current epoch or a newer one', () => {
  const log = openLog();
  appendTransactional(log, { producerId: 1, epoch: 3 });
  assert.equal(
    refusal(() => appendMarker(log, { producerId: 1, epoch: 2 })),
    'INVALID_PRODUCER_EPOCH',
  );
  appendMarker(log, { producerId: 1, epoch: 3 });
  appendTransactional(log, { producerId: 1, epoch: 3, sequence: 1 });
  appendMarker(log, { producerId: 1, epoch: 4, kind: 'abort' });
  assert.equal(log.hasOngoingTransaction(1), false);
});

test('a marker of version 2 needs a newer epoch than the data, and may be repeated where nothing is open', () => {
  const log = openLog();
  appendTransactional(log, { producerId: 1, epoch: 3 });
  const marker = (epoch: number) => refusal(() => appendMarker(log, { producerId: 1, epoch, version: 2 }));
  assert.equal(marker(2), 'INVALID_PRODUCER_EPOCH');
  assert.equal(marker(3), 'INVALID_PRODUCER_EPOCH');
  assert.equal(marker(4), 'none');
  assert.equal(marker(4), 'none');
  assert.equal(marker(3), 'INVALID_PRODUCER_EPOCH');
  appendTransactional(log, { producerId: 1, epoch: 4, sequence: 0 });
  // The delayed repetition arrives in the next transaction: it must not end it.
  assert.equal(marker(4), 'INVALID_PRODUCER_EPOCH');
  assert.equal(log.hasOngoingTransaction(1), true);
});

test('a marker of an older coordinator is fenced', () => {
  const log = openLog();
  const marker = (coordinatorEpoch: number) => refusal(() => appendMarker(log, { producerId: 1, coordinatorEpoch }));
  assert.equal(marker(5), 'none');
  assert.equal(marker(4), 'TRANSACTION_COORDINATOR_FENCED');
  assert.equal(marker(5), 'none');
  assert.equal(marker(6), 'none');
});

test('a control batch of an unknown kind is refused from a coordinator and skipped from a leader', () => {
  const log = openLog();
  const batch = encodeBatch({
    records: [{ timestamp: 1, key: Uint8Array.of(0, 0, 0, 9), value: Uint8Array.of(0, 0) }],
    producerId: 1,
    producerEpoch: 0,
    control: true,
    transactional: true,
    partitionLeaderEpoch: 0,
  });
  assert.equal(
    refusal(() => log.append(batch, coordinator)),
    'INVALID_RECORD',
  );
  appendTransactional(log, { producerId: 1 });
  new DataView(batch.buffer, batch.byteOffset).setBigInt64(0, 1n);
  log.append(batch, { origin: 'replication', leaderEpoch: 0 });
  assert.equal(log.hasOngoingTransaction(1), true);
});

test('data of a newer epoch cannot join the open transaction of an older one', () => {
  const log = openLog();
  appendTransactional(log, { producerId: 1, epoch: 0 });
  const verified = log.startVerification(1, 1, 0);
  assert.notEqual(verified, undefined);
  assert.equal(
    refusal(() => log.append(data({ producerId: 1, epoch: 1, transactional: true }), { ...client, verified })),
    'INVALID_TXN_STATE',
  );
});

test('replication takes what the leader wrote, at the leader’s offsets', () => {
  const log = openLog();
  const copy = (batch: Uint8Array, offset: number) => {
    new DataView(batch.buffer, batch.byteOffset).setBigInt64(0, BigInt(offset));
    new DataView(batch.buffer, batch.byteOffset).setInt32(12, 7);
    return log.append(batch, { origin: 'replication', leaderEpoch: -1 });
  };
  copy(data({ producerId: 1, sequence: 9 }), 0);
  copy(data({ producerId: 1, sequence: 0, transactional: true }), 1);
  assert.equal(log.endOffset, 2);
  assert.equal(log.latestLeaderEpoch, 7);
  assert.equal(
    refusal(() => copy(data(), 1)),
    'INVALID_RECORD',
  );
});

type Step = { readonly pid: number; readonly act: 'data' | 'commit' | 'abort' };

test('the last stable offset and the aborted list agree with a plain model, in every segment size', () => {
  const step = fc.record<Step>({
    pid: fc.integer({ min: 1, max: 4 }),
    act: fc.constantFrom('data', 'data', 'data', 'commit', 'abort'),
  });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 40 }),
      fc.constantFrom(200, 500, 1 << 20),
      fc.nat(40),
      fc.nat(40),
      fc.nat(40),
      (steps, segmentBytes, hw, a, b) => {
        const log = openLog({ config: { segmentBytes } });
        const open = new Map<number, number>();
        const sequences = new Map<number, number>();
        const ended: { producerId: number; firstOffset: number; marker: number; aborted: boolean }[] = [];
        for (const { pid, act } of steps) {
          if (act === 'data') {
            const sequence = sequences.get(pid) ?? 0;
            const { baseOffset } = appendTransactional(log, { producerId: pid, sequence });
            sequences.set(pid, sequence + 1);
            if (!open.has(pid)) open.set(pid, baseOffset);
          } else {
            const { baseOffset } = appendMarker(log, { producerId: pid, kind: act });
            const firstOffset = open.get(pid);
            if (firstOffset === undefined) continue;
            ended.push({ producerId: pid, firstOffset, marker: baseOffset, aborted: act === 'abort' });
            open.delete(pid);
          }
        }
        const end = log.endOffset;
        log.advanceHighWatermark(Math.min(hw, end));
        const watermark = log.highWatermark;
        const unstable = [
          ...open.values(),
          ...ended.filter((one) => one.marker >= watermark).map((one) => one.firstOffset),
        ];
        assert.equal(log.lastStableOffset, Math.min(watermark, ...unstable));
        const from = Math.min(a, b, end);
        const upTo = Math.min(Math.max(a, b), end);
        const expected = ended
          .filter((one) => one.aborted && one.marker >= from && one.firstOffset < upTo)
          .map(({ producerId, firstOffset }) => ({ producerId, firstOffset }))
          .sort((x, y) => x.firstOffset - y.firstOffset);
        const listed = log.abortedTransactions(from, upTo);
        // Nothing needed is missing, nothing is listed that was not aborted.
        assert.deepEqual(
          listed.filter((one) => expected.some((other) => other.firstOffset === one.firstOffset)),
          expected,
        );
        assert.equal(listed.length, expected.length);
      },
    ),
    { numRuns: 200 },
  );
});

test('a batch keeps its checksum through the append', () => {
  const log = openLog();
  log.append(data(), { ...client, leaderEpoch: 3 });
  const header = verifyBatch(log.read({ fromOffset: 0, maxBytes: 1000, upTo: 1, minOneBatch: true }));
  assert.equal(header.partitionLeaderEpoch, 3);
});
