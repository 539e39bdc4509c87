/** What readers meet that was on the device already, and was taken on trust when the log was opened. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryDisk } from '../core/index.ts';
import { batchesOf } from '../records/index.ts';
import { DIRECTORY, data, ListLogger, openLog } from './fixtures.ts';

const fileOf = (disk: MemoryDisk) => disk.open(`${DIRECTORY}/00000000000000000000.log`);

test('damage that came while the log was closed well is met by readers: served up to it, refused there, reported once', async () => {
  const disk = new MemoryDisk();
  const logger = new ListLogger();
  const before = openLog({ disk });
  const starts = Array.from({ length: 5 }, () => {
    const at = before.sizeInBytes;
    before.append(data({ value: 'sound' }), { origin: 'client', leaderEpoch: 0 });
    return at;
  });
  await before.close();
  const file = fileOf(disk);
  const byte = new Uint8Array(1);
  const place = starts[3]! + 70;
  file.read(byte, place);
  file.write(Uint8Array.of(byte[0]! ^ 0x20), place);
  file.close();

  const log = openLog({ disk, logger, cleanShutdown: true, recoveryPoint: 5 });
  assert.equal(log.recovery.scannedBytes, 0, 'it was taken on trust');
  log.append(data({ value: 'new' }), { origin: 'client', leaderEpoch: 0 });
  const read = (fromOffset: number) => log.read({ fromOffset, maxBytes: 10_000, upTo: 6, minOneBatch: true });
  assert.deepEqual(
    [...batchesOf(read(0))].map(({ header }) => header.baseOffset),
    [0, 1, 2],
  );
  for (let again = 0; again < 3; again++) assert.throws(() => read(3), { code: 'CORRUPT_MESSAGE' });
  assert.deepEqual(
    [...batchesOf(read(4))].map(({ header }) => header.baseOffset),
    [4, 5],
    'what lies behind can be read by whoever goes there',
  );
  assert.deepEqual(logger.levels(), ['error']);
  assert.match(logger.lines[0]!.message, /batch at offset 3.*CRC/);
  await log.close();
});
