/** The well-behaved client: appends in order, commits its position, asks again, and knows what must be there. */
import assert from 'node:assert/strict';
import type { Simulation } from '../../../src/lab/index.ts';
import { HandProducer } from '../hand-producer.ts';
import type { Request } from '../raw-client.ts';
import {
  batchesIn,
  commitOffset,
  committedOffset,
  fetchFrom,
  findTheCoordinator,
  makeTopic,
  offsetIn,
  topicIds,
} from '../requests.ts';
import { StubbornClient } from '../stubborn-client.ts';

const TOPIC = 'witness';
const GROUP = 'witness';
/** Virtual time in which a broker that is not stuck answers. */
const PATIENCE_MS = 5000;

export class Witness {
  private readonly sim: Simulation;
  private readonly client: StubbornClient;
  private readonly producer = new HandProducer({
    transactionalId: null,
    protocol: 'TV2',
    timestamp: 1_704_067_200_000,
  });
  private written = 0;

  constructor(sim: Simulation) {
    this.sim = sim;
    this.client = new StubbornClient(sim, 'witness');
  }

  async begin(): Promise<void> {
    await this.client.ask(makeTopic(TOPIC, 1));
    await this.client.ask(findTheCoordinator('group', GROUP));
    await this.client.ask(findTheCoordinator('transaction', 'one'));
    this.producer.adopt(await this.client.ask(this.producer.init()));
  }

  /** Returns their ids. */
  async makeTopics(names: readonly string[]): Promise<string[]> {
    for (const name of names) await this.client.ask(makeTopic(name, 2));
    return (await this.client.ask(topicIds(names))).topics.map(({ topicId }) => topicId);
  }

  /** @throws AssertionError when the broker is late, or has forgotten something */
  async check(): Promise<void> {
    const value = `value ${this.written}`;
    const appended = await this.ask(this.producer.produce({ topic: TOPIC, partition: 0, values: [value] }));
    assert.equal(appended.responses[0]!.partitionResponses[0]!.baseOffset, this.written);
    const fetched = await this.ask(fetchFrom(TOPIC, 0, this.written));
    assert.deepEqual(batchesIn(fetched.responses[0]!.partitions[0]!.records!)[0]!.values, [value]);
    this.written++;
    await this.ask(commitOffset(GROUP, TOPIC, 0, this.written));
    assert.equal(offsetIn(await this.ask(committedOffset(GROUP, TOPIC, 0))), this.written);
  }

  /** @throws AssertionError when it is not exactly what was written */
  async readAll(): Promise<void> {
    const values: string[] = [];
    while (values.length < this.written) {
      const fetched = await this.ask(fetchFrom(TOPIC, 0, values.length));
      const found = batchesIn(fetched.responses[0]!.partitions[0]!.records!).flatMap((batch) => batch.values);
      assert.ok(found.length > 0, `${values.length} of ${this.written} records are there`);
      values.push(...found);
    }
    assert.deepEqual(
      values,
      Array.from({ length: this.written }, (_, at) => `value ${at}`),
    );
  }

  private async ask<Res extends object>(what: Request<Res>): Promise<Res> {
    const asked = this.sim.nowMs;
    const answer = await this.client.ask(what);
    const took = this.sim.nowMs - asked;
    assert.ok(took < PATIENCE_MS, `${what.api.name} took ${took} ms`);
    return answer;
  }
}
