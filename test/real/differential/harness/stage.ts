/**
 * What a scene is played on: one of the two brokers. A scene is written once and played on both, with each side's own
 * values (producer ids, member ids) flowing from its answers into its later requests.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTopics, deleteTopics, listOffsets, metadata } from '../../../../src/wire/index.ts';
import { Caller, UNTIL_TIMEOUT_MS } from './caller.ts';
import type { Transcript } from './transcript.ts';

/** Inclusive ranges by API key. */
export type Ranges = ReadonlyMap<number, { readonly min: number; readonly max: number }>;

/** What a scene may do to its broker. */
export interface Harm {
  crash(): Promise<void>;
  breakPartition(topic: string): Promise<number>;
}

/** One broker, for the length of one scene. Is itself a connection; a scene that needs more opens them by name. */
export class Stage extends Caller {
  /** When the scene began, the same on both sides. */
  readonly now: number;
  private readonly ranges: Ranges;
  private readonly callers: Caller[] = [];
  private readonly harm: Harm;

  constructor(transcript: Transcript, ranges: Ranges, now: number, harm: Harm) {
    super(transcript, 'scene');
    this.now = now;
    this.ranges = ranges;
    this.harm = harm;
  }

  /** Another connection. */
  client(clientId: string): Caller {
    const caller = new Caller(this.transcript, clientId);
    this.callers.push(caller);
    return caller;
  }

  /** Every version of the API that both brokers advertise. */
  versions(api: { readonly key: number; readonly name: string }, from = 0, to = Infinity): number[] {
    const range = this.ranges.get(api.key);
    assert.ok(range, `both brokers advertise ${api.name}`);
    const all = Array.from({ length: range.max - range.min + 1 }, (_, index) => range.min + index);
    return all.filter((version) => version >= from && version <= to);
  }

  /** Creates a topic and waits until its partitions are led. Nothing is kept. Gives the topic's id. */
  async topic(name: string, options: { partitions?: number; configs?: Record<string, string> } = {}): Promise<string> {
    const { partitions = 1, configs = {} } = options;
    const created = await this.quietly(createTopics, 7, {
      topics: [
        {
          name,
          numPartitions: partitions,
          replicationFactor: 1,
          configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
        },
      ],
      timeoutMs: 10_000,
    });
    const { errorCode, errorMessage } = created.topics[0]!;
    assert.equal(errorCode, 0, `${name} is created: ${errorMessage}`);
    return this.ready(name, partitions);
  }

  /** Waits until every partition of a topic is led, and its leader knows it. Gives the topic's id. */
  async ready(name: string, partitions = 1): Promise<string> {
    const deadline = Date.now() + UNTIL_TIMEOUT_MS;
    const indexes = Array.from({ length: partitions }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1 }));
    for (;;) {
      const offsets = await this.quietly(listOffsets, 7, { replicaId: -1, topics: [{ name, partitions: indexes }] });
      if (offsets.topics[0]!.partitions.every(({ errorCode }) => errorCode === 0)) break;
      assert.ok(Date.now() < deadline, `${name} has leaders within ${UNTIL_TIMEOUT_MS} ms`);
      await sleep(5);
    }
    const { topics } = await this.quietly(metadata, 12, { topics: [{ name }], allowAutoTopicCreation: false });
    return topics[0]!.topicId;
  }

  /** Deletes a topic and waits until its leader does not know it any more. Nothing is kept. */
  async removeTopic(name: string): Promise<void> {
    const deleted = await this.quietly(deleteTopics, 5, { topicNames: [name], timeoutMs: 10_000 });
    assert.equal(deleted.responses[0]!.errorCode, 0, `${name} is deleted`);
    const deadline = Date.now() + UNTIL_TIMEOUT_MS;
    const topics = [{ name, partitions: [{ partitionIndex: 0, timestamp: -1 }] }];
    for (;;) {
      const offsets = await this.quietly(listOffsets, 7, { replicaId: -1, topics });
      if (offsets.topics[0]!.partitions[0]!.errorCode !== 0) return;
      assert.ok(Date.now() < deadline, `${name} is gone within ${UNTIL_TIMEOUT_MS} ms`);
      await sleep(5);
    }
  }

  /** The broker dies and starts again; every connection is closed before. Resolves once it listens. */
  async crash(): Promise<void> {
    await this.leave();
    await this.harm.crash();
  }

  /** The directory of one of two partitions can no longer be written in: which. */
  breakPartition(topic: string): Promise<number> {
    return this.harm.breakPartition(topic);
  }

  /** Closes every connection. */
  async leave(): Promise<void> {
    await Promise.all([this.close(), ...this.callers.map((caller) => caller.close())]);
  }
}
