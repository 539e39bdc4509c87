/**
 * The clients of the swarm. Each lives on a node of its own, writes into the history what it does, and starts anew where
 * its producer or consumer is of no more use. One whose node is killed simply stops; its successor is another run.
 */
import type { Consumer, Producer } from '../../../src/client/index.ts';
import type { History, SeededRandom, Simulation, Unit } from '../../../src/lab/index.ts';
import { ClientNode, text } from '../world.ts';

export const INPUT = 'input';
export const OUTPUT = 'output';
export const GROUP = 'pipeline';

export interface Crew {
  readonly sim: Simulation;
  readonly history: History;
  readonly random: SeededRandom;
  readonly partitions: number;
  /** Says when nothing new is to be written, and when nobody is to go on. */
  readonly feeding: () => boolean;
  readonly working: () => boolean;
  /** Virtual time at which a pipeline last found something. */
  lastWorkAtMs: number;
  /** Makes names and values unique. */
  count: number;
}

const PATIENCE = { requestTimeoutMs: 1000, deliveryTimeoutMs: 4000, retryBackoffMs: 20, reconnectBackoffMs: 20 };
const TRANSACTION = { ...PATIENCE, transactionTimeoutMs: 5000, maxBlockMs: 3000 };
const PAUSE_MS = 50;

/** The input that an output was made from. */
export const inputOf = (output: string): string => output.split('!')[0]!;

const keyOf = (topic: string, partition: number): string => `${topic}-${partition}`;

/** Records one by one, each for itself. */
export async function writeAlone(crew: Crew, name: string): Promise<void> {
  const { sim, history, random } = crew;
  const producer = new ClientNode(sim, name).producer(PATIENCE);
  while (crew.feeding()) {
    const partition = random.below(crew.partitions);
    const value = `${name}/${crew.count++}`;
    const unit = history.begin(value);
    history.write(unit, keyOf(INPUT, partition), value);
    void producer.send({ topic: INPUT, partition, value }, (error) => {
      if (!error) unit.outcome = 'ok';
    });
    await sim.sleep(random.below(80));
  }
  await producer.flush().catch(() => {});
  await producer.close({ timeoutMs: 1000 });
}

/** Transactions over several partitions; some are aborted. */
export async function writeTogether(crew: Crew, name: string): Promise<void> {
  const { sim, random } = crew;
  const node = new ClientNode(sim, name);
  while (crew.feeding()) {
    const producer = node.producer({ ...TRANSACTION, transactionalId: name });
    try {
      await producer.initTransactions();
      while (crew.feeding()) {
        await transact(crew, name, producer);
        await sim.sleep(random.below(150));
      }
    } catch {
      await sim.sleep(PAUSE_MS);
    } finally {
      await producer.close({ timeoutMs: 500 }).catch(() => {});
    }
  }
}

async function transact(crew: Crew, name: string, producer: Producer): Promise<void> {
  const { history, random, sim } = crew;
  const unit = history.begin(`${name}, transaction ${crew.count++}`);
  const tx = await producer.begin();
  await decided(unit, random.chance(0.15) ? 'abort' : 'commit', tx, async () => {
    for (let left = random.between(1, 4); left > 0; left--) {
      const partition = random.below(crew.partitions);
      const value = `${name}/${crew.count++}`;
      history.write(unit, keyOf(INPUT, partition), value);
      await tx.send({ topic: INPUT, partition, value });
      if (random.chance(0.2)) await sim.sleep(random.below(40));
    }
  });
}

interface Deciding {
  commit(): Promise<void>;
  abort(): Promise<void>;
}

/** What fails before the commit was asked for will not happen: whoever comes next aborts it. */
async function decided(unit: Unit, end: 'commit' | 'abort', tx: Deciding, fill: () => Promise<void>): Promise<void> {
  try {
    await fill();
  } catch (error) {
    unit.outcome = 'fail';
    throw error;
  }
  if (end === 'abort') unit.outcome = 'fail';
  await tx[end]();
  if (end === 'commit') unit.outcome = 'ok';
}

/** Copies the input to the output, exactly once. */
export async function copy(crew: Crew, name: string): Promise<void> {
  const { sim } = crew;
  const node = new ClientNode(sim, name);
  while (crew.working()) {
    const producer = node.producer({ ...TRANSACTION, transactionalId: name });
    const consumer = node.consumer({
      groupId: GROUP,
      enableAutoCommit: false,
      isolationLevel: 'read_committed',
      maxPollRecords: 8,
      sessionTimeoutMs: 6000,
      heartbeatIntervalMs: 500,
      // A join waits for its answer as long as this and five seconds more, in vain where the broker has lost its power.
      maxPollIntervalMs: 3000,
      requestTimeoutMs: 2000,
      defaultApiTimeoutMs: 5000,
      retryBackoffMs: 20,
    });
    try {
      await producer.initTransactions();
      consumer.subscribe([INPUT]);
      while (crew.working()) await copySome(crew, name, consumer, producer);
    } catch {
      await sim.sleep(PAUSE_MS);
    } finally {
      // Positions do not rewind on an abort: the next consumer begins at what was committed.
      await consumer.close({ timeoutMs: 500 }).catch(() => {});
      await producer.close({ timeoutMs: 500 }).catch(() => {});
    }
  }
}

async function copySome(crew: Crew, name: string, consumer: Consumer, producer: Producer): Promise<void> {
  const { history, sim } = crew;
  const records = await consumer.poll({ timeoutMs: 300 });
  if (records.length === 0) return;
  crew.lastWorkAtMs = sim.nowMs;
  const unit = history.begin(`${name}, copy ${crew.count++}`);
  const tx = await producer.begin();
  await decided(unit, 'commit', tx, async () => {
    const next = new Map<number, number>();
    for (const { partition, offset, value } of records) {
      // Each attempt has values of its own.
      const output = `${text(value)}!${crew.count++}`;
      next.set(partition, offset + 1);
      history.write(unit, keyOf(OUTPUT, partition), output);
      await tx.send({ topic: OUTPUT, partition, value: output });
    }
    const offsets = [...next].map(([partition, offset]) => ({ topic: INPUT, partition, offset }));
    unit.positions.push(
      ...offsets.map(({ partition, offset }) => ({ group: GROUP, key: keyOf(INPUT, partition), offset })),
    );
    await tx.sendOffsets(offsets, consumer.groupMetadata());
  });
}

/** Reads everything that is committed, from the beginning. */
export async function readOn(crew: Crew, name: string): Promise<void> {
  const { sim, history } = crew;
  const consumer = new ClientNode(sim, name).consumer({
    isolationLevel: 'read_committed',
    requestTimeoutMs: 2000,
    retryBackoffMs: 20,
  });
  const places = [INPUT, OUTPUT].flatMap((topic) =>
    Array.from({ length: crew.partitions }, (_, partition) => ({ topic, partition })),
  );
  consumer.assign(places);
  for (const place of places) consumer.seek({ ...place, offset: 0 });
  const reading = history.read(name);
  while (crew.working()) {
    for (const { topic, partition, offset, value } of await consumer.poll({ timeoutMs: 300 })) {
      reading.records.push({ key: keyOf(topic, partition), offset, value: text(value) });
    }
  }
  await consumer.close({ timeoutMs: 500 });
}
