/**
 * Writes test/golden/frames.json: the frames that other clients and Apache Kafka exchange, through a recorder that only
 * listens. Needs Java, kcat, and KAFKA_JARS: the directory with the jars of Apache Kafka 4.3.1. It knows of the protocol
 * no more than lengths, API keys, versions and correlation ids, and uses nothing of src/.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Admin, Consumer, ProduceAcks, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka';
import kafkajs from 'kafkajs';

const jars = process.env.KAFKA_JARS;
if (!jars) throw new Error('KAFKA_JARS: where are the jars of Apache Kafka 4.3.1?');
const [brokerPort, controllerPort, recorderPort, saslPort, saslRecorderPort] = [19801, 19802, 19803, 19804, 19805];
const bootstrap = `127.0.0.1:${recorderPort}`;
/** Where a client must log in. */
const saslBootstrap = `127.0.0.1:${saslRecorderPort}`;
const login = { username: 'recorded', password: 'recorded-secret' };
const host = '127.0.0.1';
/** Of each client, API, version and direction the longest frame up to this size is kept. */
const SIZE_MAX = 3000;
const here = fileURLToPath(new URL('.', import.meta.url));

interface Frame {
  readonly client: string;
  readonly key: number;
  readonly version: number;
  readonly direction: 'request' | 'response';
  readonly hex: string;
}
/** ConsumerGroupHeartbeat: Java's members send it, and no table here reads it. */
const LEFT_OUT = 68;
const kept = new Map<string, Frame>();
let client = 'Apache Kafka';

function keep(frame: Frame): void {
  if (frame.key === LEFT_OUT) return;
  const name = [frame.client, frame.key, frame.version, frame.direction].join();
  const length = frame.hex.length / 2;
  if (length <= SIZE_MAX && length > (kept.get(name)?.hex.length ?? 0) / 2) kept.set(name, frame);
}

/** Calls back with each frame of a stream, without its length. */
function frames(each: (frame: Buffer) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const size = rest.readInt32BE(0);
      each(Buffer.from(rest.subarray(4, 4 + size)));
      rest = rest.subarray(4 + size);
    }
  };
}

const recorder = (port: number) => (fromClient: Socket) => record(fromClient, connect(port, host));

function record(fromClient: Socket, toBroker: Socket): void {
  const asked = new Map<number, { client: string; key: number; version: number }>();
  const requests = frames((frame) => {
    const [key, version, correlationId] = [frame.readInt16BE(0), frame.readInt16BE(2), frame.readInt32BE(4)];
    const idLength = frame.readInt16BE(8);
    const clientId = idLength > 0 ? frame.toString('utf8', 10, 10 + idLength) : '';
    // The broker's own requests to itself come this way too.
    const who = clientId === client ? client : 'Apache Kafka';
    asked.set(correlationId, { client: who, key, version });
    keep({ client: who, key, version, direction: 'request', hex: frame.toString('hex') });
  });
  const responses = frames((frame) => {
    const question = asked.get(frame.readInt32BE(0));
    if (!question) return;
    asked.delete(frame.readInt32BE(0));
    keep({ ...question, direction: 'response', hex: frame.toString('hex') });
  });
  fromClient.on('data', requests).pipe(toBroker);
  toBroker.on('data', responses).pipe(fromClient);
  for (const socket of [fromClient, toBroker]) {
    socket.setNoDelay(true).on('error', () => socket.destroy());
    socket.on('close', () => {
      fromClient.destroy();
      toBroker.destroy();
    });
  }
}

function start(command: string, args: readonly string[], input = ''): ChildProcess {
  const child = spawn(command, args, { stdio: ['pipe', 'inherit', 'inherit'] });
  child.stdin!.on('error', () => {}).end(input);
  return child;
}

function run(command: string, args: readonly string[], input = ''): Promise<void> {
  return new Promise((resolve, reject) => {
    start(command, args, input)
      .on('error', reject)
      .on('close', (code) => (code === 0 ? resolve() : reject(new Error(`${command} ${args.join(' ')}: ${code}`))));
  });
}

const java = (...args: string[]) => ['-Dorg.slf4j.simpleLogger.defaultLogLevel=error', '-cp', `${jars}/*`, ...args];

async function startKafka(directory: string): Promise<ChildProcess> {
  const properties = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.bootstrap.servers': `${host}:${controllerPort}`,
    listeners: `PLAINTEXT://${host}:${brokerPort},LOGIN://${host}:${saslPort},CONTROLLER://${host}:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://${bootstrap},LOGIN://${saslBootstrap}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,LOGIN:SASL_PLAINTEXT',
    'listener.name.login.sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.login.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required user_${login.username}="${login.password}";`,
    'log.dirs': join(directory, 'data'),
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 2,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 2,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
  };
  const file = join(directory, 'server.properties');
  writeFileSync(
    file,
    Object.entries(properties)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  );
  await run(
    'java',
    java('kafka.tools.StorageTool', 'format', '-t', 'abcdefghijklmnopqrstuQ', '-c', file, '--standalone'),
  );
  const kafka = start('java', java('-Xmx512m', 'kafka.Kafka', file));
  await listening(brokerPort);
  return kafka;
}

/** Waits for the broker, a minute at most, and a moment longer for what it does after it listens. */
async function listening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 240; attempt++) {
    const answers = await new Promise<boolean>((resolve) => {
      const socket = connect(port, host);
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    await sleep(answers ? 3000 : 250);
    if (answers) return;
  }
  throw new Error(`nobody listens on ${port}`);
}

async function byKcat(): Promise<void> {
  const common = ['-b', bootstrap, '-X', 'client.id=kcat'];
  const lines = Array.from({ length: 5 }, (_, index) => `key${index}:value ${index}\n`).join('');
  await run('kcat', [...common, '-L']);
  await run('kcat', [...common, '-P', '-t', 'kcat', '-K:', '-X', 'enable.idempotence=true'], lines);
  await run('kcat', [...common, '-P', '-t', 'kcat', '-K:', '-X', 'transactional.id=kcat', '-X', 'acks=all'], lines);
  await run('kcat', [...common, '-Q', '-t', 'kcat:0:-1']);
  const group = [
    '-X',
    'auto.offset.reset=earliest',
    '-X',
    'heartbeat.interval.ms=200',
    '-X',
    'enable.auto.commit=true',
  ];
  await run('kcat', [...common, ...group, '-c', '10', '-G', 'kcat-group', 'kcat']);
  const sasl = ['security.protocol=SASL_PLAINTEXT', 'sasl.mechanisms=PLAIN'];
  sasl.push(`sasl.username=${login.username}`, `sasl.password=${login.password}`);
  await run('kcat', ['-b', saslBootstrap, '-X', 'client.id=kcat', ...sasl.flatMap((one) => ['-X', one]), '-L']);
}

async function byKafkajs(): Promise<void> {
  const kafka = new kafkajs.Kafka({ clientId: 'kafkajs', brokers: [bootstrap], logLevel: kafkajs.logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  const configEntries = [{ name: 'retention.ms', value: '1000000' }];
  await admin.createTopics({ topics: [{ topic: 'kafkajs', numPartitions: 2, configEntries }] });
  await admin.listTopics();
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, transactionalId: 'kafkajs' });
  await producer.connect();
  const messages = [
    { key: 'k', value: 'v', headers: { h: 'x' }, partition: 0 },
    { value: 'w', partition: 1 },
  ];
  for (const end of ['commit', 'abort'] as const) {
    const transaction = await producer.transaction();
    await transaction.send({ topic: 'kafkajs', messages });
    const partitions = [{ partition: 0, offset: '1' }];
    await transaction.sendOffsets({ consumerGroupId: 'kafkajs', topics: [{ topic: 'kafkajs', partitions }] });
    await transaction[end]();
  }
  await producer.disconnect();
  const consumer = kafka.consumer({ groupId: 'kafkajs-group', heartbeatInterval: 200, rackId: 'rack-a' });
  await consumer.connect();
  await consumer.subscribe({ topics: ['kafkajs'], fromBeginning: true });
  let seen = 0;
  await consumer.run({ eachMessage: async () => void seen++ });
  for (let wait = 0; seen < 2 && wait < 100; wait++) await sleep(100);
  await consumer.commitOffsets([{ topic: 'kafkajs', partition: 0, offset: '1', metadata: 'm' }]);
  await sleep(600);
  await admin.describeGroups(['kafkajs-group']);
  await consumer.disconnect();
  await admin.fetchOffsets({ groupId: 'kafkajs-group', topics: ['kafkajs'] });
  await admin.fetchTopicOffsets('kafkajs');
  await admin.fetchTopicOffsetsByTimestamp('kafkajs', 0);
  await admin.listGroups();
  await admin.describeCluster();
  const type = kafkajs.ConfigResourceTypes.TOPIC;
  const resources = [{ type, name: 'kafkajs', configNames: ['retention.ms'] }];
  await admin.describeConfigs({ includeSynonyms: true, resources });
  await admin.alterConfigs({ validateOnly: true, resources: [{ type, name: 'kafkajs', configEntries }] });
  await admin.deleteGroups(['kafkajs-group']);
  await admin.deleteTopics({ topics: ['kafkajs'] });
  await admin.disconnect();
  const sasl = { mechanism: 'plain' as const, ...login };
  const secured = new kafkajs.Kafka({ clientId: 'kafkajs', brokers: [saslBootstrap], sasl }).admin();
  await secured.connect();
  await secured.disconnect();
}

async function byPlatformatic(): Promise<void> {
  const common = { clientId: 'platformatic', bootstrapBrokers: [bootstrap], retries: 5 };
  const admin = new Admin(common);
  await admin.createTopics({ topics: ['platformatic'], partitions: 2, replicas: 1 });
  const serializers = stringSerializers;
  const producer = new Producer({ ...common, serializers, idempotent: true, transactionalId: 'platformatic' });
  const transaction = await producer.beginTransaction();
  const messages = [{ topic: 'platformatic', key: 'k', value: 'v', headers: { h: 'x' }, partition: 0 }];
  await transaction.send({ messages, acks: ProduceAcks.ALL });
  await transaction.commit();
  const second = await producer.beginTransaction();
  await second.send({ messages, acks: ProduceAcks.ALL });
  await second.abort();
  await producer.close();
  const member = { groupId: 'platformatic-group', heartbeatInterval: 200, sessionTimeout: 10_000, autocommit: false };
  const consumer = new Consumer({ ...common, ...member, deserializers: stringDeserializers, maxWaitTime: 200 });
  const stream = await consumer.consume({ topics: ['platformatic'], mode: 'earliest' });
  const [message] = await stream.take(1).toArray();
  await message?.commit();
  await sleep(600);
  await consumer.listOffsets({ topics: ['platformatic'] });
  await consumer.listCommittedOffsets({ topics: [{ topic: 'platformatic', partitions: [0, 1] }] });
  await admin.describeGroups({ groups: ['platformatic-group'] });
  await stream.close();
  await consumer.close(true);
  await admin.listGroups();
  await admin.deleteGroups({ groups: ['platformatic-group'] });
  await admin.deleteTopics({ topics: ['platformatic'] });
  await admin.close();
  const sasl = { mechanism: 'PLAIN' as const, ...login };
  const secured = new Admin({ ...common, bootstrapBrokers: [saslBootstrap], sasl });
  await secured.listTopics();
  await secured.close();
}

const directory = mkdtempSync(join(tmpdir(), 'capture-golden-'));
const servers = [
  createServer(recorder(brokerPort!)).listen(recorderPort, host),
  createServer(recorder(saslPort!)).listen(saslRecorderPort, host),
];
const kafka = await startKafka(directory);
try {
  client = 'kcat';
  await byKcat();
  client = 'kafkajs';
  await byKafkajs();
  client = 'platformatic';
  await byPlatformatic();
  client = 'java';
  await run('java', java(join(here, 'KafkaClients.java'), bootstrap, saslBootstrap, login.username, login.password));
} finally {
  for (const server of servers) server.close();
  kafka.kill();
  await new Promise((resolve) => kafka.once('close', resolve));
  rmSync(directory, { recursive: true, force: true });
}
const sorted = [...kept.values()].sort(
  (a, b) =>
    a.client.localeCompare(b.client) ||
    a.key - b.key ||
    a.version - b.version ||
    a.direction.localeCompare(b.direction),
);
const lines = sorted.map((frame) => JSON.stringify(frame)).join(',\n');
const text = `{\n"capturedBy": "scripts/capture-golden/record-frames.ts",\n"frames": [\n${lines}\n]\n}\n`;
writeFileSync(new URL('../../test/golden/frames.json', import.meta.url), text);
process.exit();
