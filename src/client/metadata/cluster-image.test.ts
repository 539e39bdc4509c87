import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClusterImage, type MetadataAnswer } from './cluster-image.ts';

const ID = 'AAAAAAAAAAAAAAAAAAAAAg';
const OTHER = 'AAAAAAAAAAAAAAAAAAAAAw';

function answer(leaderId: number, leaderEpoch: number, topicId = ID, errorCode = 0): MetadataAnswer {
  return {
    brokers: [1, 2].map((nodeId) => ({ nodeId, host: `h${nodeId}`, port: 9092, rack: null })),
    clusterId: 'c',
    controllerId: 1,
    topics: [
      {
        errorCode,
        name: 't',
        topicId,
        isInternal: false,
        partitions: [
          {
            errorCode: 0,
            partitionIndex: 0,
            leaderId,
            leaderEpoch,
            replicaNodes: [1, 2],
            isrNodes: [1, 2],
            offlineReplicas: [],
          },
        ],
      },
    ],
  };
}

test('an answer with a lower leader epoch does not bring an old leader back', () => {
  const image = new ClusterImage();
  image.update(answer(2, 7));
  image.update(answer(1, 6));
  assert.deepEqual([image.leaderOf('t', 0)!.broker.id, image.leaderOf('t', 0)!.epoch], [2, 7]);
  image.update(answer(1, 8));
  assert.equal(image.leaderOf('t', 0)!.broker.id, 1);
});

test('a topic made anew under its old name begins at its own epochs', () => {
  const image = new ClusterImage();
  image.update(answer(2, 7));
  image.update(answer(1, 0, OTHER));
  assert.deepEqual([image.leaderOf('t', 0)!.broker.id, image.leaderOf('t', 0)!.epoch], [1, 0]);
  assert.equal(image.nameOf(ID), undefined);
  assert.equal(image.nameOf(OTHER), 't');
});

test('a broker that is behind does not bring the replaced topic back, unless it is told again and again', () => {
  const image = new ClusterImage();
  image.update(answer(1, 4));
  image.update(answer(1, 0, OTHER));
  for (const _ of [1, 2]) {
    image.update(answer(1, 4));
    assert.equal(image.topics.get('t')!.id, OTHER);
  }
  image.update(answer(1, 5));
  assert.equal(image.topics.get('t')!.id, ID);
});

test('a topic that was not known for a moment keeps the leader epochs that it had', () => {
  const image = new ClusterImage();
  image.update(answer(2, 7));
  image.update(answer(1, 0, ID, 3));
  image.update(answer(1, 6));
  assert.deepEqual([image.leaderOf('t', 0)!.broker.id, image.leaderOf('t', 0)!.epoch], [2, 7]);
  assert.equal(image.nameOf(ID), 't');
});

test('a topic that is gone is forgotten, one whose answer failed for now is kept', () => {
  const image = new ClusterImage();
  image.update(answer(1, 0));
  assert.deepEqual([...image.update(answer(1, 0, ID, 5))], [['t', 5]]);
  assert.ok(image.topics.has('t'));
  image.update(answer(1, 0, ID, 3));
  assert.equal(image.topics.has('t'), false);
  assert.equal(image.leaderOf('t', 0), undefined);
});

test('a partition without a leader, or with one that is not among the brokers, has none', () => {
  const image = new ClusterImage();
  image.update(answer(-1, 3));
  assert.equal(image.leaderOf('t', 0), undefined);
  image.update(answer(9, 4));
  assert.equal(image.leaderOf('t', 0), undefined);
});
