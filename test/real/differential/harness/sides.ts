/** The two brokers, with the same settings, and what both advertise. */

import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Broker } from '../../../../src/broker/index.ts';
import { apiVersions } from '../../../../src/wire/index.ts';
import { start } from '../../apache-kafka.ts';
import { Caller } from './caller.ts';
import type { Ranges } from './stage.ts';
import { Transcript } from './transcript.ts';

export interface Sides {
  readonly ours: string;
  readonly kafkas: string;
  /** What both advertise. */
  readonly ranges: Ranges;
  /** One of them dies and starts again, on its directory and at its address. */
  crash(side: 'ours' | 'kafkas'): Promise<void>;
  /**
   * Takes the directory of one of the topic's partitions away and puts a file in its place: no segment can be made in it.
   * Gives the partition, the same on both sides: one that Kafka keeps in its second log directory.
   */
  breakPartition(side: 'ours' | 'kafkas', topic: string): Promise<number>;
  stop(): Promise<void>;
}

/** Short waits, so that what times out does so within a test. */
const settings = {
  'group.min.session.timeout.ms': '100',
  'offsets.topic.num.partitions': '5',
  'transaction.state.log.num.partitions': '5',
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '100',
};

/** `twoDirectories`: of Kafka's logs. It ends when its only one fails. */
export async function startSides({ twoDirectories = false } = {}): Promise<Sides> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'onceward-differential-'));
  const kafkas = mkdtempSync(join(tmpdir(), 'onceward-differential-kafka-'));
  const second = join(kafkas, 'second');
  const directories = twoDirectories ? { 'log.dirs': `${join(kafkas, 'first')},${second}` } : {};
  const kafka = await start({ ...settings, ...directories });
  let ours = await Broker.start({ dataDirectory, config: settings });
  const { port, bootstrap } = ours;
  const [mine, theirs] = await Promise.all([advertised(bootstrap), advertised(kafka.bootstrap)]);
  const ranges = new Map<number, { min: number; max: number }>();
  for (const [key, { min, max }] of mine) {
    const other = theirs.get(key);
    if (other !== undefined) ranges.set(key, { min: Math.max(min, other.min), max: Math.min(max, other.max) });
  }
  return {
    ours: bootstrap,
    kafkas: kafka.bootstrap,
    ranges,
    async crash(side) {
      if (side === 'kafkas') return kafka.crash();
      await ours.close();
      // It is in this process, which lives on: without the mark of the clean stop it starts as after a crash.
      rmSync(join(dataDirectory, '.kafka_cleanshutdown'));
      ours = await Broker.start({ dataDirectory, port, config: settings });
    },
    async breakPartition(side, topic) {
      const inSecond = [0, 1].map((index) => join(second, `${topic}-${index}`));
      // Ours may be the faster.
      for (let waited = 0; !inSecond.some((path) => existsSync(path)); waited += 10) {
        if (waited > 20_000) throw new Error(`no partition of ${topic} is in ${second}`);
        await sleep(10);
      }
      const index = inSecond.findIndex((path) => existsSync(path));
      const path = side === 'ours' ? join(dataDirectory, `${topic}-${index}`) : inSecond[index]!;
      renameSync(path, `${path}.away`);
      writeFileSync(path, '');
      return index;
    },
    async stop() {
      await Promise.all([ours.close(), kafka.stop()]);
      for (const path of [dataDirectory, kafkas]) rmSync(path, { recursive: true, force: true });
    },
  };
}

async function advertised(bootstrap: string): Promise<Ranges> {
  const caller = new Caller(new Transcript(bootstrap), 'sides');
  const { apiKeys } = await caller.quietly(apiVersions, 0, {});
  await caller.close();
  return new Map(apiKeys.map(({ apiKey, minVersion, maxVersion }) => [apiKey, { min: minVersion, max: maxVersion }]));
}
