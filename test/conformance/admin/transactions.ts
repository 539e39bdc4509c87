/** DescribeProducers, DescribeTransactions, ListTransactions, WriteTxnMarkers: what find-hanging and abort are made of. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as wire from '../../../src/wire/index.ts';
import { eventually, unique } from '../cluster.ts';
import { type Producer, type Raw, TIMESTAMP } from './raw.ts';

export function transactionScenarios(raw: Raw): void {
  const producersOf = async (topic: string, partitions: number[]) => {
    const { topics } = await raw.call(wire.describeProducers, 0, {
      topics: [{ name: topic, partitionIndexes: partitions }],
    });
    return topics[0]!.partitions;
  };
  const openTransaction = async (topic: string, count: number): Promise<Producer> => {
    const producer = await raw.producer(unique('tx'));
    await raw.addPartitions(producer, topic, [0]);
    await raw.produce(topic, 0, count, producer);
    return producer;
  };

  test('a partition tells of its producers and their open transactions', async () => {
    const topic = await raw.topic('producers', 2);
    const { transactionalId: _, ...producer } = await openTransaction(topic, 3);
    const [first, second, missing] = await producersOf(topic, [0, 1, 9]);
    assert.deepEqual(first, {
      partitionIndex: 0,
      errorCode: 0,
      errorMessage: null,
      activeProducers: [
        { ...producer, lastSequence: 2, lastTimestamp: TIMESTAMP + 2, coordinatorEpoch: -1, currentTxnStartOffset: 0 },
      ],
    });
    assert.deepEqual(second, { partitionIndex: 1, errorCode: 0, errorMessage: null, activeProducers: [] });
    assert.deepEqual([missing!.errorCode, missing!.errorMessage], [3, null]);
    const [unknown] = await producersOf('no-such-topic', [0]);
    assert.deepEqual(
      [unknown!.errorCode, unknown!.errorMessage],
      [3, 'This server does not host this topic-partition.'],
    );
    const [invalid] = await producersOf('b ad', [0]);
    assert.equal(invalid!.errorCode, 17);
  });

  test('transactional ids are described through their lives', async () => {
    const topic = await raw.topic('described', 3);
    const producer = await raw.producer(unique('tx'));
    const { transactionalId, producerId, producerEpoch } = producer;
    const describe = async () => {
      const { transactionStates } = await raw.call(wire.describeTransactions, 0, {
        transactionalIds: [transactionalId],
      });
      return transactionStates[0]!;
    };
    const common = { errorCode: 0, transactionalId, transactionTimeoutMs: 60_000, producerId, producerEpoch };
    const empty = { ...common, transactionState: 'Empty', transactionStartTimeMs: -1, topics: [] };
    assert.deepEqual(await describe(), empty);
    await raw.addPartitions(producer, topic, [2, 0]);
    const { transactionStartTimeMs, ...ongoing } = await describe();
    assert.deepEqual(ongoing, {
      ...common,
      transactionState: 'Ongoing',
      topics: [{ topic, partitions: ongoing.topics[0]!.partitions }],
    });
    assert.deepEqual([...ongoing.topics[0]!.partitions].sort(), [0, 2]);
    await raw.end(producer, true);
    await eventually('it is complete', async () => (await describe()).transactionState === 'CompleteCommit');
    assert.deepEqual(await describe(), {
      ...common,
      transactionState: 'CompleteCommit',
      transactionStartTimeMs,
      topics: [],
    });
  });

  test('an id that is unknown, or empty, is refused by itself', async () => {
    const { transactionalId } = await raw.producer(unique('tx'));
    const transactionalIds = [transactionalId, unique('unknown'), '', transactionalId];
    const { transactionStates } = await raw.call(wire.describeTransactions, 0, { transactionalIds });
    assert.deepEqual(
      transactionStates.map(({ errorCode }) => errorCode),
      [0, 105, 42, 0],
    );
    assert.deepEqual(
      transactionStates.map((each) => each.transactionalId),
      transactionalIds,
    );
    assert.deepEqual((await raw.call(wire.describeTransactions, 0, { transactionalIds: [] })).transactionStates, []);
  });

  test('transactional ids are listed by state, producer id, duration and pattern', async () => {
    const topic = await raw.topic('listed');
    const ongoing = await openTransaction(topic, 1);
    const idle = await raw.producer(unique('idle'));
    const ours = new Map([
      [ongoing.transactionalId, 'ongoing'],
      [idle.transactionalId, 'idle'],
    ]);
    const list = async (version: number, filters: wire.ListTransactionsRequestInput) => {
      const { errorCode, unknownStateFilters, transactionStates } = await raw.call(
        wire.listTransactions,
        version,
        filters,
      );
      const names = transactionStates.flatMap(({ transactionalId }) => ours.get(transactionalId) ?? []).sort();
      return [errorCode, unknownStateFilters.sort(), names];
    };
    for (const version of [0, 1, 2]) assert.deepEqual(await list(version, {}), [0, [], ['idle', 'ongoing']]);
    assert.deepEqual(await list(0, { stateFilters: ['Ongoing', 'empty', 'bogus'] }), [
      0,
      ['bogus', 'empty'],
      ['ongoing'],
    ]);
    assert.deepEqual(await list(1, { stateFilters: ['bogus'] }), [0, ['bogus'], []]);
    assert.deepEqual(await list(2, { producerIdFilters: [idle.producerId] }), [0, [], ['idle']]);
    assert.deepEqual(await list(1, { durationFilter: 3_600_000, stateFilters: ['Ongoing'] }), [0, [], []]);
    assert.deepEqual(await list(2, { durationFilter: -1 }), [0, [], ['idle', 'ongoing']]);
    assert.deepEqual(await list(2, { transactionalIdPattern: '' }), [0, [], ['idle', 'ongoing']]);
    assert.deepEqual(await list(2, { transactionalIdPattern: 'tx' }), [0, [], []]);
    assert.deepEqual(await list(2, { transactionalIdPattern: 'tx-[[:xdigit:]]+|TX' }), [0, [], ['ongoing']]);
    assert.deepEqual(await list(2, { transactionalIdPattern: '(?i)IDLE\\W.*' }), [0, [], ['idle']]);
    for (const transactionalIdPattern of ['(ab', '(a)\\1', '(?=a)b', '*', 'a**', 'a{1001}']) {
      assert.deepEqual(await list(2, { transactionalIdPattern, stateFilters: ['bogus'] }), [128, [], []]);
    }
  });

  test('a marker written by hand ends a hanging transaction, one of an older epoch does not', async () => {
    const topic = await raw.topic('markers');
    const { producerId, producerEpoch } = await openTransaction(topic, 2);
    const write = async (
      version: number,
      more: { producerEpoch?: number; transactionVersion?: number; topic?: string },
    ) => {
      const { topic: name = topic, ...marker } = more;
      const { markers } = await raw.call(wire.writeTxnMarkers, version, {
        markers: [
          {
            producerId,
            producerEpoch,
            coordinatorEpoch: 0,
            transactionResult: false,
            topics: [{ name, partitionIndexes: [0] }],
            ...marker,
          },
        ],
      });
      return markers.map((each) => each.topics[0]!.partitions[0]!.errorCode);
    };
    assert.deepEqual(await write(1, { topic: 'no-such-topic' }), [3]);
    assert.deepEqual(await write(2, { transactionVersion: 2 }), [47]);
    assert.equal((await producersOf(topic, [0]))[0]!.activeProducers[0]!.currentTxnStartOffset, 0);
    assert.deepEqual(await write(1, {}), [0]);
    const [after] = (await producersOf(topic, [0]))[0]!.activeProducers;
    assert.deepEqual([after!.currentTxnStartOffset, after!.coordinatorEpoch, after!.lastSequence], [-1, 0, 1]);
    const none = { producerId, producerEpoch, coordinatorEpoch: 0, transactionResult: false };
    const answer = await raw.call(wire.writeTxnMarkers, 1, {
      markers: [
        { ...none, topics: [] },
        { ...none, topics: [{ name: topic, partitionIndexes: [] }] },
      ],
    });
    assert.deepEqual(answer.markers, []);
  });
}
