/** What a broker does with a data directory that is not, or no longer, as a broker left it: it does not guess. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { inspect } from 'node:util';
import { Broker } from '../../src/broker/index.ts';
import { Admin, Consumer } from '../../src/client/index.ts';

const directories: string[] = [];
let dataDirectory: string;
beforeEach(() => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'onceward-directory-'));
  directories.push(dataDirectory);
});
after(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

/** A broker with a few topics, stopped in order. */
async function usedDirectory(): Promise<void> {
  await using broker = await Broker.start({ dataDirectory });
  const admin = new Admin({ bootstrapServers: broker.bootstrap });
  for (let at = 0; at < 5; at++) await admin.createTopics([{ name: `topic-${at}`, partitions: 2 }]);
  await admin.close();
}

const metadataLog = (): string => {
  const path = join(dataDirectory, '__cluster_metadata-0');
  const [segment] = readdirSync(path).filter((name) => name.endsWith('.log'));
  return join(path, segment!);
};

/** As after a crash: nothing is known to be sound. */
function forgetCleanStop(): void {
  rmSync(join(dataDirectory, '.kafka_cleanshutdown'), { force: true });
}

for (const stop of ['a crash', 'a clean stop'] as const) {
  test(`a metadata log that is damaged in its middle after ${stop}: the broker does not start, and says what to do`, async () => {
    await usedDirectory();
    if (stop === 'a crash') forgetCleanStop();
    const bytes = readFileSync(metadataLog());
    bytes[Math.floor(bytes.length / 2)]! ^= 0x40;
    writeFileSync(metadataLog(), bytes);
    for (let attempt = 0; attempt < 2; attempt++) {
      await assert.rejects(Broker.start({ dataDirectory }), /damaged in its middle.*\.corrupt.*backup/s);
    }
    assert.ok(readdirSync(dataDirectory).includes('topic-4-1'), 'nothing is set aside before a person has decided');
  });
}

test('a metadata log that is empty beside partitions: the broker does not start', async () => {
  await usedDirectory();
  forgetCleanStop();
  rmSync(join(dataDirectory, '__cluster_metadata-0'), { recursive: true });
  await assert.rejects(Broker.start({ dataDirectory }), /holds partitions, such as topic-.*knows no topic/s);
});

test('a directory without meta.properties that holds something: the broker does not take it for its own', async () => {
  await usedDirectory();
  rmSync(join(dataDirectory, 'meta.properties'));
  await assert.rejects(Broker.start({ dataDirectory }), /is not empty.*no meta\.properties.*restore its/s);
});

test('a torn end of the metadata log is no damage: what was acknowledged is there', async () => {
  await usedDirectory();
  forgetCleanStop();
  writeFileSync(metadataLog(), Buffer.concat([readFileSync(metadataLog()), Buffer.alloc(40, 7)]));
  await using broker = await Broker.start({ dataDirectory });
  await using admin = new Admin({ bootstrapServers: broker.bootstrap });
  assert.equal((await admin.listTopics()).length, 5);
});

test('offsets that are damaged after a clean stop are not served as the truth', async () => {
  {
    await using broker = await Broker.start({ dataDirectory, config: { 'offsets.topic.num.partitions': 1 } });
    await using consumer = new Consumer({ bootstrapServers: broker.bootstrap, groupId: 'g', enableAutoCommit: false });
    await using admin = new Admin({ bootstrapServers: broker.bootstrap });
    await admin.createTopics([{ name: 'read' }]);
    consumer.assign([{ topic: 'read', partition: 0 }]);
    await consumer.commit([{ topic: 'read', partition: 0, offset: 7 }]);
  }
  const path = join(dataDirectory, '__consumer_offsets-0', '00000000000000000000.log');
  const bytes = readFileSync(path);
  bytes[bytes.length - 8]! ^= 0x01;
  writeFileSync(path, bytes);
  const logged: string[] = [];
  const log = (message: string, details?: unknown) =>
    void logged.push(`${message} ${String(details)} ${inspect(details)}`);
  await using broker = await Broker.start({
    dataDirectory,
    config: { 'offsets.topic.num.partitions': 1 },
    logger: { debug() {}, info() {}, warn: log, error: log },
  });
  await using admin = new Admin({ bootstrapServers: broker.bootstrap });
  await assert.rejects(admin.listConsumerGroupOffsets('g', undefined, { timeoutMs: 500 }));
  assert.match(logged.join('\n'), /__consumer_offsets-0.*offset \d+.*CRC/);
});
