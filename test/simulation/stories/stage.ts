/** Where the stories are played: one broker on simulated ports, requests by hand, and what a reader sees. */
import { test } from 'node:test';
import type { ErrorName } from '../../../src/core/index.ts';
import { Simulation } from '../../../src/lab/index.ts';
import { decodeResponse } from '../../../src/wire/index.ts';
import { HandProducer, type HandProducerOptions, type Protocol, protocols } from '../hand-producer.ts';
import { RawClient, type Request } from '../raw-client.ts';
import {
  batchesIn,
  committedOffset,
  errorOf,
  errorsOf,
  fetchFrom,
  findTheCoordinator,
  makeTopic,
  offsetAt,
  offsetIn,
  type ReadBatch,
  visibleValues,
} from '../requests.ts';
import { StubbornClient } from '../stubborn-client.ts';
import { BROKER, PORT, startBroker } from '../world.ts';

type Settings = NonNullable<Parameters<typeof startBroker>[1]>;

export const TOPIC = 'a';
export const GROUP = 'readers';
const NODE = 'client';
const SETTLED_TRIES = 2000;
const SEEDS = [1, 2, 3];
/** The wall clock of the simulation at its start. */
const START = 1_704_067_200_000;

/** One story of known bugs (`docs/scenarios.md`), under each protocol to which it applies, from several seeds. */
export function story(
  number: number,
  title: string,
  under: readonly Protocol[] | 'either',
  play: (stage: Stage, protocol: Protocol) => Promise<void>,
  settings: Settings = {},
): void {
  for (const protocol of under === 'either' ? (['TV2'] as const) : under) {
    test(`${number}. ${title}${under === 'either' ? '' : ` (${protocol})`}`, async () => {
      for (const seed of SEEDS) {
        const sim = new Simulation({ seed: `story ${number}, ${seed}`, keepEvents: 30 });
        await sim.run(
          async () => {
            const stage = new Stage(sim, settings);
            await stage.begin();
            await play(stage, protocol);
          },
          { untilMs: 24 * 3600_000 },
        );
      }
    });
  }
}

export const both = protocols;

export class Stage {
  readonly sim: Simulation;
  readonly client: StubbornClient;
  private readonly settings: Settings;

  constructor(sim: Simulation, settings: Settings) {
    this.sim = sim;
    this.settings = { 'offsets.topic.num.partitions': 1, 'transaction.state.log.num.partitions': 1, ...settings };
    this.client = new StubbornClient(sim, NODE);
  }

  /** The broker, one topic with one partition, and the internal topics. */
  async begin(): Promise<void> {
    await startBroker(this.sim.node(BROKER), this.settings);
    await this.ask(makeTopic(TOPIC, 1));
    await this.ask(findTheCoordinator('group', GROUP));
    await this.ask(findTheCoordinator('transaction', 'tx'));
  }

  /** The process is killed, or the power fails, where it is not down already; and the broker starts again. */
  async restart(how: 'kill' | 'crash' = 'kill'): Promise<void> {
    if (this.sim.isUp(BROKER)) this.sim[how](BROKER);
    this.sim.network.cut(NODE, BROKER);
    await startBroker(this.sim.restart(BROKER), this.settings);
  }

  /** Until it is answered. */
  ask<Res extends object>(what: Request<Res>): Promise<Res> {
    return this.client.ask(what);
  }

  /** Once, on a connection of its own: the first error of the answer. */
  async attempt(what: Request<object>): Promise<ErrorName> {
    return errorOf(await this.answer(what));
  }
  async answer<Res>(what: Request<Res>): Promise<Res> {
    const connection = await RawClient.connect(this.sim.node(NODE).network, BROKER, PORT);
    try {
      return await connection.call(what);
    } finally {
      connection.close();
    }
  }

  /** All on one connection, sent before the first is answered. */
  async pipelined<Res>(requests: readonly Request<Res>[]): Promise<Res[]> {
    const connection = await RawClient.connect(this.sim.node(NODE).network, BROKER, PORT);
    try {
      for (const each of requests) connection.send(each);
      const answers: Res[] = [];
      for (const { api, version } of requests) {
        answers.push(decodeResponse(api, version, await connection.next()).body);
      }
      return answers;
    } finally {
      connection.close();
    }
  }

  /** Ready to begin a transaction, or, without an id, to send. */
  async producer(protocol: Protocol, options: Partial<HandProducerOptions> = {}): Promise<HandProducer> {
    const producer = new HandProducer({ transactionalId: 'tx', protocol, timestamp: START, ...options });
    producer.adopt(await this.ask(producer.init()));
    return producer;
  }

  /** One record for each value, in one batch; under TV1 the partition is added first. Returns the offset of the first. */
  async write(producer: HandProducer, ...values: string[]): Promise<number> {
    await this.join(producer);
    const answer = await this.ask(producer.produce({ topic: TOPIC, partition: 0, values }));
    return answer.responses[0]!.partitionResponses[0]!.baseOffset;
  }
  /** TV1: the partition becomes part of the transaction. */
  async join(producer: HandProducer): Promise<void> {
    if (producer.protocol === 'TV2' || producer.transactionalId === null) return;
    await this.ask(producer.addPartitions({ topic: TOPIC, partition: 0 }));
  }
  /** The group's position becomes part of the transaction. */
  async stageOffset(producer: HandProducer, offset: number): Promise<void> {
    if (producer.protocol === 'TV1') await this.ask(producer.addOffsets(GROUP));
    await this.ask(producer.commitOffset(GROUP, TOPIC, 0, offset));
  }
  async end(producer: HandProducer, outcome: 'commit' | 'abort'): Promise<void> {
    const answer = await this.ask(producer.end(outcome));
    if (producer.protocol === 'TV2') producer.adopt(answer);
  }

  async highWatermark(): Promise<number> {
    return offsetOf(await this.ask(offsetAt(TOPIC, 0, -1)));
  }
  async lastStableOffset(): Promise<number> {
    return offsetOf(await this.ask(offsetAt(TOPIC, 0, -1, 'read_committed')));
  }
  /** Until no transaction holds anything back. */
  async settled(): Promise<void> {
    for (let at = 0; at < SETTLED_TRIES; at++) {
      if ((await this.lastStableOffset()) === (await this.highWatermark())) return;
      await this.sim.sleep(5);
    }
    throw new Error('a transaction does not come to its end');
  }
  /** Everything, markers too. */
  async log(): Promise<ReadBatch[]> {
    const end = await this.highWatermark();
    const batches: ReadBatch[] = [];
    while ((batches.at(-1)?.lastOffset ?? -1) + 1 < end) {
      const answer = await this.ask(fetchFrom(TOPIC, 0, (batches.at(-1)?.lastOffset ?? -1) + 1));
      batches.push(...batchesIn(answer.responses[0]!.partitions[0]!.records!));
    }
    return batches;
  }
  /** What is stored, in order, committed or not. */
  async stored(): Promise<string[]> {
    return (await this.log()).flatMap((batch) => batch.values);
  }
  /** What a read_committed consumer delivers. */
  async visible(): Promise<string[]> {
    return visibleValues(await this.ask(fetchFrom(TOPIC, 0, 0, 'read_committed')));
  }
  /** The group's position; an error where it is not to be told. */
  async position(requireStable = true): Promise<number | ErrorName> {
    const answer = await this.answer(committedOffset(GROUP, TOPIC, 0, requireStable));
    const error = errorsOf(answer).find((name) => name !== 'NONE');
    return error ?? offsetIn(answer);
  }
}

function offsetOf(answer: { topics: { partitions: { offset: number }[] }[] }): number {
  return answer.topics[0]!.partitions[0]!.offset;
}
