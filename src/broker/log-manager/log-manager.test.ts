import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MetadataDelta, MetadataImage } from '../../controller/index.ts';
import { type Disk, type Logger, MemoryDisk, readWholeFile, silentLogger } from '../../core/index.ts';
import { type LogConfig, PartitionLog } from '../../log/index.ts';
import { encodeBatch } from '../../records/index.ts';
import { VirtualTime } from '../../replay/index.ts';
import { BrokerConfiguration } from '../config/broker-configuration.ts';
import { Partition } from '../partition/partition.ts';
import { LogManager } from './log-manager.ts';

const DAY = 24 * 3600 * 1000;
const random = { uint32: () => 4, bytes: (length: number) => new Uint8Array(length) };
const text = (disk: Disk, name: string) => Buffer.from(readWholeFile(disk, `/data/${name}`, 1 << 20)).toString();
const client = { origin: 'client' } as const;

/** A data directory with the logs of the topic `flights` on it, as a broker has them. */
class Scene {
  readonly disk: Disk;
  readonly time = new VirtualTime();
  readonly warnings: string[] = [];
  readonly errors: string[] = [];
  readonly manager: LogManager;
  readonly partitions: Partition[] = [];
  private readonly logger: Logger = {
    ...silentLogger,
    warn: (line) => void this.warnings.push(line),
    error: (line) => void this.errors.push(line),
  };

  constructor(disk: Disk, partitions = 1, config: Partial<LogConfig> = {}) {
    this.disk = disk;
    disk.makeDirectory('/data');
    const { time, logger } = this;
    const configuration = new BrokerConfiguration({});
    this.manager = new LogManager({
      disk,
      clock: time,
      timers: time,
      random,
      logger,
      configuration,
      directory: '/data',
    });
    for (let index = 0; index < partitions; index++) {
      const log = PartitionLog.open({
        disk,
        clock: time,
        directory: `/data/flights-${index}`,
        config: { segmentBytes: 1000, ...config },
        logger,
        ...this.manager.optionsFor('flights', index),
      });
      const onSealed = () => this.manager.segmentSealed();
      const options = { topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', leaderEpoch: 0, logger, syncAcksAll: true, onSealed };
      this.partitions.push(new Partition({ topic: 'flights', index, log, ...options }));
    }
    this.manager.start(() => [], new MetadataImage(), this.partitions);
  }
  async produce(count: number, index = 0, producerId = -1): Promise<void> {
    const partition = this.partitions[index]!;
    for (let at = 0; at < count; at++) {
      const records = [{ timestamp: this.time.now(), key: 'k', value: 'v'.repeat(100) }];
      const idempotent = producerId < 0 ? {} : { producerId, producerEpoch: 0, baseSequence: at };
      partition.append(encodeBatch({ records, ...idempotent }), -1, client);
    }
    await this.time.advance(1);
    await partition.committed(partition.log.endOffset);
  }
  async stop(epoch = 7): Promise<void> {
    await this.manager.stop();
    for (const partition of this.partitions) await partition.close();
    this.manager.finish(this.partitions, true, epoch);
  }
}

test('a clean stop is noted as Kafka does, and nothing is scanned after it; the note is gone at once', async () => {
  const disk = new MemoryDisk();
  const scene = new Scene(disk);
  await scene.produce(20);
  await scene.stop(42);
  assert.equal(text(disk, '.kafka_cleanshutdown'), '{"version":0,"brokerEpoch":42}');
  assert.equal(text(disk, 'recovery-point-offset-checkpoint'), '0\n1\nflights 0 20\n');
  const again = new Scene(disk);
  assert.equal(disk.exists('/data/.kafka_cleanshutdown'), false);
  assert.ok(again.manager.cleanShutdown);
  const { recovery, endOffset } = again.partitions[0]!.log;
  assert.deepEqual([recovery.scannedBytes, recovery.trustedUpTo, endOffset], [0, 20, 20]);
});

test('a segment that is closed need not be scanned a second later, however rarely checkpoints are made', async () => {
  const disk = new MemoryDisk();
  const scene = new Scene(disk);
  await scene.produce(3);
  await scene.time.advance(1000);
  assert.equal(text(disk, 'recovery-point-offset-checkpoint'), '0\n1\nflights 0 0\n', 'no segment was closed');
  for (let second = 0; second < 3; second++) {
    await scene.produce(100);
    await scene.time.advance(1000);
    const { log } = scene.partitions[0]!;
    assert.equal(text(disk, 'recovery-point-offset-checkpoint'), `0\n1\nflights 0 ${log.recoveryPoint}\n`);
  }
  const { recovery } = new Scene(disk).partitions[0]!.log;
  assert.ok(recovery.scannedBytes < 1100, `${recovery.scannedBytes} bytes scanned`);
});

test('what a start had to scan is not scanned again by the next, however soon that comes', async () => {
  const disk = new MemoryDisk();
  await new Scene(disk).produce(200);
  const afterKill = new Scene(disk);
  const { recovery: first } = afterKill.partitions[0]!.log;
  assert.ok(first.scannedBytes > 10_000, `${first.scannedBytes} bytes scanned`);
  await afterKill.time.advance(1);
  const { recovery: second, endOffset } = new Scene(disk).partitions[0]!.log;
  assert.equal(endOffset, 200);
  assert.ok(second.scannedBytes < 1100, `${second.scannedBytes} bytes scanned`);
});

test('after a kill only what lies above the stored recovery point is scanned', async () => {
  const disk = new MemoryDisk();
  const scene = new Scene(disk);
  await scene.produce(200);
  await scene.time.advance(60_000);
  const { log } = scene.partitions[0]!;
  assert.ok(log.recoveryPoint > 190);
  const { recovery, endOffset } = new Scene(disk).partitions[0]!.log;
  assert.equal(endOffset, 200);
  assert.equal(recovery.trustedUpTo, log.recoveryPoint);
  assert.ok(recovery.scannedBytes < 1100, `${recovery.scannedBytes} bytes scanned of ${log.sizeInBytes}`);
});

test('checkpoints that are damaged or missing cost a scan and a warning, nothing else', async () => {
  const disk = new MemoryDisk();
  const scene = new Scene(disk, 2);
  await scene.produce(30, 0);
  await scene.produce(10, 1);
  await scene.time.advance(120_000);
  const names = disk.list('/data').filter((name) => name.endsWith('checkpoint'));
  assert.deepEqual(names, [
    'log-start-offset-checkpoint',
    'recovery-point-offset-checkpoint',
    'replication-offset-checkpoint',
  ]);
  for (const content of [
    '',
    '0\n',
    '1\n0\n',
    '0\n2\nflights 0 3\n',
    '0\n1\nflights 0 x\n',
    '0\n1\nflights 0 3',
    undefined,
  ]) {
    for (const name of names) {
      disk.remove(`/data/${name}`);
      if (content !== undefined) disk.open(`/data/${name}`, { create: true }).write(Buffer.from(content), 0);
    }
    const again = new Scene(disk, 2);
    assert.deepEqual(
      again.partitions.map(({ log }) => [log.startOffset, log.endOffset]),
      [
        [0, 30],
        [0, 10],
      ],
    );
    assert.equal(again.warnings.length, content === undefined ? 0 : 3, String(content));
    await again.manager.stop();
  }
});

test('what DeleteRecords took is gone for good before it is answered', async () => {
  const disk = new MemoryDisk();
  const scene = new Scene(disk);
  await scene.produce(20);
  const [partition] = scene.partitions;
  assert.equal(partition!.deleteRecords(13), 13);
  scene.manager.startOffsetsMoved();
  // Killed here: no file is gone yet.
  const again = new Scene(disk);
  assert.equal(again.partitions[0]!.log.startOffset, 13);
  assert.equal(again.partitions[0]!.deleteRecords(-1), 20);
  again.manager.startOffsetsMoved();
  await again.time.advance(DAY / 100);
  await again.stop();
  assert.equal(new Scene(disk).partitions[0]!.log.startOffset, 20);
});

test('expired segments go, and their files a minute later', async () => {
  const disk = new MemoryDisk();
  const scene = new Scene(disk, 1, { retentionMs: DAY });
  await scene.produce(20);
  const { log } = scene.partitions[0]!;
  await scene.time.advance(DAY + 300_000);
  await scene.produce(1);
  assert.equal(log.startOffset, 20);
  await scene.time.advance(900_000);
  assert.deepEqual(
    disk.list('/data/flights-0').filter((name) => name.includes('.log')),
    ['00000000000000000020.log'],
  );
  await scene.stop();
});

test('silent producers are forgotten after producer.id.expiration.ms, looked for every ten minutes', async () => {
  const scene = new Scene(new MemoryDisk());
  await scene.produce(1, 0, 77);
  const { log } = scene.partitions[0]!;
  await scene.time.advance(DAY - 1000);
  assert.equal(log.activeProducers().length, 1);
  await scene.time.advance(601_000);
  assert.equal(log.activeProducers().length, 0);
  await scene.stop();
});

test('a topic that comes again knows nothing of the offsets of the one before', async () => {
  const disk = new MemoryDisk();
  const scene = new Scene(disk);
  await scene.produce(20);
  await scene.time.advance(60_000);
  assert.match(text(disk, 'recovery-point-offset-checkpoint'), /flights/);
  const [gone] = scene.partitions.splice(0);
  gone!.deleted();
  const topic = { name: 'flights', id: gone!.topicId, partitions: [{}] };
  scene.manager.topicsChanged({ topicsDeleted: [topic] } as unknown as MetadataDelta);
  for (const name of disk.list('/data').filter((each) => each.endsWith('checkpoint'))) {
    assert.equal(text(disk, name), '0\n0\n', name);
  }
  await scene.manager.stop();
});

test('where a log failed or was never opened the stop is not a clean one', async () => {
  const disk = new MemoryDisk();
  const scene = new Scene(disk, 2);
  await scene.produce(5, 0);
  await scene.produce(5, 1);
  scene.partitions[1]!.failed(new Error('EIO'));
  await scene.stop();
  assert.equal(disk.exists('/data/.kafka_cleanshutdown'), false);
  assert.match(text(disk, 'recovery-point-offset-checkpoint'), /flights 0 5/);
});

test('compacted logs are compacted beside the requests, the dirtiest first, and how far is stored', async () => {
  const disk = new MemoryDisk();
  const scene = new Scene(disk, 2, { compacted: true, deletes: false });
  await scene.produce(60, 0);
  await scene.produce(20, 1);
  const sizes = scene.partitions.map(({ log }) => log.sizeInBytes);
  await scene.time.advance(60_000);
  for (const [index, { log }] of scene.partitions.entries()) assert.ok(log.sizeInBytes < sizes[index]! / 2);
  const stored = text(disk, 'cleaner-offset-checkpoint');
  assert.match(stored, /^0\n2\nflights 0 \d+\nflights 1 \d+\n$/);
  const { log } = scene.partitions[0]!;
  assert.equal(log.cleanable(scene.time.now(), Number(/flights 0 (\d+)/.exec(stored)![1])).cleanableBytes, 0);
  await scene.stop();
  const again = new Scene(disk, 2, { compacted: true, deletes: false });
  assert.equal(again.partitions[0]!.log.endOffset, 60);
  await again.stop();
});

test('a log that cannot be compacted is left as it is, and the others are compacted', async () => {
  const disk = new MemoryDisk();
  const scene = new Scene(disk, 2, { compacted: true, deletes: false });
  await scene.produce(60, 0);
  await scene.produce(30, 1);
  const file = disk.open('/data/flights-0/00000000000000000000.log');
  file.write(Uint8Array.of(0xff), file.size() - 2);
  const sizes = scene.partitions.map(({ log }) => log.sizeInBytes);
  await scene.time.advance(60_000);
  assert.equal(scene.partitions[0]!.log.sizeInBytes, sizes[0]);
  assert.ok(scene.partitions[1]!.log.sizeInBytes < sizes[1]! / 2);
  assert.deepEqual(
    scene.partitions.map(({ failure }) => failure),
    [undefined, undefined],
  );
  assert.equal(scene.errors.filter((line) => /cannot be compacted/.test(line)).length, 1);
  await scene.stop();
});
