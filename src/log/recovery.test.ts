import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Disk, MemoryDisk } from '../core/index.ts';
import {
  appendMarker,
  appendTransactional,
  client,
  copyDisk,
  DIRECTORY,
  data,
  FaultyDisk,
  fileBytes,
  fileName,
  ListLogger,
  openLog,
} from './fixtures.ts';
import type { PartitionLog } from './index.ts';

const LOG = `${DIRECTORY}/${fileName(0)}`;

/** Everything that a recovered log must have again. */
function stateOf(log: PartitionLog) {
  log.advanceHighWatermark(log.endOffset);
  const bytes = log.read({ fromOffset: log.startOffset, maxBytes: 1 << 24, upTo: log.endOffset, minOneBatch: true });
  return {
    end: log.endOffset,
    lastStableOffset: log.lastStableOffset,
    producers: log.activeProducers().sort((a, b) => a.producerId - b.producerId),
    aborted: log.abortedTransactions(log.startOffset, log.endOffset),
    epochs: Array.from({ length: log.endOffset + 1 }, (_, offset) => log.leaderEpochFor(offset)),
    bytes: Buffer.from(bytes).toString('hex'),
  };
}

/** A script with every kind of batch. `states[n]` is the state after n appends, `sizes[n]` the bytes of the log. */
function script(disk: Disk) {
  const log = openLog({ disk });
  const states = [stateOf(log)];
  const sizes = [0];
  const steps = [
    () => log.append(data({ count: 3 }), client),
    () => log.append(data({ producerId: 1, sequence: 0, count: 2 }), client),
    () => appendTransactional(log, { producerId: 2, sequence: 0 }),
    () => appendTransactional(log, { producerId: 3, sequence: 0, count: 2 }),
    () => log.append(data({ producerId: 1, sequence: 2 }), { ...client, leaderEpoch: 2 }),
    () => appendMarkerAt(log, 2, 'abort'),
    () => appendMarkerAt(log, 3, 'commit'),
    () => log.append(data({ producerId: 1, sequence: 3, value: 'last' }), { ...client, leaderEpoch: 3 }),
  ];
  for (const step of steps) {
    step();
    states.push(stateOf(log));
    sizes.push(log.sizeInBytes);
  }
  return { states, sizes, log };
}
function appendMarkerAt(log: PartitionLog, producerId: number, kind: 'commit' | 'abort') {
  return appendMarker(log, { producerId, kind, leaderEpoch: 2 });
}

test('a log cut at any byte recovers to the batches before it, and goes on', () => {
  const disk = new MemoryDisk();
  const { states, sizes } = script(disk);
  const last = sizes.length - 1;
  for (let size = sizes.at(-1)!; size >= 0; size--) {
    const crashed = copyDisk(disk);
    crashed.open(LOG).truncate(size);
    const whole = sizes.findLastIndex((end) => end <= size);
    const logger = new ListLogger();
    const log = openLog({ disk: crashed, logger });
    assert.deepEqual(stateOf(log), states[whole], `cut at ${size}`);
    assert.deepEqual(logger.levels(), size === sizes[whole] ? [] : ['warn'], `cut at ${size}`);
    assert.equal(log.recovery.truncatedBytes, size - sizes[whole]!);
    assert.equal(log.recovery.lostBatches, 0);
    if (size !== sizes[last]! - 1 && size % 16 !== 0) continue;
    // The log is as good as new, and stays so through another restart.
    log.append(data({ producerId: 9, sequence: 0, value: 'after' }), { ...client, leaderEpoch: 4 });
    const after = stateOf(log);
    assert.deepEqual(stateOf(openLog({ disk: crashed })), after);
  }
});

test('a damaged byte anywhere in the last batch cuts that batch, or is put right', () => {
  const disk = new MemoryDisk();
  const { states, sizes } = script(disk);
  const start = sizes.at(-2)!;
  for (let at = start; at < sizes.at(-1)!; at++) {
    for (const mask of [0x01, 0x80, 0xff]) {
      const crashed = copyDisk(disk);
      const file = crashed.open(LOG);
      const byte = new Uint8Array(1);
      file.read(byte, at);
      byte[0]! ^= mask;
      file.write(byte, at);
      const log = openLog({ disk: crashed });
      // No checksum covers the leader epoch; the checkpoint knows what it was.
      const isEpoch = at >= start + 12 && at < start + 16;
      assert.deepEqual(stateOf(log), states[states.length - (isEpoch ? 1 : 2)], `byte ${at - start} ^ ${mask}`);
      assert.equal(log.recovery.repairedEpochs, isEpoch ? 1 : 0);
    }
  }
});

test('a tail of zeros, as a crash can leave it, is cut', () => {
  for (const zeros of [1, 60, 61, 500, 5000]) {
    const disk = new MemoryDisk();
    const { states, sizes } = script(disk);
    disk.open(LOG).write(new Uint8Array(zeros), sizes.at(-1)!);
    const log = openLog({ disk });
    assert.deepEqual(stateOf(log), states.at(-1));
    assert.equal(log.recovery.truncatedBytes, zeros);
  }
});

test('damage with sound batches behind it is reported as a loss, and what was cut is kept', () => {
  const disk = new MemoryDisk();
  const { states, sizes } = script(disk);
  const damaged = 3;
  const byte = fileBytes(disk, fileName(0)).subarray(sizes[damaged]! + 65, sizes[damaged]! + 66);
  disk.open(LOG).write(Uint8Array.of(byte[0]! ^ 1), sizes[damaged]! + 65);
  const before = fileBytes(disk, fileName(0));
  const logger = new ListLogger();
  const log = openLog({ disk, logger });
  assert.deepEqual(stateOf(log), states[damaged]);
  assert.deepEqual(logger.levels(), ['error']);
  assert.equal(log.recovery.lostBatches, states.length - 1 - damaged - 1);
  assert.match(log.recovery.damage!, /at byte \d+: CRC/);
  const kept = fileBytes(disk, `${fileName(0)}.${sizes[damaged]}.corrupt`);
  assert.deepEqual(kept, before.subarray(sizes[damaged]!));
});

test('segments behind damage are set aside, empty ones removed', async () => {
  const disk = new MemoryDisk();
  const log = openLog({ disk, config: { segmentBytes: 220 } });
  for (let at = 0; at < 6; at++) log.append(data({ value: `value ${at}`.padEnd(40) }), client);
  const names = disk.list(DIRECTORY).filter((name) => name.endsWith('.log'));
  assert.equal(names.length, 6);
  await log.close();
  disk.open(`${DIRECTORY}/${names[2]!}`).truncate(50);
  const logger = new ListLogger();
  const again = openLog({ disk, logger });
  assert.equal(again.endOffset, 2);
  assert.equal(again.recovery.lostBatches, 3);
  assert.deepEqual(logger.levels(), ['error']);
  const left = disk.list(DIRECTORY);
  assert.deepEqual(
    left.filter((name) => name.endsWith('.log')),
    names.slice(0, 3),
  );
  assert.deepEqual(
    left.filter((name) => name.endsWith('.corrupt')),
    names.slice(3).map((name) => `${name}.corrupt`),
  );
  again.append(data(), client);
  assert.equal(again.endOffset, 3);
  await again.close();
});

test('a segment that does not follow the one before is not served', () => {
  const disk = new MemoryDisk();
  const log = openLog({ disk, config: { segmentBytes: 220 } });
  for (let at = 0; at < 4; at++) log.append(data({ value: 'x'.repeat(40) }), client);
  disk.open(`${DIRECTORY}/${fileName(1)}`).truncate(0);
  const again = openLog({ disk });
  assert.equal(again.endOffset, 1);
  assert.equal(again.recovery.lostBatches, 2);
});

test('a segment that was made but not written is no damage', () => {
  const disk = new MemoryDisk();
  const { states } = script(disk);
  const end = states.at(-1)!.end;
  disk.open(`${DIRECTORY}/${fileName(end)}`, { create: true });
  const logger = new ListLogger();
  const log = openLog({ disk, logger });
  assert.deepEqual(stateOf(log), { ...states.at(-1)!, bytes: stateOf(log).bytes });
  assert.deepEqual(logger.lines, []);
  assert.equal(log.append(data(), { ...client, leaderEpoch: 5 }).baseOffset, end);
});

test('a lost or damaged checkpoint of leader epochs is rebuilt from the batches', () => {
  for (const content of [undefined, '', '0\n2\n0 0\n', '0\n1\nx y\n', '1\n0\n', '0\n2\n3 0\n2 5\n']) {
    const disk = new MemoryDisk();
    const { states } = script(disk);
    const path = `${DIRECTORY}/leader-epoch-checkpoint`;
    const sound = fileBytes(disk, 'leader-epoch-checkpoint');
    assert.equal(String(sound), '0\n3\n0 0\n2 8\n3 11\n');
    disk.remove(path);
    if (content !== undefined) disk.open(path, { create: true }).write(Buffer.from(content), 0);
    assert.deepEqual(stateOf(openLog({ disk })), states.at(-1), JSON.stringify(content));
    assert.deepEqual(fileBytes(disk, 'leader-epoch-checkpoint'), sound);
  }
});

test('below the recovery point nothing is scanned; indexes and snapshots stand for it', async () => {
  const disk = new MemoryDisk();
  const config = { segmentBytes: 400, indexIntervalBytes: 50 };
  const log = openLog({ disk, config });
  let sequence = 0;
  for (let round = 0; round < 5; round++) {
    for (let at = 0; at < 3; at++) log.append(data({ producerId: 1, sequence: sequence++ }), client);
    appendTransactional(log, { producerId: 2, sequence: round });
    appendMarker(log, { producerId: 2, kind: 'abort' });
  }
  await log.flush();
  const active = Math.max(
    ...disk.list(DIRECTORY).map((name) => (name.endsWith('.log') ? Number.parseInt(name, 10) : 0)),
  );
  assert.equal(log.recoveryPoint, active);
  const state = stateOf(log);
  // After a crash: everything but the last segment is taken on trust.
  const crashed = openLog({ disk: copyDisk(disk), config, recoveryPoint: log.recoveryPoint });
  assert.equal(crashed.recovery.trustedUpTo, active);
  assert.equal(crashed.recovery.scannedBatches, 25 - active);
  assert.deepEqual(stateOf(crashed), state);
  assert.equal(crashed.append(data({ producerId: 1, sequence: sequence - 5 }), client).duplicate, true);
  // After a clean end: everything.
  await log.close();
  assert.equal(log.recoveryPoint, 25);
  const clean = openLog({ disk: copyDisk(disk), config, recoveryPoint: 25 });
  assert.equal(clean.recovery.scannedBatches, 0);
  assert.deepEqual(stateOf(clean), state);
  assert.equal(clean.append(data({ producerId: 1, sequence: sequence - 5 }), client).duplicate, true);
  assert.deepEqual(
    clean.offsetForTimestamp(0, 25),
    log.endOffset === 25 ? { offset: 0, timestamp: 1_700_000_000_000, leaderEpoch: 0 } : undefined,
  );
});

test('an index file that is missing, cut or senseless makes its segment be scanned, never trusted', async () => {
  const disk = new MemoryDisk();
  const config = { segmentBytes: 400, indexIntervalBytes: 50 };
  const log = openLog({ disk, config });
  for (let at = 0; at < 12; at++) {
    appendTransactional(log, { producerId: 2, sequence: at });
    appendMarker(log, { producerId: 2, kind: at % 2 === 0 ? 'abort' : 'commit' });
  }
  const state = stateOf(log);
  await log.close();
  const names = disk.list(DIRECTORY).filter((name) => /index$/.test(name));
  assert.ok(names.length > 9);
  const breaks: ((path: string, on: MemoryDisk) => void)[] = [
    (path, on) => (path.endsWith('txnindex') ? undefined : on.remove(path)),
    (path, on) => on.open(path).write(Buffer.alloc(40, 0xff), 0),
    (path, on) => on.open(path).truncate(7),
  ];
  for (const name of names) {
    for (const breaking of breaks) {
      const broken = copyDisk(disk);
      breaking(`${DIRECTORY}/${name}`, broken);
      const again = openLog({ disk: broken, config, recoveryPoint: 24 });
      assert.deepEqual(stateOf(again), state, name);
      await again.close();
      const cured = openLog({ disk: broken, config, recoveryPoint: 24 });
      assert.equal(cured.recovery.scannedBatches, 0, name);
      assert.deepEqual(stateOf(cured), state, name);
    }
  }
});

test('a damaged snapshot gives way to an older one, or to the log', async () => {
  const disk = new MemoryDisk();
  const config = { segmentBytes: 400 };
  const log = openLog({ disk, config });
  for (let at = 0; at < 20; at++) log.append(data({ producerId: 1, sequence: at }), client);
  await log.close();
  const snapshots = disk.list(DIRECTORY).filter((name) => name.endsWith('.snapshot'));
  assert.equal(snapshots.length, 4);
  for (let broken = 1; broken <= snapshots.length; broken++) {
    const again = copyDisk(disk);
    for (const name of snapshots.slice(-broken)) again.open(`${DIRECTORY}/${name}`).write(Uint8Array.of(0xee), 20);
    const opened = openLog({ disk: again, config, recoveryPoint: 20 });
    for (let at = 15; at < 20; at++) {
      assert.equal(opened.append(data({ producerId: 1, sequence: at }), client).duplicate, true);
    }
    opened.append(data({ producerId: 1, sequence: 20 }), client);
  }
});

test('snapshots and epochs beyond the recovered end are gone', async () => {
  const disk = new MemoryDisk();
  const { sizes } = script(disk);
  await openLog({ disk }).close();
  assert.equal(disk.exists(`${DIRECTORY}/${fileName(12, 'snapshot')}`), true);
  disk.open(LOG).truncate(sizes.at(-1)! - 1);
  const logger = new ListLogger();
  const log = openLog({ disk, logger, recoveryPoint: 12 });
  assert.equal(log.endOffset, 11);
  assert.equal(disk.exists(`${DIRECTORY}/${fileName(12, 'snapshot')}`), false);
  assert.equal(log.latestLeaderEpoch, 2);
  // What was known to be durable is not there any more: that is no ordinary crash.
  assert.deepEqual(logger.levels(), ['warn', 'error']);
});

test('a batch that claims to be huge is damage, not an allocation', () => {
  const disk = new MemoryDisk();
  const { states, sizes } = script(disk);
  const file = disk.open(LOG);
  const head = Buffer.alloc(2000);
  head.writeInt32BE(0x7ffffff0, 8);
  head[16] = 2;
  file.write(head, sizes.at(-1)!);
  assert.deepEqual(stateOf(openLog({ disk })), states.at(-1));
});

test('batches larger than the scan buffer, and segments longer than it, are recovered', () => {
  const disk = new MemoryDisk();
  const log = openLog({ disk, config: { maxMessageBytes: 1 << 23 } });
  const sizes = [3_000_000, 10, 1_048_576, 500_000, 600_000, 10, 2_500_000, 10];
  for (const size of sizes) log.append(data({ value: 'x'.repeat(size) }), client);
  const again = openLog({ disk });
  assert.equal(again.endOffset, sizes.length);
  assert.equal(again.sizeInBytes, log.sizeInBytes);
  for (const [offset, size] of sizes.entries()) {
    const bytes = again.read({ fromOffset: offset, maxBytes: 1, upTo: sizes.length, minOneBatch: true });
    assert.ok(bytes.length > size && bytes.length < size + 200);
  }
});

test('what recovery kept is on the device before the log is served', () => {
  const disk = new FaultyDisk();
  const log = openLog({ disk });
  log.append(data(), client);
  const again = openLog({ disk });
  assert.equal(again.flushedOffset, 1);
  assert.ok(disk.calls.includes(`syncDirectory ${DIRECTORY}`));
});

test('the topic id is written once and compared ever after', () => {
  const disk = new MemoryDisk();
  const id = 'AAAAAAAAAAAAAAAAAAAAAg';
  assert.equal(openLog({ disk, topicId: id }).topicId, id);
  assert.equal(openLog({ disk }).topicId, id);
  assert.equal(String(fileBytes(disk, 'partition.metadata')), `version: 0\ntopic_id: ${id}\n`);
  assert.throws(() => openLog({ disk, topicId: 'AAAAAAAAAAAAAAAAAAAAAw' }), /belongs to topic/);
});
