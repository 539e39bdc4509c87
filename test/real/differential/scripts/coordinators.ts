/** Requests to coordinators of which there is none: the internal topics have not been made. These must be the first scenes. */
import {
  endTxn,
  heartbeat,
  initProducerId,
  joinGroup,
  leaveGroup,
  offsetCommit,
  offsetFetch,
  syncGroup,
  txnOffsetCommit,
} from '../../../../src/wire/index.ts';
import { script } from '../harness/script.ts';
import { commitOf, fetchOf } from './committed.ts';

const MISSING_ID = 'AAAAAAAAAAAAAAAAAAAAEA';

export const coordinatorsScript = script('coordinators', {
  'before there is any': async (on) => {
    const topic = { name: 'coordinators', id: await on.topic('coordinators') };
    const member = { groupId: 'early', memberId: 'm', groupInstanceId: null, generationId: 1 };
    for (const version of on.versions(joinGroup)) {
      const times = { sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000 };
      const protocols = [{ name: 'range', metadata: Buffer.alloc(0) }];
      await on.call(joinGroup, version, { ...member, ...times, memberId: '', protocolType: 'consumer', protocols });
    }
    for (const version of on.versions(syncGroup)) {
      await on.call(syncGroup, version, {
        ...member,
        protocolType: 'consumer',
        protocolName: 'range',
        assignments: [],
      });
    }
    for (const version of on.versions(heartbeat)) await on.call(heartbeat, version, member);
    for (const version of on.versions(leaveGroup)) {
      await on.call(leaveGroup, version, { groupId: 'early', memberId: 'm', members: [{ memberId: 'm' }] });
    }
    for (const version of on.versions(offsetCommit)) {
      await on.call(offsetCommit, version, commitOf('early', topic, {}));
      await on.call(offsetCommit, version, commitOf('early', { name: 'none', id: MISSING_ID }, {}), { as: 'no topic' });
    }
    for (const version of on.versions(offsetFetch)) await on.call(offsetFetch, version, fetchOf('early', topic));
    const owner = { transactionalId: 'early', producerId: 1, producerEpoch: 0 };
    for (const version of on.versions(initProducerId)) {
      await on.call(initProducerId, version, { transactionalId: 'early', transactionTimeoutMs: 60_000 });
    }
    for (const version of on.versions(endTxn)) await on.call(endTxn, version, { ...owner, committed: true });
    for (const version of on.versions(txnOffsetCommit)) {
      const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }];
      await on.call(txnOffsetCommit, version, {
        ...owner,
        groupId: 'early',
        topics: [{ name: topic.name, partitions }],
      });
    }
  },
});
