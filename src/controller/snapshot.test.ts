import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MalformedBytesError, type Random, ZERO_UUID } from '../core/index.ts';
import { MemoryRecordLog, VirtualTime } from '../replay/index.ts';
import { Controller } from './controller.ts';
import { ConfigResource, MetadataImage } from './image.ts';
import { decodeSnapshot, encodeSnapshot, type SnapshotStore } from './snapshot.ts';

class MemorySnapshots implements SnapshotStore {
  readonly kept: { endOffset: number; bytes: Uint8Array }[] = [];
  load(logEndOffset: number) {
    return this.kept.findLast(({ endOffset }) => endOffset <= logEndOffset);
  }
  save(endOffset: number, bytes: Uint8Array): void {
    this.kept.push({ endOffset, bytes });
  }
}

function counting(): Random {
  let next = 1;
  return { uint32: () => next++, bytes: (length) => new Uint8Array(length).map(() => next++ % 251) };
}

const time = new VirtualTime();

function open(log: MemoryRecordLog, store: SnapshotStore, maxBytesBetween = 1000, maxIntervalMs = 0) {
  const snapshots = { store, maxBytesBetween, maxIntervalMs };
  const defaults = { numPartitions: 2, replicationFactor: 1 };
  return Controller.open({ log, clock: time, timers: time, random: counting(), defaults, snapshots });
}

async function live(controller: Controller): Promise<void> {
  const endpoints = [{ name: 'PLAINTEXT', host: 'localhost', port: 9092 }];
  const epoch = await controller.registerBroker({
    brokerId: 1,
    incarnationId: ZERO_UUID,
    endpoints,
    rack: 'r',
    stoppedCleanly: false,
  });
  await controller.unfenceBroker(1, epoch);
  for (let at = 0; at < 5; at++) {
    const configs = [{ name: 'retention.ms', value: String(at) }];
    await controller.createTopics([
      { name: `topic-${controller.image.offset}`, numPartitions: -1, replicationFactor: -1, assignments: [], configs },
    ]);
  }
  await controller.allocateProducerIds(1);
  const [gone] = controller.image.topics.keys();
  await controller.deleteTopics([{ name: gone!, topicId: ZERO_UUID }]);
}

/** All that an image holds, but for where it stands. */
function contents(image: MetadataImage): unknown {
  return JSON.parse(
    JSON.stringify({
      features: [...image.features],
      brokers: [...image.brokers.values()],
      topics: [...image.topics.values()].map(({ name, id, partitions }) => ({
        name,
        id,
        partitions: partitions.map(({ topic, ...rest }) => ({ ...rest, topic: topic.name })),
      })),
      configs: [...image.configurations()],
      nextProducerId: image.nextProducerId,
    }),
  );
}

test('an image that was written down and read again is the same', async () => {
  const controller = await open(new MemoryRecordLog(), new MemorySnapshots(), 1e9);
  await live(controller);
  const bytes = encodeSnapshot(controller.image, 17);
  const image = new MetadataImage();
  image.restore(decodeSnapshot(bytes), 500);
  assert.deepEqual(contents(image), contents(controller.image));
  assert.equal(image.offset, 499);
  assert.equal(image.topics.size, 4);
  assert.equal(image.configsOf(ConfigResource.TOPIC, [...image.topics.keys()][0]!).get('retention.ms'), '1');
});

test('a snapshot that is cut short or damaged anywhere is no snapshot', async () => {
  const controller = await open(new MemoryRecordLog(), new MemorySnapshots(), 1e9);
  await live(controller);
  const bytes = encodeSnapshot(controller.image, 17);
  for (let length = 0; length < bytes.length; length++) {
    assert.throws(() => decodeSnapshot(bytes.subarray(0, length)), MalformedBytesError, String(length));
  }
  const sound = decodeSnapshot(bytes);
  let found = 0;
  for (let at = 21; at < bytes.length; at += 7) {
    const damaged = Buffer.from(bytes);
    damaged[at]! ^= 0x55;
    try {
      // Offsets and epochs of the batches mean nothing, and have no checksum.
      assert.deepEqual(decodeSnapshot(damaged), sound, String(at));
    } catch (error) {
      assert.ok(error instanceof MalformedBytesError, String(error));
      found++;
    }
  }
  assert.ok(found > bytes.length / 10, `${found} damages found`);
});

test('snapshots come by bytes and by time; a controller that begins from one knows what one knows that read it all', async () => {
  const log = new MemoryRecordLog();
  const store = new MemorySnapshots();
  const first = await open(log, store);
  await live(first);
  assert.ok(store.kept.length >= 1, `${store.kept.length} snapshots`);
  const before = store.kept.length;
  await live(first);
  assert.ok(store.kept.length > before);
  const whole = await open(log.copy(), new MemorySnapshots(), 1e9);
  const fromSnapshot = await open(log.copy(), store);
  assert.deepEqual(contents(fromSnapshot.image), contents(whole.image));
  assert.equal(fromSnapshot.image.offset, whole.image.offset);
  await live(fromSnapshot);

  const timed = new MemorySnapshots();
  const slow = await open(new MemoryRecordLog(), timed, 1e9, 60_000);
  await live(slow);
  assert.equal(timed.kept.length, 0);
  await time.advance(60_000);
  assert.equal(timed.kept.length, 1);
  await time.advance(120_000);
  assert.equal(timed.kept.length, 1, 'nothing new');
  slow.close();
});

test('a damaged snapshot gives way to the one before; without any a log that was cut is refused, not served in part', async () => {
  const log = new MemoryRecordLog();
  const store = new MemorySnapshots();
  const controller = await open(log, store);
  await live(controller);
  await live(controller);
  assert.ok(store.kept.length >= 2);
  const newest = store.kept.at(-1)!;
  store.kept[store.kept.length - 1] = { ...newest, bytes: newest.bytes.subarray(0, 90) };
  const again = await open(log.copy(), store);
  assert.deepEqual(contents(again.image), contents(controller.image));
  const cut = Object.assign(log.copy(), { startOffset: 5 });
  await assert.rejects(open(cut, new MemorySnapshots()), { code: 'KAFKA_STORAGE_ERROR', message: /no sound snapshot/ });
});
