/** Transactions from begin to end, under TV1 and TV2: what readers see, what is fenced, what times out. */
import {
  addOffsetsToTxn,
  addPartitionsToTxn,
  deleteGroups,
  describeGroups,
  endTxn,
  initProducerId,
  listOffsets,
  offsetDelete,
  offsetFetch,
} from '../../../../src/wire/index.ts';
import type { Caller } from '../harness/caller.ts';
import { type Scene, script } from '../harness/script.ts';
import type { Stage } from '../harness/stage.ts';
import { fetchOf, groupIsReady } from './committed.ts';
import { batch, read, send, type Topic } from './requests.ts';
import { beginTransaction, initialise, isSettled, type ProtocolVersion } from './transactional-producer.ts';

/** What both kinds of readers see, and where the partition ends for them. */
async function look(on: Caller, topic: Topic, as: string): Promise<void> {
  await read(on, topic, 0, { as });
  await read(on, topic, 0, { as: `${as}, committed`, committed: true });
  for (const isolationLevel of [0, 1]) {
    const topics = [{ name: topic.name, partitions: [{ partitionIndex: 0, timestamp: -1 }] }];
    await on.call(
      listOffsets,
      8,
      { replicaId: -1, isolationLevel, topics },
      { as: `${as}, isolation ${isolationLevel}` },
    );
  }
}

async function topicOf(on: Stage, name: string, partitions = 1): Promise<Topic> {
  return { name, id: await on.topic(name, { partitions }) };
}

function scenesOf(protocol: ProtocolVersion): Record<string, Scene> {
  const prefix = `tv${protocol}`;
  const produceVersion = protocol === 1 ? 11 : 12;
  const endVersions = (on: Stage) => on.versions(endTxn, protocol === 1 ? 0 : 5, protocol === 1 ? 4 : Infinity);
  return {
    [`TV${protocol}: a commit, an abort, and another commit`]: async (on) => {
      const topic = await topicOf(on, `${prefix}-outcomes`, 2);
      const transaction = await beginTransaction(on, `${prefix}-outcomes`, protocol);
      await transaction.send(topic, ['a', 'b']);
      await transaction.send(topic, ['other'], { partition: 1 });
      await look(on, topic, 'open');
      await transaction.send(topic, ['c']);
      await transaction.end(true);
      await look(on, topic, 'committed');
      await transaction.send(topic, ['d']);
      await transaction.send(topic, ['e']);
      await look(on, topic, 'open again');
      await transaction.end(false);
      await look(on, topic, 'aborted');
      await transaction.send(topic, ['f']);
      await transaction.end(true);
      await look(on, topic, 'committed again');
      for (const fetchOffset of [3, 4, 5, 6]) {
        await read(on, topic, fetchOffset, { committed: true, as: `committed from ${fetchOffset}` });
      }
    },

    [`TV${protocol}: duplicates and gaps inside a transaction`]: async (on) => {
      const topic = await topicOf(on, `${prefix}-sequences`);
      const id = `${prefix}-sequences`;
      const transaction = await beginTransaction(on, id, protocol);
      await transaction.send(topic, ['a', 'b']);
      const of = (baseSequence: number, epoch = transaction.producer.producerEpoch) =>
        batch(['x', 'y'], { ...transaction.producer, producerEpoch: epoch, baseSequence, transactional: true });
      const options = { version: produceVersion, transactionalId: id };
      await send(on, topic, of(0), { ...options, as: 'again' });
      await send(on, topic, of(7), { ...options, as: 'a gap' });
      await send(on, topic, of(2), { ...options, as: 'the next' });
      await send(on, topic, of(4, transaction.producer.producerEpoch + 1), { ...options, as: 'a later epoch' });
      const plain = batch(['z'], { ...transaction.producer, baseSequence: 4 });
      await send(on, topic, plain, { version: produceVersion, as: 'not transactional' });
      await transaction.end(false);
      await send(on, topic, of(4), { ...options, as: 'after the end' });
      await send(on, topic, of(0), { ...options, as: 'after the end, from 0' });
      await look(on, topic, 'at the end');
    },

    [`TV${protocol}: EndTxn in every version and every state`]: async (on) => {
      for (const version of endVersions(on)) {
        const name = `${prefix}-end-${version}`;
        const topic = await topicOf(on, name);
        const transaction = await beginTransaction(on, name, protocol);
        const end = (committed: boolean, as: string, change: { epoch?: number; id?: number; name?: string } = {}) => {
          const { producerId, producerEpoch } = transaction.producer;
          return on.until(
            endTxn,
            version,
            {
              transactionalId: change.name ?? name,
              producerId: change.id ?? producerId,
              producerEpoch: producerEpoch + (change.epoch ?? 0),
              committed,
            },
            ({ errorCode }) => isSettled(errorCode),
            { as },
          );
        };
        await end(true, 'commit of nothing');
        await end(true, 'no such transaction', { name: `${prefix}-no-such-id` });
        await end(true, 'an empty name', { name: '' });
        await end(true, 'another producer id', { id: 424_242 });
        await end(true, 'a later epoch', { epoch: 1 });
        await end(true, 'an earlier epoch', { epoch: -1 });
        await transaction.send(topic, ['a']);
        await end(true, 'a later epoch, open', { epoch: 1 });
        await end(true, 'an earlier epoch, open', { epoch: -1 });
        await end(true, 'another producer id, open', { id: 424_242 });
        const before = transaction.producer;
        await transaction.end(true);
        const old = before.producerEpoch - transaction.producer.producerEpoch;
        await end(true, 'commit again', { epoch: old });
        await end(false, 'abort after the commit', { epoch: old });
        if (protocol === 2) {
          await end(true, 'commit of nothing, with the new epoch');
          await end(false, 'abort of nothing, with the new epoch');
          await end(true, 'commit after the empty abort', { epoch: 1 });
        }
        await look(on, topic, 'at the end');
      }
    },

    [`TV${protocol}: abort in every state`]: async (on) => {
      for (const version of endVersions(on)) {
        const name = `${prefix}-abort-${version}`;
        const topic = await topicOf(on, name);
        const transaction = await beginTransaction(on, name, protocol);
        const end = (committed: boolean, as: string, epoch: number) => {
          const body = { transactionalId: name, ...transaction.producer, producerEpoch: epoch, committed };
          return on.until(endTxn, version, body, ({ errorCode }) => isSettled(errorCode), { as });
        };
        await transaction.send(topic, ['a']);
        const { producerEpoch } = transaction.producer;
        await transaction.end(false);
        await end(false, 'abort again', producerEpoch);
        await end(true, 'commit after the abort', producerEpoch);
        await look(on, topic, 'at the end');
      }
      const name = `${prefix}-abort-nothing`;
      const { producer } = await beginTransaction(on, name, protocol);
      const version = protocol === 1 ? 4 : 5;
      const body = { transactionalId: name, ...producer, committed: false };
      await on.until(endTxn, version, body, ({ errorCode }) => isSettled(errorCode), { as: 'abort of nothing' });
      await on.until(endTxn, version, body, ({ errorCode }) => isSettled(errorCode), { as: 'and again' });
    },

    [`TV${protocol}: a successor fences and aborts`]: async (on) => {
      const topic = await topicOf(on, `${prefix}-fencing`);
      const id = `${prefix}-fencing`;
      const zombie = await beginTransaction(on, id, protocol);
      await zombie.send(topic, ['lost']);
      const taking = { transactionalId: id, transactionTimeoutMs: 60_000 };
      await on.call(initProducerId, 5, taking, { as: 'while a transaction is open' });
      const abort = { transactionalId: id, ...zombie.producer, committed: false };
      const settled = ({ errorCode }: { errorCode: number }) => isSettled(errorCode);
      await on.until(endTxn, protocol === 1 ? 4 : 5, abort, settled, { as: 'the zombie aborts too' });
      const successor = await beginTransaction(on, id, protocol);
      await look(on, topic, 'the successor has come');
      const records = batch(['zombie'], { ...zombie.producer, baseSequence: 1, transactional: true });
      await send(on, topic, records, { version: produceVersion, transactionalId: id, as: 'a zombie' });
      for (const version of on.versions(endTxn)) {
        const body = { transactionalId: id, ...zombie.producer, committed: true };
        await on.call(endTxn, version, body, { as: 'a zombie' });
      }
      for (const version of on.versions(addPartitionsToTxn, 0, 3)) {
        const body = {
          v3AndBelowTransactionalId: id,
          v3AndBelowProducerId: zombie.producer.producerId,
          v3AndBelowProducerEpoch: zombie.producer.producerEpoch,
          v3AndBelowTopics: [{ name: topic.name, partitions: [0] }],
        };
        await on.call(addPartitionsToTxn, version, body, { as: 'a zombie' });
      }
      for (const version of on.versions(addOffsetsToTxn)) {
        const body = { transactionalId: id, ...zombie.producer, groupId: `${prefix}-group` };
        await on.call(addOffsetsToTxn, version, body, { as: 'a zombie' });
      }
      for (const version of on.versions(initProducerId, 3)) {
        const body = { transactionalId: id, transactionTimeoutMs: 60_000, ...zombie.producer };
        await on.call(initProducerId, version, body, { as: 'a zombie' });
      }
      await successor.send(topic, ['kept']);
      await send(on, topic, records, { version: produceVersion, transactionalId: id, as: 'a zombie, in the next' });
      await successor.end(true);
      await look(on, topic, 'at the end');
    },

    [`TV${protocol}: a commit that is delayed into the next transaction`]: async (on) => {
      const topic = await topicOf(on, `${prefix}-delayed`);
      const id = `${prefix}-delayed`;
      const transaction = await beginTransaction(on, id, protocol);
      await transaction.send(topic, ['first']);
      const delayed = { transactionalId: id, ...transaction.producer, committed: true };
      await transaction.end(true);
      await transaction.send(topic, ['second']);
      const settled = ({ errorCode }: { errorCode: number }) => isSettled(errorCode);
      await on.until(endTxn, protocol === 1 ? 4 : 5, delayed, settled, { as: 'delayed' });
      await on.until(endTxn, protocol === 1 ? 4 : 5, delayed, settled, { as: 'delayed, until it is whole' });
      await look(on, topic, 'after it');
      await transaction.send(topic, ['third']);
      await transaction.end(false);
      await look(on, topic, 'at the end');
    },

    [`TV${protocol}: two producers in one partition`]: async (on) => {
      const topic = await topicOf(on, `${prefix}-two`);
      const [a, b] = [on.client('a'), on.client('b')];
      const one = await beginTransaction(a, `${prefix}-two-a`, protocol);
      const other = await beginTransaction(b, `${prefix}-two-b`, protocol);
      await one.send(topic, ['a1']);
      await other.send(topic, ['b1']);
      await one.send(topic, ['a2']);
      await other.end(false);
      await look(on, topic, 'the second has aborted');
      await other.send(topic, ['b2']);
      await one.end(false);
      await look(on, topic, 'the first has aborted');
      await one.send(topic, ['a3']);
      await other.end(true);
      await look(on, topic, 'the second has committed');
      await one.end(true);
      for (let offset = 0; offset < 10; offset++) {
        await read(on, topic, offset, { committed: true, as: `committed from ${offset}` });
        await read(on, topic, offset, { committed: true, request: { maxBytes: 80 }, as: `little from ${offset}` });
      }
    },

    [`TV${protocol}: offsets of a group that is deleted in the middle`]: async (on) => {
      const topic = await topicOf(on, `${prefix}-deleted-group`);
      const group = `${prefix}-deleted-group`;
      await groupIsReady(on, group);
      const transaction = await beginTransaction(on, group, protocol);
      await transaction.sendOffset(group, topic, 5);
      await on.call(describeGroups, 6, { groups: [group] });
      const topics = [{ name: topic.name, partitions: [{ partitionIndex: 0 }] }];
      await on.call(offsetDelete, 0, { groupId: group, topics }, { as: 'of an offset that is pending' });
      await on.call(offsetFetch, 7, { ...fetchOf(group, topic), requireStable: true }, { as: 'an offset is deleted' });
      await on.call(deleteGroups, 2, { groupsNames: [group] });
      await on.call(offsetFetch, 7, { ...fetchOf(group, topic), requireStable: true }, { as: 'the group is deleted' });
      await transaction.end(true);
      await on.call(offsetFetch, 7, fetchOf(group, topic), { as: 'committed' });
    },

    [`TV${protocol}: a transaction that takes too long`]: async (on) => {
      const topic = await topicOf(on, `${prefix}-timeout`);
      const id = `${prefix}-timeout`;
      const transaction = await beginTransaction(on, id, protocol, 300);
      await transaction.send(topic, ['late']);
      const isolated = {
        replicaId: -1,
        isolationLevel: 1,
        topics: [{ name: topic.name, partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
      };
      await on.until(listOffsets, 8, isolated, ({ topics }) => topics[0]!.partitions[0]!.offset === 2, {
        as: 'aborted',
      });
      await look(on, topic, 'timed out');
      const body = { transactionalId: id, ...transaction.producer, committed: true };
      for (const version of endVersions(on)) {
        await on.until(endTxn, version, body, ({ errorCode }) => isSettled(errorCode), { as: 'too late' });
      }
      const records = batch(['x'], { ...transaction.producer, baseSequence: 1, transactional: true });
      await send(on, topic, records, { version: produceVersion, transactionalId: id, as: 'too late' });
      const again = { version: protocol === 1 ? 4 : 5, current: transaction.producer, as: 'recovers' };
      await initialise(on, id, again);
    },

    [`TV${protocol}: offsets in a transaction`]: async (on) => {
      const topic = await topicOf(on, `${prefix}-offsets`);
      const group = `${prefix}-offsets`;
      await groupIsReady(on, group);
      const see = async (as: string) => {
        for (const version of on.versions(offsetFetch)) {
          await on.call(offsetFetch, version, fetchOf(group, topic), { as });
          if (version < 7) continue;
          await on.call(
            offsetFetch,
            version,
            { ...fetchOf(group, topic), requireStable: true },
            { as: `${as}, stable` },
          );
          const all = { ...fetchOf(group, null), requireStable: true };
          await on.call(offsetFetch, version, all, { as: `${as}, all of them stable` });
        }
      };
      const transaction = await beginTransaction(on, `${prefix}-offsets`, protocol);
      await transaction.send(topic, ['a']);
      await transaction.sendOffset(group, topic, 5);
      await see('open');
      await transaction.end(false);
      await see('aborted');
      await transaction.sendOffset(group, topic, 7);
      await transaction.end(true);
      await on.until(
        offsetFetch,
        7,
        { ...fetchOf(group, topic), requireStable: true },
        ({ topics }) => topics[0]!.partitions[0]!.errorCode === 0,
      );
      await see('committed');
    },
  };
}

export const transactionsScript = script('transactions', { ...scenesOf(1), ...scenesOf(2) });
