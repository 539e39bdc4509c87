/** Story 11: the last epoch of a producer id (32766) has come, and every way in which the coordinator goes on from there. */
import assert from 'node:assert/strict';
import { encodeBatch } from '../../../src/records/index.ts';
import { encodeVersioned, transactionLogKey, transactionLogValue } from '../../../src/wire/index.ts';
import type { HandProducer, Protocol } from '../hand-producer.ts';
import { batchesIn, errorOf } from '../requests.ts';
import { BROKER } from '../world.ts';
import { both, type Stage, story } from './stage.ts';

/** The next EndTxn or InitProducerId finds no higher one, and goes on with another producer id. */
const LAST_EPOCH = 32_766;
const STATE_LOG = '/data/__transaction_state-0/00000000000000000000.log';
const TIMEOUT_MS = 1000;

/**
 * A producer with the last epoch. The thousands before it are spared: while the broker is down its log is made to say
 * that they have been used.
 */
async function exhausted(stage: Stage, protocol: Protocol): Promise<HandProducer> {
  const { producerId } = await stage.producer(protocol);
  stage.sim.kill(BROKER);
  const log = stage.sim.disk(BROKER).file(STATE_LOG);
  const content = Buffer.alloc(log.size);
  log.read(content, 0);
  const timestamp = 1_704_067_200_000;
  const value = {
    producerId,
    producerEpoch: LAST_EPOCH - 1,
    transactionTimeoutMs: TIMEOUT_MS,
    transactionStatus: 0,
    transactionPartitions: null,
    transactionLastUpdateTimestampMs: timestamp,
    transactionStartTimestampMs: -1,
  };
  const key = encodeVersioned(transactionLogKey, 0, { transactionalId: 'tx' });
  const batch = encodeBatch({
    records: [{ timestamp, key, value: encodeVersioned(transactionLogValue, 1, value) }],
    baseOffset: batchesIn(content).at(-1)!.lastOffset + 1,
    partitionLeaderEpoch: 0,
  });
  log.write(batch, log.size);
  await stage.restart();
  const producer = await stage.producer(protocol, { transactionTimeoutMs: TIMEOUT_MS });
  assert.deepEqual([producer.producerId, producer.producerEpoch], [producerId, LAST_EPOCH]);
  return producer;
}

/** Whoever comes next has another producer id, and its transactions are whole. */
async function goesOn(stage: Stage, protocol: Protocol, old: number, visible: readonly string[]): Promise<void> {
  const next = await stage.producer(protocol);
  assert.notEqual(next.producerId, old);
  await stage.write(next, 'next');
  await stage.end(next, 'commit');
  await stage.settled();
  assert.deepEqual(await stage.visible(), [...visible, 'next']);
}

const exhaustions: Readonly<
  Record<string, (stage: Stage, producer: HandProducer, protocol: Protocol) => Promise<readonly string[]>>
> = {
  'EndTxn, twice': async (stage, producer) => {
    const commit = producer.end('commit');
    const first = await stage.ask(commit);
    await stage.settled();
    const again = await stage.ask(commit);
    assert.deepEqual([again.producerId, again.producerEpoch], [first.producerId, first.producerEpoch]);
    return ['last'];
  },
  'a transaction that takes too long': async (stage, producer) => {
    await stage.sim.sleep(12_000);
    await stage.settled();
    assert.equal(await stage.attempt(producer.end('commit')), 'PRODUCER_FENCED');
    return [];
  },
  'InitProducerId while it is open': async (stage, producer, protocol) => {
    await stage.producer(protocol);
    assert.match(await stage.attempt(producer.end('abort')), /^PRODUCER_FENCED$|^INVALID_PRODUCER_ID_MAPPING$/);
    return [];
  },
  'an abort after its successor has come': async (stage, producer, protocol) => {
    const abort = producer.end('abort');
    const successor = await stage.producer(protocol);
    const first = await stage.write(successor, 'successor');
    assert.match(await stage.attempt(abort), /^PRODUCER_FENCED$|^INVALID_PRODUCER_ID_MAPPING$/);
    assert.equal(await stage.lastStableOffset(), first);
    await stage.end(successor, 'commit');
    await stage.settled();
    return ['successor'];
  },
  'a death between PREPARE and COMPLETE': async (stage, producer) => {
    const commit = producer.end('commit');
    await stage.attempt(commit);
    await stage.restart();
    await stage.settled();
    const answer = await stage.ask(commit);
    assert.equal(errorOf(answer), 'NONE');
    return ['last'];
  },
};

for (const [what, play] of Object.entries(exhaustions)) {
  story(11, `no epoch is left: ${what}`, both, async (stage, protocol) => {
    const producer = await exhausted(stage, protocol);
    const { producerId } = producer;
    await stage.write(producer, 'last');
    await goesOn(stage, protocol, producerId, await play(stage, producer, protocol));
  });
}
