import assert from 'node:assert/strict';
import { it } from 'node:test';
import { decodeVersioned, encodeVersioned, offsetCommitKey, offsetCommitValue, peekVersion } from '../../wire/index.ts';
import { offsetRecord, readGroupRecord } from './group-records.ts';

const value = { offset: 7, leaderEpoch: 2, metadata: 'here', commitTimestamp: 5 };

it('a committed offset is written in version 4, with the id of its topic where that is known', () => {
  const id = '1bWnh-xAQXGh5--2N_pdBg';
  for (const topicId of [id, undefined]) {
    const record = offsetRecord('g', 't', 3, value, topicId);
    assert.equal(peekVersion(record.value!), 4);
    assert.equal(decodeVersioned(offsetCommitValue, record.value!).topicId, topicId ?? 'AAAAAAAAAAAAAAAAAAAAAA');
  }
});

it('offsets that were written in older versions are read', () => {
  const key = encodeVersioned(offsetCommitKey, 1, { group: 'g', topic: 't', partition: 3 });
  for (const version of [0, 1, 2, 3]) {
    const read = readGroupRecord(key, encodeVersioned(offsetCommitValue, version, value));
    assert.equal(read?.type, 'offset');
    const { offset, leaderEpoch, metadata } = read?.type === 'offset' ? read.value! : value;
    assert.deepEqual([offset, leaderEpoch, metadata], [7, version === 3 ? 2 : -1, 'here']);
  }
});
