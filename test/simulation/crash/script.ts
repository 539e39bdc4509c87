/**
 * The scripted run: a plain, an idempotent and a transactional producer, offsets of groups in and out of transactions,
 * segments that roll. Everything it asks for and is told goes into the ledger.
 */
import type { Simulation } from '../../../src/lab/index.ts';
import { type Batch, HandProducer, type Protocol } from '../hand-producer.ts';
import { commitOffset, deleteRecordsBelow, findTheCoordinator, makeTopic } from '../requests.ts';
import { StubbornClient } from '../stubborn-client.ts';
import { Ledger, type TransactionEntry } from './ledger.ts';

export const CLIENT = 'client';
export const TRANSACTIONAL_ID = 'pipeline';
export const DATA_PARTITIONS = [
  { topic: 'a', partition: 0 },
  { topic: 'b', partition: 0 },
] as const;
/** Two batches or so: the script rolls a few times. */
const SEGMENT_BYTES = '400';
const TIMESTAMP = 1_704_067_200_000;

export class Script {
  readonly ledger = new Ledger();
  readonly protocol: Protocol;
  private readonly one: StubbornClient;
  /** Its requests are under way at the same time as those of the first. */
  private readonly other: StubbornClient;
  private readonly idempotent: HandProducer;
  private readonly transactional: HandProducer;

  constructor(sim: Simulation, protocol: Protocol) {
    this.protocol = protocol;
    this.one = new StubbornClient(sim, CLIENT);
    this.other = new StubbornClient(sim, CLIENT);
    const options = { protocol, timestamp: TIMESTAMP };
    this.idempotent = new HandProducer({ ...options, transactionalId: null });
    this.transactional = new HandProducer({ ...options, transactionalId: TRANSACTIONAL_ID });
  }

  async run(): Promise<void> {
    for (const topic of ['a', 'b']) {
      await this.one.ask(makeTopic(topic, 1, { 'internal.segment.bytes': SEGMENT_BYTES }), 'TOPIC_ALREADY_EXISTS');
    }
    await Promise.all([
      this.one.ask(findTheCoordinator('group', 'plain')),
      this.other.ask(findTheCoordinator('transaction', TRANSACTIONAL_ID)),
    ]);
    this.idempotent.adopt(await this.one.ask(this.idempotent.init()));
    await Promise.all([this.produceAlone('first', 'a'), this.commitAlone('plain', 1)]);
    this.transactional.adopt(await this.one.ask(this.transactional.init()));
    await this.transact('T1', 'commit', 10);
    await Promise.all([this.transact('T2', 'abort', 20), this.produceAlone('second', 'a')]);
    await Promise.all([this.produceAlone('third', 'b'), this.deleteRecords('a', 'second')]);
    await Promise.all([this.transact('T3', 'commit', 30), this.commitAlone('plain', 2)]);
    await this.transact('T4', 'commit', undefined);
    this.one.close();
    this.other.close();
  }

  /** Outside of transactions, by the idempotent producer. */
  private async produceAlone(name: string, topic: string): Promise<void> {
    await this.produce(this.other, this.idempotent, [this.batch(name, topic, 2)], undefined);
  }

  /** Those before a batch. */
  private async deleteRecords(topic: string, name: string): Promise<void> {
    const { baseOffset } = this.ledger.batches.find(
      ({ topic: of, values }) => of === topic && values[0]?.startsWith(name),
    )!;
    this.ledger.deletedBelow.set(`${topic}-0`, baseOffset!);
    await this.one.ask(deleteRecordsBelow(topic, 0, baseOffset!));
  }

  private async commitAlone(groupId: string, offset: number): Promise<void> {
    const entry = { groupId, offset, transaction: undefined, acknowledged: false };
    this.ledger.offsets.push(entry);
    await this.one.ask(commitOffset(groupId, 'a', 0, offset));
    entry.acknowledged = true;
  }

  /** Two batches, one in each partition, and where `offset` is given the group's position. */
  private async transact(name: string, outcome: 'commit' | 'abort', offset: number | undefined): Promise<void> {
    const transaction: TransactionEntry = { name, outcome: 'open' };
    this.ledger.transactions.push(transaction);
    const producer = this.transactional;
    if (this.protocol === 'TV1') await this.one.ask(producer.addPartitions(...DATA_PARTITIONS));
    const batches = [this.batch(name, 'a', 2), this.batch(name, 'b', 1)];
    await this.produce(this.one, producer, batches, transaction);
    await this.produce(this.one, producer, [this.batch(`${name} more`, 'b', 1)], transaction);
    if (offset !== undefined) await this.commitInside(transaction, offset);
    transaction.outcome = outcome === 'commit' ? 'commit asked' : 'abort asked';
    const answer = await this.one.ask(producer.end(outcome));
    transaction.outcome = outcome === 'commit' ? 'committed' : 'aborted';
    if (this.protocol === 'TV2') producer.adopt(answer);
  }

  private async commitInside(transaction: TransactionEntry, offset: number): Promise<void> {
    const entry = { groupId: 'transactional', offset, transaction, acknowledged: false };
    this.ledger.offsets.push(entry);
    if (this.protocol === 'TV1') await this.one.ask(this.transactional.addOffsets(entry.groupId));
    await this.one.ask(this.transactional.commitOffset(entry.groupId, 'a', 0, offset));
    entry.acknowledged = true;
  }

  private async produce(
    client: StubbornClient,
    producer: HandProducer,
    batches: readonly Batch[],
    transaction: TransactionEntry | undefined,
  ): Promise<void> {
    const request = producer.produce(...batches);
    const entries = batches.map((batch) => ({
      ...batch,
      transaction,
      request,
      baseOffset: undefined as number | undefined,
    }));
    this.ledger.batches.push(...entries);
    const answer = await client.ask(request);
    for (const [at, entry] of entries.entries()) {
      entry.baseOffset = answer.responses[at]!.partitionResponses[0]!.baseOffset;
    }
  }

  private batch(name: string, topic: string, count: number): Batch {
    return { topic, partition: 0, values: Array.from({ length: count }, (_, at) => `${name} ${topic} ${at}`) };
  }
}
