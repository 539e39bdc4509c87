/**
 * Both brokers die between two series of requests: leader epochs, what producers have sent, groups with their offsets,
 * and transactions that were open.
 */
import {
  endTxn,
  fetch,
  heartbeat,
  listOffsets,
  metadata,
  offsetCommit,
  offsetFetch,
  offsetForLeaderEpoch,
} from '../../../../src/wire/index.ts';
import { script } from '../harness/script.ts';
import type { Stage } from '../harness/stage.ts';
import { commitOf, fetchOf, groupIsReady } from './committed.ts';
import { enter, sync } from './group-member.ts';
import { batch, fetchRequest, idempotentProducer, read, send, type Topic } from './requests.ts';
import { beginTransaction, initialise, isSettled } from './transactional-producer.ts';

/** The leader epoch that clients are told. */
async function epochOf(on: Stage, topic: Topic): Promise<number> {
  const { topics } = await on.quietly(metadata, 12, { topics: [{ name: topic.name }], allowAutoTopicCreation: false });
  return topics[0]!.partitions[0]!.leaderEpoch;
}

/** Every request that says which leader epoch it believes in. */
async function askByEpoch(on: Stage, topic: Topic, epoch: number, as: string): Promise<void> {
  for (const version of on.versions(fetch, 9)) {
    const body = fetchRequest(topic, [{ partition: 0, fetchOffset: 0, currentLeaderEpoch: epoch }]);
    await on.call(fetch, version, body, { as });
  }
  for (const version of on.versions(listOffsets, 4)) {
    const partitions = [{ partitionIndex: 0, timestamp: -1, currentLeaderEpoch: epoch }];
    await on.call(listOffsets, version, { replicaId: -1, topics: [{ name: topic.name, partitions }] }, { as });
  }
  for (const version of on.versions(offsetForLeaderEpoch)) {
    const partitions = [{ partition: 0, leaderEpoch: 0, currentLeaderEpoch: epoch }];
    await on.call(offsetForLeaderEpoch, version, { topics: [{ topic: topic.name, partitions }] }, { as });
  }
}

export const crashScript = script('after a crash', {
  'what is stored is still known, and who has the old leader epoch is told': async (on) => {
    const topic = { name: 'crash', id: await on.topic('crash') };
    const epochBefore = await epochOf(on, topic);
    await askByEpoch(on, topic, epochBefore, 'before');

    const producer = await idempotentProducer(on);
    const numbered = (baseSequence: number) => batch([`number ${baseSequence}`], { ...producer, baseSequence });
    for (let sequence = 0; sequence < 7; sequence++) await send(on, topic, numbered(sequence));

    const group = 'crash-group';
    await groupIsReady(on, group);
    const { memberId, generationId } = await enter(on, group, { sessionTimeoutMs: 60_000 });
    await sync(on, group, generationId, memberId, [memberId]);
    const commit = (offset: number) => ({
      ...commitOf(group, topic, { offset, epoch: 0, metadata: 'kept' }),
      generationIdOrMemberEpoch: generationId,
      memberId,
    });
    await on.call(offsetCommit, 9, commit(3), { as: 'of a member' });

    const transactions = [];
    for (const protocol of [1, 2] as const) {
      for (const committed of [true, false]) {
        const id = `crash-tv${protocol}-${committed ? 'commits' : 'aborts'}`;
        const transaction = await beginTransaction(on, id, protocol);
        await transaction.send(topic, [`${id} one`]);
        await transaction.sendOffset(`${id}-group`, topic, 5);
        transactions.push({ id, transaction, committed });
      }
    }
    const fenced = await beginTransaction(on, 'crash-fenced', 2);
    await fenced.send(topic, ['of a producer that comes back']);

    await on.crash();
    await on.ready(topic.name);

    const epoch = await epochOf(on, topic);
    for (const version of on.versions(metadata, 9)) {
      const topics = [{ name: topic.name, topicId: topic.id }];
      await on.call(metadata, version, { topics, allowAutoTopicCreation: false }, { as: 'after it' });
    }
    await askByEpoch(on, topic, epochBefore, 'the epoch of before');
    await askByEpoch(on, topic, epoch, 'the epoch of now');
    await askByEpoch(on, topic, epoch + 1, 'an epoch that is to come');

    await send(on, topic, numbered(6), { as: 'a duplicate of the last' });
    await send(on, topic, numbered(2), { as: 'a duplicate of the fifth last' });
    await send(on, topic, numbered(1), { as: 'a duplicate of an older one' });
    await send(on, topic, numbered(9), { as: 'a gap' });
    await send(on, topic, numbered(7), { as: 'the next' });
    for (const asked of [0, epoch]) {
      const partitions = [{ partition: 0, leaderEpoch: asked, currentLeaderEpoch: -1 }];
      const as = asked === 0 ? 'where the old epoch ended' : 'where the new one ends';
      await on.call(offsetForLeaderEpoch, 4, { topics: [{ topic: topic.name, partitions }] }, { as });
    }

    await groupIsReady(on, group);
    const alive = { groupId: group, generationId, memberId, groupInstanceId: null };
    await on.call(heartbeat, 4, alive, { as: 'of a member of before' });
    await on.call(offsetFetch, 8, fetchOf(group, topic), { as: 'what was committed before' });
    await on.call(offsetCommit, 9, commit(4), { as: 'of a member of before' });
    await on.call(
      offsetCommit,
      9,
      { ...commit(4), generationIdOrMemberEpoch: generationId + 1 },
      { as: 'of no member' },
    );
    await on.call(offsetFetch, 8, fetchOf(group, topic), { as: 'what was committed since' });

    await read(on, topic, 7, { committed: true, as: 'up to the open transactions' });
    for (const { id, transaction, committed } of transactions) {
      await groupIsReady(on, `${id}-group`);
      await transaction.send(topic, [`${id} two`], { as: 'into a transaction of before' });
      await on.call(offsetFetch, 8, { ...fetchOf(`${id}-group`, topic), requireStable: true }, { as: 'still pending' });
      await transaction.end(committed, committed ? 'commit what was begun before' : 'abort what was begun before');
      await on.call(offsetFetch, 8, fetchOf(`${id}-group`, topic), { as: 'its offsets' });
    }
    await initialise(on, 'crash-fenced', { as: 'by the next owner' });
    const { producer: zombie } = fenced;
    const end = { transactionalId: 'crash-fenced', ...zombie, committed: true };
    await on.until(endTxn, 5, end, ({ errorCode }) => isSettled(errorCode), { as: 'of the owner of before' });
    await read(on, topic, 0, { committed: true, as: 'all of it' });
  },
});
