/** The requests of transactions one by one, in every version, with good and bad arguments. */
import { addOffsetsToTxn, addPartitionsToTxn, initProducerId, txnOffsetCommit } from '../../../../src/wire/index.ts';
import { script } from '../harness/script.ts';
import { groupIsReady } from './committed.ts';
import { initialise, isSettled } from './transactional-producer.ts';

export const transactionRequestsScript = script('requests of transactions', {
  'producer ids in every version': async (on) => {
    for (const version of on.versions(initProducerId)) {
      const ask = (as: string, body: object) =>
        on.until(
          initProducerId,
          version,
          { transactionalId: null, transactionTimeoutMs: 60_000, ...body },
          ({ errorCode }) => isSettled(errorCode),
          { as },
        );
      const id = `init-${version}`;
      await ask('no id', {});
      await ask('an empty id', { transactionalId: '' });
      await ask('a new id', { transactionalId: id });
      const { producerId, producerEpoch } = await ask('again', { transactionalId: id });
      await ask('the longest timeout', { transactionalId: id, transactionTimeoutMs: 900_000 });
      await ask('too long a timeout', { transactionalId: id, transactionTimeoutMs: 900_001 });
      await ask('no timeout', { transactionalId: id, transactionTimeoutMs: 0 });
      await ask('a negative timeout', { transactionalId: id, transactionTimeoutMs: -5 });
      await ask('no id, and no timeout', { transactionTimeoutMs: -1 });
      if (version < 3) continue;
      await ask('the epoch before the last', { transactionalId: id, producerId, producerEpoch });
      const now = await ask('from nothing', { transactionalId: id });
      await ask('the current epoch', {
        transactionalId: id,
        producerId: now.producerId,
        producerEpoch: now.producerEpoch,
      });
      await ask('a retry of it', { transactionalId: id, producerId: now.producerId, producerEpoch: now.producerEpoch });
      await ask('a later epoch', {
        transactionalId: id,
        producerId: now.producerId,
        producerEpoch: now.producerEpoch + 9,
      });
      await ask('another producer', { transactionalId: id, producerId: 434_343, producerEpoch: 0 });
      await ask('an id but no epoch', { transactionalId: id, producerId: now.producerId, producerEpoch: -1 });
      await ask('an epoch but no id', { transactionalId: id, producerId: -1, producerEpoch: 3 });
      await ask('not transactional, with a producer', { producerId: now.producerId, producerEpoch: now.producerEpoch });
      await ask('an unknown id with a producer', { transactionalId: `${id}-new`, producerId: 9, producerEpoch: 9 });
    }
  },

  'partitions are added in every version': async (on) => {
    const topic = { name: 'add-partitions', id: await on.topic('add-partitions', { partitions: 3 }) };
    for (const version of on.versions(addPartitionsToTxn)) {
      const id = `add-partitions-${version}`;
      const { producerId, producerEpoch } = await initialise(on, id);
      const ask = (
        as: string,
        topics: { name: string; partitions: number[] }[],
        change: { id?: string; producerId?: number; epoch?: number; verifyOnly?: boolean } = {},
      ) => {
        const one = {
          transactionalId: change.id ?? id,
          producerId: change.producerId ?? producerId,
          producerEpoch: producerEpoch + (change.epoch ?? 0),
          topics,
        };
        const body = {
          v3AndBelowTransactionalId: one.transactionalId,
          v3AndBelowProducerId: one.producerId,
          v3AndBelowProducerEpoch: one.producerEpoch,
          v3AndBelowTopics: topics,
          transactions: [{ ...one, verifyOnly: change.verifyOnly ?? false }],
        };
        return on.call(addPartitionsToTxn, version, body, { as });
      };
      const here = (...partitions: number[]) => [{ name: topic.name, partitions }];
      if (version >= 4) await ask('is it in, before', here(0), { verifyOnly: true });
      await ask('two', here(0, 1));
      await ask('one of them and a third', here(1, 2));
      if (version >= 4) await ask('is it in', here(0, 1, 2), { verifyOnly: true });
      await ask('no partition', here(7));
      await ask('one of two', here(0, 7));
      await ask('no topic', [{ name: 'add-partitions-no-such-topic', partitions: [0] }]);
      await ask('nothing', []);
      await ask('another producer', here(0), { producerId: 454_545 });
      await ask('a later epoch', here(0), { epoch: 1 });
      await ask('an earlier epoch', here(0), { epoch: -1 });
      await ask('an id that is not known', here(0), { id: 'add-partitions-nobody' });
      await ask('an empty id', here(0), { id: '' });
      if (version >= 4) {
        for (const [as, change] of Object.entries({
          'another producer': { producerId: 454_545 },
          'a later epoch': { epoch: 1 },
          'an earlier epoch': { epoch: -1 },
          'an id that is not known': { id: 'add-partitions-nobody' },
        })) {
          await ask(`is it in: ${as}`, here(0), { ...change, verifyOnly: true });
        }
        await on.attempt(addPartitionsToTxn, version, { transactions: [] }, { as: 'no transactions', timeoutMs: 500 });
      }
    }
  },

  'offsets are added in every version': async (on) => {
    for (const version of on.versions(addOffsetsToTxn)) {
      const transactionalId = `add-offsets-${version}`;
      const { producerId, producerEpoch } = await initialise(on, transactionalId);
      const ask = (as: string, change: object = {}) =>
        on.until(
          addOffsetsToTxn,
          version,
          { transactionalId, producerId, producerEpoch, groupId: 'add-offsets', ...change },
          ({ errorCode }) => isSettled(errorCode),
          { as },
        );
      await ask('a group');
      await ask('again');
      await ask('no group', { groupId: '' });
      await ask('another producer', { producerId: 464_646 });
      await ask('a later epoch', { producerEpoch: producerEpoch + 1 });
      await ask('an id that is not known', { transactionalId: 'add-offsets-nobody' });
      await ask('an empty id', { transactionalId: '' });
    }
  },

  'transactional offsets in every version': async (on) => {
    const topic = { name: 'txn-offsets', id: await on.topic('txn-offsets') };
    for (const version of on.versions(txnOffsetCommit)) {
      const transactionalId = `txn-offsets-${version}`;
      const groupId = `txn-offsets-${version}`;
      await groupIsReady(on, groupId);
      const { producerId, producerEpoch } = await initialise(on, transactionalId);
      const partition = { partitionIndex: 0, committedOffset: 3, committedLeaderEpoch: 0, committedMetadata: 'm' };
      const ask = (as: string, change: object = {}) => {
        const topics = [{ name: topic.name, partitions: [partition] }];
        const body = { transactionalId, groupId, producerId, producerEpoch, topics, ...change };
        return on.call(txnOffsetCommit, version, body, { as });
      };
      const add = () =>
        on.until(addOffsetsToTxn, 3, { transactionalId, producerId, producerEpoch, groupId }, ({ errorCode }) =>
          isSettled(errorCode),
        );
      if (version < 5) {
        await ask('before the group is added');
        await add();
      }
      await ask('an offset');
      await ask('no partition', { topics: [{ name: topic.name, partitions: [{ ...partition, partitionIndex: 9 }] }] });
      await ask('no topic', { topics: [{ name: 'txn-offsets-no-such-topic', partitions: [partition] }] });
      await ask('nothing', { topics: [] });
      await ask('no group', { groupId: '' });
      await ask('another producer', { producerId: 474_747 });
      await ask('a later epoch', { producerEpoch: producerEpoch + 1 });
      await ask('an id that is not known', { transactionalId: 'txn-offsets-nobody' });
      await ask('metadata too long', {
        topics: [{ name: topic.name, partitions: [{ ...partition, committedMetadata: 'x'.repeat(4097) }] }],
      });
      if (version >= 3) {
        await ask('a generation of nobody', { generationId: 5, memberId: 'nobody' });
        await ask('a generation only', { generationId: 5 });
        await ask('an instance of nobody', { groupInstanceId: 'nobody', memberId: 'nobody' });
      }
    }
  },
});
