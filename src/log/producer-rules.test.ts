import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryDisk } from '../core/index.ts';
import { encodeBatch } from '../records/index.ts';
import {
  appendMarker,
  appendTransactional,
  client,
  coordinator,
  data,
  ManualClock,
  openLog,
  refusal,
} from './fixtures.ts';

const MAX = 2 ** 31 - 1;

test('each of the last five batches is answered again with its offsets, an older one is out of order', () => {
  const log = openLog();
  for (let at = 0; at < 8; at++) log.append(data({ producerId: 1, sequence: at * 3, count: 3 }), client);
  for (let at = 3; at < 8; at++) {
    const result = log.append(data({ producerId: 1, sequence: at * 3, count: 3 }), client);
    assert.deepEqual([result.duplicate, result.baseOffset, result.lastOffset], [true, at * 3, at * 3 + 2]);
  }
  assert.equal(log.endOffset, 24);
  const again = (sequence: number, count: number) =>
    refusal(() => log.append(data({ producerId: 1, sequence, count }), client));
  assert.equal(again(6, 3), 'OUT_OF_ORDER_SEQUENCE_NUMBER');
  // Part of a known batch is not that batch.
  assert.equal(again(21, 2), 'OUT_OF_ORDER_SEQUENCE_NUMBER');
  assert.equal(again(20, 4), 'OUT_OF_ORDER_SEQUENCE_NUMBER');
  assert.equal(again(25, 1), 'OUT_OF_ORDER_SEQUENCE_NUMBER');
  assert.equal(log.endOffset, 24);
  assert.equal(again(24, 1), 'none');
});

test('an unknown producer may start with any sequence, and goes on from there', () => {
  const log = openLog();
  log.append(data({ producerId: 1, sequence: 41 }), client);
  assert.equal(
    refusal(() => log.append(data({ producerId: 1, sequence: 43 }), client)),
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
  );
  log.append(data({ producerId: 1, sequence: 42 }), client);
});

test('sequences wrap from 2^31 - 1 to 0, also within a batch', () => {
  const log = openLog();
  log.append(data({ producerId: 1, sequence: MAX - 1, count: 2 }), client);
  log.append(data({ producerId: 1, sequence: 0, count: 2 }), client);
  log.append(data({ producerId: 2, sequence: MAX - 1, count: 4 }), client);
  assert.equal(log.append(data({ producerId: 2, sequence: MAX - 1, count: 4 }), client).duplicate, true);
  log.append(data({ producerId: 2, sequence: 2 }), client);
  assert.equal(
    refusal(() => log.append(data({ producerId: 2, sequence: 0 }), client)),
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
  );
});

test('an older epoch is refused, a newer one starts at 0 and forgets the batches', () => {
  const log = openLog();
  log.append(data({ producerId: 1, epoch: 3, sequence: 0 }), client);
  assert.equal(
    refusal(() => log.append(data({ producerId: 1, epoch: 2, sequence: 1 }), client)),
    'INVALID_PRODUCER_EPOCH',
  );
  assert.equal(
    refusal(() => log.append(data({ producerId: 1, epoch: 4, sequence: 1 }), client)),
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
  );
  log.append(data({ producerId: 1, epoch: 4, sequence: 0, count: 5 }), client);
  assert.equal(log.append(data({ producerId: 1, epoch: 4, sequence: 0, count: 5 }), client).duplicate, true);
  assert.equal(
    refusal(() => log.append(data({ producerId: 1, epoch: 3, sequence: 0 }), client)),
    'INVALID_PRODUCER_EPOCH',
  );
  assert.deepEqual(
    log.activeProducers().map((one) => [one.producerEpoch, one.lastSequence]),
    [[4, 4]],
  );
});

test('a refused batch changes nothing', () => {
  const log = openLog();
  log.append(data({ producerId: 1, epoch: 1, sequence: 0 }), client);
  appendTransactional(log, { producerId: 2, epoch: 1, sequence: 0 });
  const before = JSON.stringify([log.activeProducers(), log.endOffset, log.sizeInBytes, log.lastStableOffset]);
  const batches: Uint8Array[] = [
    data({ producerId: 1, epoch: 1, sequence: 5 }),
    data({ producerId: 1, epoch: 0, sequence: 1 }),
    data({ producerId: 1, epoch: 2, sequence: 1 }),
    data({ producerId: 2, epoch: 1, sequence: 1 }),
    data({ producerId: 3, epoch: 0, sequence: 0, transactional: true }),
    data({ producerId: 2, epoch: 2, sequence: 0, transactional: true }),
    data().subarray(0, 70),
    Buffer.concat([data(), data()]),
  ];
  for (const batch of batches) {
    const copy = Uint8Array.from(batch);
    assert.notEqual(
      refusal(() => log.append(batch, client)),
      'none',
    );
    assert.deepEqual(Uint8Array.from(batch), copy);
    assert.equal(JSON.stringify([log.activeProducers(), log.endOffset, log.sizeInBytes, log.lastStableOffset]), before);
  }
});

test('clients may not write what only brokers write', () => {
  const clock = new ManualClock();
  const log = openLog({ clock, config: { maxMessageBytes: 300 } });
  const code = (batch: Uint8Array) => refusal(() => log.append(batch, client));
  const record = { timestamp: clock.time, key: null, value: 'v' };
  assert.equal(
    code(encodeBatch({ records: [record], control: true, producerId: 1, producerEpoch: 0 })),
    'INVALID_RECORD',
  );
  assert.equal(code(encodeBatch({ records: [record], producerId: 1, producerEpoch: 0 })), 'INVALID_RECORD');
  assert.equal(code(encodeBatch({ records: [record], transactional: true })), 'INVALID_RECORD');
  assert.equal(code(data({ value: 'x'.repeat(400) })), 'MESSAGE_TOO_LARGE');
  assert.equal(code(data({ timestamp: clock.time + 2 * 3600_000 })), 'INVALID_TIMESTAMP');
  assert.equal(code(Buffer.concat([data(), data()])), 'INVALID_RECORD');
  const damaged = Buffer.from(data());
  damaged[70]! ^= 1;
  assert.equal(code(damaged), 'CORRUPT_MESSAGE');
  log.configure({ compacted: true });
  assert.equal(code(encodeBatch({ records: [record] })), 'INVALID_RECORD');
  assert.equal(code(data()), 'none');
});

test('LogAppendTime stamps every record with the time of this broker', () => {
  const clock = new ManualClock();
  const log = openLog({ clock, config: { messageTimestampType: 'LogAppendTime' } });
  clock.time += 5;
  assert.equal(log.append(data({ producerId: 1, timestamp: 4, count: 2 }), client).logAppendTime, clock.time);
  const found = log.offsetForTimestamp(clock.time, 2);
  assert.deepEqual(found, { offset: 0, timestamp: clock.time, leaderEpoch: 0 });
  const first = clock.time;
  clock.time += 5;
  assert.equal(log.append(data({ producerId: 1, timestamp: 4, count: 2 }), client).logAppendTime, first);
});

test('a batch of an older leader is fenced', () => {
  const log = openLog();
  log.append(data(), { ...client, leaderEpoch: 4 });
  log.append(data(), { ...client, leaderEpoch: 6 });
  assert.equal(
    refusal(() => log.append(data(), { ...client, leaderEpoch: 5 })),
    'FENCED_LEADER_EPOCH',
  );
  assert.deepEqual([log.leaderEpochFor(0), log.leaderEpochFor(1), log.leaderEpochFor(7)], [4, 6, 6]);
  assert.deepEqual(log.endOffsetForEpoch(4), { epoch: 4, endOffset: 1 });
  assert.deepEqual(log.endOffsetForEpoch(5), { epoch: 4, endOffset: 1 });
  assert.deepEqual(log.endOffsetForEpoch(6), { epoch: 6, endOffset: 2 });
  assert.deepEqual(log.endOffsetForEpoch(3), { epoch: 3, endOffset: 0 });
  assert.equal(log.endOffsetForEpoch(7), undefined);
});

test('silent producers are forgotten after a day, never in an open transaction; markers count as a sign of life', () => {
  const clock = new ManualClock();
  const log = openLog({ clock });
  const day = 24 * 3600_000;
  const pids = () => log.activeProducers().map((one) => one.producerId);
  // Records may be as old as they like.
  log.append(data({ producerId: 1, timestamp: 1_000_000_000_000 }), client);
  appendTransactional(log, { producerId: 2 });
  appendTransactional(log, { producerId: 3 });
  assert.equal(log.removeExpiredProducers(clock.time + day - 1), 0);
  clock.time += day / 2;
  appendMarker(log, { producerId: 3 });
  clock.time += day / 2;
  assert.equal(log.removeExpiredProducers(clock.time), 1);
  assert.deepEqual(pids(), [2, 3]);
  assert.equal(log.append(data({ producerId: 1, sequence: 77 }), client).duplicate, false);
  appendMarker(log, { producerId: 2 });
  assert.equal(log.removeExpiredProducers(clock.time + day), 3);
});

test('coordinators write transactional data without sequence numbers, of a current epoch, in a known transaction', () => {
  const log = openLog();
  const offsets = (producerEpoch: number) =>
    encodeBatch({
      records: [{ timestamp: 1, key: 'k', value: 'v' }],
      producerId: 8,
      producerEpoch,
      transactional: true,
    });
  assert.equal(
    refusal(() => log.append(offsets(2), coordinator)),
    'INVALID_TXN_STATE',
  );
  const verified = log.startVerification(8, 2, -1);
  log.append(offsets(2), { ...coordinator, verified });
  log.append(offsets(2), coordinator);
  assert.equal(
    refusal(() => log.append(offsets(1), coordinator)),
    'INVALID_PRODUCER_EPOCH',
  );
  assert.equal(log.endOffset, 2);
});

test('a restart does not make a silent producer young again', async () => {
  const clock = new ManualClock();
  const disk = new MemoryDisk();
  const config = { producerIdExpirationMs: 1000 };
  let log = openLog({ disk, clock, config });
  log.append(data({ producerId: 1 }), client);
  for (let restart = 0; restart < 3; restart++) {
    await log.close();
    clock.time += 333;
    log = openLog({ disk, clock, config, recoveryPoint: log.recoveryPoint });
    assert.equal(log.removeExpiredProducers(clock.time), 0);
  }
  clock.time += 1;
  assert.equal(log.removeExpiredProducers(clock.time), 1);
});
