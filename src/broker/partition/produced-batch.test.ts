import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KafkaError } from '../../core/index.ts';
import { defaultLogConfig } from '../../log/index.ts';
import { DECOMPRESSED_BYTES_MAX, encodeBatch } from '../../records/index.ts';
import { admitBatch, checkProduced, RecordsRefused } from './produced-batch.ts';

const NOW = 1_700_000_000_000;
const record = (value: Buffer, timestamp = NOW) => ({ timestamp, key: null, value, headers: [] });
const admit = (batch: Uint8Array, config = {}) =>
  admitBatch(batch, checkProduced(batch, 9), { ...defaultLogConfig, ...config }, NOW);

describe('a produced batch', () => {
  it('stays the same bytes where the topic has no other wish', () => {
    const batch = encodeBatch({ compression: 'zstd', records: [record(Buffer.from('a'))] });
    assert.equal(admit(batch), batch);
    assert.equal(admit(batch, { compressionType: 'zstd', compressionLevel: 19 }), batch);
  });

  it('that would decompress to more than is ever held is refused', () => {
    const bomb = Buffer.alloc(DECOMPRESSED_BYTES_MAX + 1);
    const batch = encodeBatch({ compression: 'zstd', records: [record(bomb)] });
    assert.ok(batch.length < 100_000);
    assert.throws(
      () => admit(batch),
      (error) => KafkaError.is(error) && error.code === 'INVALID_RECORD',
    );
  });

  it('names no more than a hundred of the records for whose sake it is refused', () => {
    const batch = encodeBatch({ records: Array.from({ length: 500 }, () => record(Buffer.from('a'), NOW - 2000)) });
    assert.throws(
      () => admit(batch, { messageTimestampBeforeMaxMs: 1000 }),
      (error) => error instanceof RecordsRefused && error.recordErrors.length === 100,
    );
  });

  it('that was damaged on its way is not kept in another codec as if it were sound', () => {
    const batch = Buffer.from(encodeBatch({ records: [record(Buffer.from('abc'))] }));
    batch[batch.length - 2]! ^= 1;
    assert.throws(
      () => admit(batch, { compressionType: 'gzip' }),
      (error) => KafkaError.is(error) && error.code === 'CORRUPT_MESSAGE',
    );
  });
});
