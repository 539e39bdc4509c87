/**
 * The same requests to our broker and to Apache Kafka, and their answers field by field. The scenes are in scripts/, what may
 * differ is in differences.ts. At the end every pair of API and version that both advertise must have been asked.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ErrorCode, type ErrorName, errorName } from '../../../src/core/index.ts';
import { differences } from './differences.ts';
import { Comparison } from './harness/compare.ts';
import { Coverage } from './harness/coverage.ts';
import { play } from './harness/play.ts';
import { type Sides, startSides } from './harness/sides.ts';
import { scripts } from './scripts/index.ts';

/** By key. Without ACLs, SASL, quotas, and groups of other kinds than the classic one. */
const wanted = [
  ...[0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 32, 33, 35, 37, 42, 43],
  ...[44, 46, 47, 55, 57, 60, 61, 65, 66, 74, 75],
];

/**
 * Not among them: what takes a second broker or a restart (NOT_COORDINATOR, FENCED_LEADER_EPOCH, replicas that lag), a broken disk, or a coordinator that is
 * caught while it loads; what belongs to groups of the consumer protocol.
 */
const errors: readonly ErrorName[] = [
  'OFFSET_OUT_OF_RANGE',
  'CORRUPT_MESSAGE',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'NOT_LEADER_OR_FOLLOWER',
  'MESSAGE_TOO_LARGE',
  'OFFSET_METADATA_TOO_LARGE',
  'INVALID_TOPIC_EXCEPTION',
  'NOT_ENOUGH_REPLICAS',
  'INVALID_REQUIRED_ACKS',
  'ILLEGAL_GENERATION',
  'INCONSISTENT_GROUP_PROTOCOL',
  'INVALID_GROUP_ID',
  'UNKNOWN_MEMBER_ID',
  'INVALID_SESSION_TIMEOUT',
  'REBALANCE_IN_PROGRESS',
  'INVALID_TIMESTAMP',
  'UNSUPPORTED_VERSION',
  'TOPIC_ALREADY_EXISTS',
  'INVALID_PARTITIONS',
  'INVALID_REPLICATION_FACTOR',
  'INVALID_REPLICA_ASSIGNMENT',
  'INVALID_CONFIG',
  'INVALID_REQUEST',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_TXN_STATE',
  'INVALID_PRODUCER_ID_MAPPING',
  'INVALID_TRANSACTION_TIMEOUT',
  'CONCURRENT_TRANSACTIONS',
  'TRANSACTION_COORDINATOR_FENCED',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'OPERATION_NOT_ATTEMPTED',
  'NON_EMPTY_GROUP',
  'GROUP_ID_NOT_FOUND',
  'FETCH_SESSION_ID_NOT_FOUND',
  'INVALID_FETCH_SESSION_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'UNSUPPORTED_COMPRESSION_TYPE',
  'MEMBER_ID_REQUIRED',
  'FENCED_INSTANCE_ID',
  'INVALID_RECORD',
  'UNSTABLE_OFFSET_COMMIT',
  'PRODUCER_FENCED',
  'UNKNOWN_TOPIC_ID',
  'INCONSISTENT_TOPIC_ID',
  'FETCH_SESSION_TOPIC_ID_ERROR',
  'TRANSACTIONAL_ID_NOT_FOUND',
  'REQUEST_TIMED_OUT',
  'GROUP_SUBSCRIBED_TO_TOPIC',
  'INVALID_UPDATE_VERSION',
  'ELECTION_NOT_NEEDED',
  'MISMATCHED_ENDPOINT_TYPE',
  'UNSUPPORTED_ENDPOINT_TYPE',
  'INVALID_REGULAR_EXPRESSION',
  'TRANSACTION_ABORTABLE',
];

describe('our broker and Apache Kafka', () => {
  let sides: Sides;
  before(async () => {
    sides = await startSides();
  });
  after(async () => {
    await sides?.stop();
  });
  const comparison = new Comparison(differences);
  const coverage = new Coverage();

  for (const { subject, scenes } of scripts) {
    describe(subject, () => {
      for (const [name, scene] of Object.entries(scenes)) {
        test(name, async () => {
          const { ours, kafkas, failures } = await play(scene, sides);
          coverage.add(ours, kafkas);
          const lines = [...comparison.scene(`${subject} > ${name}`, ours, kafkas), ...failures];
          if (lines.length > 0) assert.fail(lines.join('\n'));
        });
      }
    });
  }

  test('both advertise every API that a broker of one node has', () => {
    const advertised = new Set(sides.ranges.keys());
    assert.deepEqual(
      wanted.filter((key) => !advertised.has(key)),
      [],
    );
  });

  test('every API in every version that both advertise was asked', () => {
    assert.deepEqual(coverage.missing(sides.ranges), []);
  });

  test('every error that one broker can give was given by both', () => {
    const missing = coverage.missingErrors(errors.map((name) => ErrorCode[name]));
    assert.deepEqual(missing.map(errorName), []);
  });

  test('every difference in the list was needed', () => {
    assert.deepEqual(
      comparison.unneeded().map(({ path, why }) => `${path}: ${why}`),
      [],
    );
  });
});
