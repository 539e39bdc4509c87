/** Transactions where the cluster's `transaction.version` is lower: clients that know more than the cluster wants. */
import {
  addPartitionsToTxn,
  apiVersions,
  describeTransactions,
  endTxn,
  initProducerId,
  offsetFetch,
  txnOffsetCommit,
  updateFeatures,
} from '../../../../src/wire/index.ts';
import { script } from '../harness/script.ts';
import type { Stage } from '../harness/stage.ts';
import { fetchOf, groupIsReady } from './committed.ts';
import { batch, read, send } from './requests.ts';
import { beginTransaction, initialise, isSettled, type ProtocolVersion } from './transactional-producer.ts';

const SAFE_DOWNGRADE = 2;
const UPGRADE = 1;

/** Sets the level and waits until the broker goes by it. */
async function setLevel(on: Stage, level: number, upgradeType: number): Promise<void> {
  const featureUpdates = [{ feature: 'transaction.version', maxVersionLevel: level, upgradeType }];
  await on.call(updateFeatures, 1, { featureUpdates, timeoutMs: 10_000 }, { as: `to ${level}` });
  await on.until(
    apiVersions,
    4,
    { clientSoftwareName: 'a', clientSoftwareVersion: '1' },
    ({ finalizedFeatures }) =>
      (finalizedFeatures.find(({ name }) => name === 'transaction.version')?.maxVersionLevel ?? 0) === level,
    { as: `at ${level}` },
  );
}

/** A transaction by either protocol, whatever the cluster's level. */
async function transactions(on: Stage, name: string, protocols: readonly ProtocolVersion[] = [1, 2]): Promise<void> {
  const topic = { name, id: await on.topic(name) };
  await groupIsReady(on, name);
  for (const protocol of protocols) {
    const id = `${name}-tv${protocol}`;
    const transaction = await beginTransaction(on, id, protocol);
    await transaction.send(topic, ['a', 'b'], { as: `TV${protocol}` });
    await transaction.sendOffset(name, topic, 3, `TV${protocol}`);
    await on.call(describeTransactions, 0, { transactionalIds: [id] }, { as: `TV${protocol}` });
    await transaction.end(true, `TV${protocol} commit`);
    await transaction.send(topic, ['c'], { as: `TV${protocol} again` });
    await transaction.end(false, `TV${protocol} abort`);
    await read(on, topic, 0, { as: `TV${protocol}`, committed: true });
    await on.call(offsetFetch, 7, fetchOf(name, topic), { as: `TV${protocol}` });
  }
}

/** What is refused at the edge between the protocols. */
async function mixed(on: Stage, name: string): Promise<void> {
  const topic = { name, id: await on.topic(name) };
  const { producerId, producerEpoch } = await initialise(on, name);
  const records = batch(['a'], { producerId, producerEpoch, baseSequence: 0, transactional: true });
  await send(on, topic, records, { version: 11, transactionalId: name, as: 'not added' });
  const added = {
    v3AndBelowTransactionalId: name,
    v3AndBelowProducerId: producerId,
    v3AndBelowProducerEpoch: producerEpoch,
    v3AndBelowTopics: [{ name, partitions: [0] }],
  };
  await on.call(addPartitionsToTxn, 3, added, { as: 'by the client' });
  await send(on, topic, records, { version: 12, transactionalId: name, as: 'added, and then as TV2' });
  const partitions = [{ partitionIndex: 0, committedOffset: 1, committedMetadata: '' }];
  const offsets = { transactionalId: name, groupId: name, producerId, producerEpoch };
  await groupIsReady(on, name);
  await on.call(txnOffsetCommit, 5, { ...offsets, topics: [{ name, partitions }] }, { as: 'as TV2' });
  const end = { transactionalId: name, producerId, producerEpoch, committed: true };
  await on.until(endTxn, 4, end, ({ errorCode }) => isSettled(errorCode), { as: 'as TV1' });
  await on.until(endTxn, 4, end, ({ errorCode }) => isSettled(errorCode), { as: 'as TV1, until it is whole' });
  await on.until(endTxn, 5, end, ({ errorCode }) => isSettled(errorCode), { as: 'and again as TV2' });
  const body = { transactionalId: name, transactionTimeoutMs: 60_000, producerId, producerEpoch };
  await on.until(initProducerId, 5, body, ({ errorCode }) => isSettled(errorCode), { as: 'afterwards' });
  await read(on, topic);
}

export const levelsScript = script('levels of transaction.version', {
  'both protocols mixed at level 2': async (on) => mixed(on, 'mixed-at-2'),
  'level 1': async (on) => {
    await setLevel(on, 1, SAFE_DOWNGRADE);
    await transactions(on, 'level-1');
    await mixed(on, 'mixed-at-1');
  },
  'level 0': async (on) => {
    await setLevel(on, 0, SAFE_DOWNGRADE);
    // Kafka cannot write what TV2 needs into records of level 0, and its coordinator is stuck with it for good.
    await transactions(on, 'level-0', [1]);
  },
  'and level 2 again': async (on) => {
    await setLevel(on, 2, UPGRADE);
    await transactions(on, 'level-2');
  },
});
