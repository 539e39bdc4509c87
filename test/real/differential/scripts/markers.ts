/** WriteTxnMarkers, and the requests that show transactions: DescribeProducers, DescribeTransactions, ListTransactions. */
import {
  describeProducers,
  describeTransactions,
  listTransactions,
  writeTxnMarkers,
} from '../../../../src/wire/index.ts';
import { script } from '../harness/script.ts';
import { batch, read, send } from './requests.ts';
import { beginTransaction, initialise } from './transactional-producer.ts';

export const markersScript = script('markers', {
  'every version writes markers': async (on) => {
    for (const version of on.versions(writeTxnMarkers)) {
      const name = `markers-${version}`;
      const topic = { name, id: await on.topic(name, { partitions: 2 }) };
      for (const protocol of [1, 2] as const) {
        await initialise(on, `${name}-${protocol}`);
        const transaction = await beginTransaction(on, `${name}-${protocol}`, protocol);
        const { producerId, producerEpoch } = transaction.producer;
        await transaction.send(topic, ['a']);
        const write = (as: string, change: object = {}) => {
          const marker = {
            producerId,
            producerEpoch,
            transactionResult: false,
            topics: [{ name, partitionIndexes: [0] }],
            coordinatorEpoch: 7,
            transactionVersion: 0,
            ...change,
          };
          return on.call(writeTxnMarkers, version, { markers: [marker] }, { as: `TV${protocol} ${as}` });
        };
        await write('an earlier epoch', { producerEpoch: producerEpoch - 1 });
        await write('TV2 at the same epoch', { transactionVersion: 2 });
        await write('TV2 at the next epoch', { transactionVersion: 2, producerEpoch: producerEpoch + 1 });
        await write('again', { transactionVersion: 2, producerEpoch: producerEpoch + 1 });
        await write('an earlier coordinator', { producerEpoch: producerEpoch + 1, coordinatorEpoch: 3 });
        await write('no topic', { topics: [{ name: 'markers-no-such-topic', partitionIndexes: [0] }] });
        await write('no partition', { topics: [{ name, partitionIndexes: [9, 1] }] });
        await write('a producer that is not known', { producerId: 888_888 + protocol });
        await read(on, topic, 0, { as: `TV${protocol}` });
        await read(on, topic, 0, { as: `TV${protocol} committed`, committed: true });
      }
      await on.call(writeTxnMarkers, version, { markers: [] }, { as: 'none' });
    }
  },

  'who produces to a partition': async (on) => {
    const topic = { name: 'producers', id: await on.topic('producers', { partitions: 2 }) };
    const ask = (as: string, name: string, ...partitionIndexes: number[]) =>
      on.call(describeProducers, 0, { topics: [{ name, partitionIndexes }] }, { as });
    await ask('nobody', topic.name, 0, 1);
    await ask('no partition', topic.name, 5);
    await ask('a negative partition', topic.name, -1);
    await ask('no topic', 'producers-no-such-topic', 0);
    await ask('not a name', 'not/a/name', 0);
    await send(on, topic, batch(['a', 'b'], { producerId: 99_999, producerEpoch: 3, baseSequence: 5 }));
    await ask('an idempotent one', topic.name, 0);
    for (const protocol of [1, 2] as const) {
      const other = { name: `producers-${protocol}`, id: await on.topic(`producers-${protocol}`) };
      const transaction = await beginTransaction(on, `producers-${protocol}`, protocol);
      await transaction.send(other, ['a']);
      await ask(`TV${protocol} open`, other.name, 0);
      await transaction.end(true);
      await ask(`TV${protocol} committed`, other.name, 0);
      await transaction.send(other, ['a']);
      await transaction.end(false);
      await ask(`TV${protocol} aborted`, other.name, 0);
    }
    await on.call(describeProducers, 0, { topics: [] }, { as: 'nothing' });
  },

  'transactions are described': async (on) => {
    const topic = { name: 'described', id: await on.topic('described', { partitions: 3 }) };
    const describe = (as: string, ...transactionalIds: string[]) =>
      on.call(describeTransactions, 0, { transactionalIds }, { as });
    await describe('unknown', 'described-nobody');
    await describe('an empty id', '');
    await describe('none');
    for (const protocol of [1, 2] as const) {
      const id = `described-${protocol}`;
      const transaction = await beginTransaction(on, id, protocol);
      await describe(`TV${protocol} empty`, id);
      await transaction.send(topic, ['a']);
      await transaction.send(topic, ['a'], { partition: 2 });
      await describe(`TV${protocol} open`, id, 'described-nobody');
      await transaction.end(true);
      await describe(`TV${protocol} committed`, id);
      await transaction.send(topic, ['b']);
      await transaction.end(false);
      await describe(`TV${protocol} aborted`, id);
    }
  },

  'transactions are listed': async (on) => {
    const topic = { name: 'listed', id: await on.topic('listed') };
    const open = await beginTransaction(on, 'listed-open', 2);
    await open.send(topic, ['a']);
    await initialise(on, 'listed-empty');
    const pattern = { transactionalIdPattern: 'listed-.*' };
    for (const version of on.versions(listTransactions)) {
      const ask = (as: string, filter: object) =>
        on.call(listTransactions, version, { stateFilters: [], producerIdFilters: [], ...filter }, { as });
      await ask('open ones', { stateFilters: ['Ongoing'], ...(version >= 2 ? pattern : {}) });
      await ask('a state that is none', { stateFilters: ['Nonsense', 'ongoing'] });
      await ask('of one producer', { producerIdFilters: [open.producer.producerId] });
      await ask('of no producer', { producerIdFilters: [31_337] });
      if (version >= 1) {
        await ask('open for a minute', { durationFilter: 60_000 });
        await ask('open at all', { durationFilter: 0, producerIdFilters: [open.producer.producerId] });
        await ask('a negative duration', { durationFilter: -5, producerIdFilters: [open.producer.producerId] });
      }
      if (version >= 2) {
        await ask('by name', pattern);
        await ask('by the start of a name', { transactionalIdPattern: 'listed' });
        await ask('by a pattern that is none', { transactionalIdPattern: '(' });
        await ask('by an empty pattern', {
          transactionalIdPattern: '',
          stateFilters: ['Ongoing'],
          producerIdFilters: [open.producer.producerId],
        });
      }
    }
  },
});
