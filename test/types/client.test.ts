/** What the client's types accept and refuse: each program is compiled as a user's would be, all of them in one run. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

const root = join(import.meta.dirname, '..', '..');

const PRELUDE = `import { Admin, Consumer, process, Producer, serde, topic } from '${join(root, 'src', 'client', 'index.ts')}';
export interface Order { id: string; total: number }
export interface Invoice { order: string }
const orders = topic('orders', { key: serde.string, value: serde.json<Order>() });
const invoices = topic('invoices', { key: serde.string, value: serde.json<Invoice>() });
const events = topic('events', { value: serde.string });
declare const producer: Producer;
declare const consumer: Consumer;
declare const admin: Admin;
declare const given: { bootstrapServers: string };
export { admin, Consumer, process, producer, consumer, given, orders, invoices, events };
`;
const COMMON = `{ ...given, group: 'g', guarantee: 'exactly-once'`;

const accepted: Record<string, string> = {
  'options in camelCase': `new Producer({ ...given, acks: 'all', lingerMs: 5 });`,
  'options as Kafka names them': `new Producer({ 'bootstrap.servers': 'a:1', 'enable.idempotence': true, 'transactional.id': 'x' });`,
  'a record of the topic’s types': `producer.send(orders.record({ key: 'a', value: { id: 'a', total: 1 } }));`,
  'no key where the topic has none': `producer.send(events.record({ value: 'a' }));`,
  'a record read': `for (const record of await consumer.poll()) { const total: number = orders.read(record).value.total; void total; }`,
  'process between typed topics': `process(${COMMON}, from: orders, to: invoices, handler: ({ key, value }) => ({ key, value: { order: value.id } }) });`,
  'process with a handler that returns nothing': `process(${COMMON}, from: 'a', handler: async () => {} });`,
  'process with options that leave the guarantee alone': `process(${COMMON}, from: 'a', to: 'b', handler: () => ({ value: 'v' }), producer: { lingerMs: 1 }, consumer: { maxPollRecords: 10 } });`,
  'process with options that agree with the guarantee, and with one that is not known yet': `const common = { ...given, group: 'g', from: 'a', handler: () => {} }; process({ ...common, guarantee: 'at-least-once', producer: { 'enable.idempotence': false, acks: -1, retries: 9 } }); process({ ...common, guarantee: 'at-most-once', producer: { acks: 0, retries: 0 } }); process({ ...common, guarantee: 'exactly-once', producer: { transactionTimeoutMs: 60_000, acks: 'all', enableIdempotence: true }, consumer: { 'isolation.level': 'read_committed' } }); function wrapped(options: Omit<Parameters<typeof process>[0], 'bootstrapServers'>) { return process({ ...options, ...given }); } void wrapped;`,
  'process that stops its handler': `process({ ...given, group: 'g', guarantee: 'at-least-once', from: orders, to: invoices, handler: async (_record, _context, { signal }) => { await fetch('http://a', { signal }); return undefined; } });`,
  'a preset with what it leaves open': `new Producer({ ...given, preset: 'general-events', acks: 1, lingerMs: 5 }); new Consumer({ ...given, preset: 'critical-events', groupId: 'g', autoOffsetReset: 'none' });`,
  'the preset of payments with an id, under either name': `new Producer({ ...given, preset: 'payments', transactionalId: 'a' }); new Producer({ ...given, preset: 'payments', 'transactional.id': 'a', acks: 'all' });`,
  'options that a wrapper hands on': `function wrapped(options: Omit<ProducerOptions, 'bootstrapServers'>) { return new Producer({ ...options, ...given }); } void wrapped;`,
  'metrics by their names, and events by theirs': `const total: number = producer.metrics().counters['record-send-total'] + consumer.metrics().counters['records-consumed-total']; consumer.on('commit', ({ offsets }) => { const at: number = offsets[0]!.offset; void at; }); void total;`,
  'a trace context as a tracing library makes it': `new Producer({ ...given, traceContext: () => { const carrier: Record<string, string> = {}; return carrier; } });`,
  'process that carries the trace context': `process(${COMMON}, from: orders, to: invoices, traceContext: true, handler: ({ key, value }, context) => { const parent: string | undefined = context?.traceparent; void parent; return { key, value: { order: value.id } }; } });`,
  'a change of configuration, and its taking back': `admin.incrementalAlterConfigs([{ type: 'topic', name: 'a', changes: [{ name: 'x', op: 'SET', value: '1' }, { name: 'y', op: 'DELETE' }] }]);`,
  'positions found are positions to commit': `admin.alterConsumerGroupOffsets('g', await admin.listOffsets([{ topic: 'a', partition: 0, at: 'latest' }]));`,
  'a hanging transaction is one to abort': `for (const found of await admin.findHangingTransactions([{ topic: 'a', partition: 0 }])) await admin.abortTransaction(found);`,
};

const refused: Record<string, string> = {
  'a change of configuration without a value': `admin.incrementalAlterConfigs([{ type: 'topic', name: 'a', changes: [{ name: 'x', op: 'SET' }] }]);`,
  'a kind of resource that does not exist': `admin.describeConfigs([{ type: 'topics', name: 'a' }]);`,
  'a member that is not named': `admin.removeMembersFromConsumerGroup('g', [{}]);`,
  'an unknown option': `new Producer({ ...given, lingerMillis: 5 });`,
  'an option of the wrong type': `new Producer({ ...given, lingerMs: 'soon' });`,
  'acks that do not exist': `new Producer({ ...given, acks: 2 });`,
  'an isolation level that does not exist': `new Consumer({ ...given, isolationLevel: 'serializable' });`,
  'a reset policy that does not exist': `new Consumer({ ...given, autoOffsetReset: 'middle' });`,
  'a value of another topic': `producer.send(orders.record({ key: 'a', value: { order: 'a' } }));`,
  'a key of another type': `producer.send(orders.record({ key: 1, value: { id: 'a', total: 1 } }));`,
  'a missing key': `producer.send(orders.record({ value: { id: 'a', total: 1 } }));`,
  'a key where the topic has none': `producer.send(events.record({ key: 'a', value: 'a' }));`,
  'an output of another topic’s type': `process(${COMMON}, from: orders, to: invoices, handler: ({ key, value }) => ({ key, value }) });`,
  'a guarantee that does not exist': `process({ ...given, group: 'g', guarantee: 'once', from: 'a', handler: () => {} });`,
  'a contradiction: the isolation level': `process(${COMMON}, from: 'a', handler: () => {}, consumer: { isolationLevel: 'read_uncommitted' } });`,
  'a contradiction: automatic commits': `process(${COMMON}, from: 'a', handler: () => {}, consumer: { 'enable.auto.commit': true } });`,
  'a preset that does not exist': `new Producer({ ...given, preset: 'logs' });`,
  'a preset and other acks': `new Producer({ ...given, preset: 'log-collection', acks: 'all' });`,
  'a preset and acks=0': `new Producer({ ...given, preset: 'critical-events', acks: 0 });`,
  'a preset and no idempotence': `new Producer({ ...given, preset: 'critical-events', 'enable.idempotence': false });`,
  'a preset without transactions and an id': `new Producer({ ...given, preset: 'general-events', transactionalId: 'a' });`,
  'the preset of payments without an id': `new Producer({ ...given, preset: 'payments' });`,
  'a consumer’s preset and automatic commits': `new Consumer({ ...given, preset: 'critical-events', enableAutoCommit: true });`,
  'a consumer’s preset and another isolation level': `new Consumer({ ...given, preset: 'payments', 'isolation.level': 'read_uncommitted' });`,
  'a consumer’s preset and a reset that skips': `new Consumer({ ...given, preset: 'payments', autoOffsetReset: 'latest' });`,
  'a preset where the guarantee is the word': `process(${COMMON}, from: 'a', handler: () => {}, producer: { preset: 'payments', transactionalId: 'x' } });`,
  'a trace context of another shape': `new Producer({ ...given, traceContext: () => 'x' });`,
  'an event that does not exist': `producer.on('rebalance', () => {});`,
  'an event’s field that does not exist': `consumer.on('commit', ({ records }) => void records);`,
  'a metric that does not exist': `const name: keyof ReturnType<typeof producer.metrics>['counters'] = 'records-sent'; void name;`,
  'a contradiction: idempotence': `process(${COMMON}, from: 'a', handler: () => {}, producer: { enableIdempotence: false } });`,
};

const underGuarantee = {
  'at-most-once': [`producer: { acks: 'all' }`, `producer: { retries: 9 }`, `producer: { enableIdempotence: true }`],
  'at-least-once': [`producer: { acks: 1 }`, `producer: { acks: 0 }`, `consumer: { enableAutoCommit: true }`],
  'exactly-once': [`producer: { acks: 0 }`, `producer: { 'enable.idempotence': false }`, `concurrency: 3`],
};
for (const [guarantee, contradictions] of Object.entries(underGuarantee)) {
  for (const contradiction of contradictions) {
    refused[`${guarantee} with ${contradiction}`] =
      `process({ ...given, group: 'g', from: 'a', handler: () => {}, guarantee: '${guarantee}', ${contradiction} });`;
    refused[`${guarantee} between typed topics with ${contradiction}`] =
      `process({ ...given, group: 'g', from: orders, to: invoices, handler: () => undefined, guarantee: '${guarantee}', ${contradiction} });`;
  }
}

/** Of every type of options something that it takes, and something that it does not. */
const optionsTypes: Readonly<Record<string, { readonly takes: string; readonly refuses: readonly string[] }>> = {
  AdminOptions: {
    takes: `{ ...given, 'default.api.timeout.ms': 1, retryBackoffMs: 2, 'receive.buffer.bytes': -1 }`,
    refuses: [`{ ...given, groupId: 'g' }`, `{ ...given, defaultApiTimeoutMs: '1' }`],
  },
  CallOptions: { takes: `{ timeoutMs: 1, signal: new AbortController().signal }`, refuses: [`{ timeout: 1 }`] },
  ConsumerCallOptions: { takes: `{ timeoutMs: 1 }`, refuses: [`{ timeoutMs: '1' }`, `{ wait: 1 }`] },
  ConsumerCloseOptions: { takes: `{ leaveGroup: false, timeoutMs: 1 }`, refuses: [`{ leaveGroup: 'no' }`] },
  ConsumerOptions: {
    takes: `{ ...given, 'group.id': 'g', maxPollRecords: 1, 'group.protocol': 'classic', autoOffsetReset: 'by_duration:P1D' }`,
    refuses: [
      `{ ...given, linger: 5 }`,
      `{ ...given, 'group.protocol': 'consumer' }`,
      `{ ...given, partitionAssignmentStrategy: 5 }`,
      `{ ...given, valueDeserializer: 'org.apache.kafka.common.serialization.StringDeserializer' }`,
    ],
  },
  ConsumerPresetOptions: {
    takes: `{ ...given, preset: 'payments', groupId: 'g' }`,
    refuses: [`{ ...given, preset: 'payments', 'auto.offset.reset': 'latest' }`, `{ ...given, preset: 'other' }`],
  },
  DeliveryWaitOptions: {
    takes: `{ timeoutMs: 1, signal: new AbortController().signal }`,
    refuses: [`{ timeoutMs: '1' }`, `{ retries: 1 }`],
  },
  LoopOptions: { takes: `{ signal: new AbortController().signal }`, refuses: [`{ signal: 5 }`, `{ timeout: 1 }`] },
  PollOptions: { takes: `{ timeoutMs: 1 }`, refuses: [`{ timeoutMs: 1, maxRecords: 5 }`] },
  ProcessOptions: {
    takes: `{ ...given, group: 'g', from: ['a', 'b'], guarantee: 'at-most-once', handler: () => {}, commitIntervalMs: 5 }`,
    refuses: [
      `{ ...given, group: 'g', from: 'a', guarantee: 'at-most-once' }`,
      `{ ...given, group: 'g', from: 'a', handler: () => {} }`,
      `{ ...given, group: 'g', from: 'a', guarantee: 'exactly-once', handler: () => ({ values: 1 }) }`,
      `{ ...given, group: 'g', from: 'a', guarantee: 'exactly-once', handler: () => {}, producer: { transactionalId: 'x' } }`,
      `{ ...given, group: 'g', from: 'a', guarantee: 'exactly-once', handler: () => {}, traceContext: 'on' }`,
    ],
  },
  ProducerCloseOptions: {
    takes: `{ timeoutMs: 1, signal: new AbortController().signal }`,
    refuses: [`{ timeoutMs: '1' }`, `{ leaveGroup: true }`],
  },
  ProducerOptions: {
    takes: `{ ...given, 'linger.ms': 1, 'key.serializer': 'org.apache.kafka.common.serialization.StringSerializer' }`,
    refuses: [
      `{ ...given, groupId: 'g' }`,
      `{ ...given, compressionType: 'brotli' }`,
      `{ ...given, 'enable.idempotence': 1 }`,
      `{ ...given, 'value.serializer': 'com.example.MySerializer' }`,
    ],
  },
  ProducerPresetOptions: {
    takes: `{ ...given, preset: 'log-collection', acks: 0, compressionType: 'lz4' }`,
    refuses: [`{ ...given, preset: 'log-collection', acks: 1 }`, `{ ...given, preset: 'payments' }`],
  },
  RunOptions: {
    takes: `{ commit: 'after', eachMessage: () => {} }`,
    refuses: [
      `{ commit: 'after' }`,
      `{ commit: 'later', eachMessage: () => {} }`,
      `{ eachMessage: () => {}, eachBatch: () => {} }`,
    ],
  },
  SaslOptions: {
    takes: `{ mechanism: 'scram-sha-512', username: 'u', password: 'p' }`,
    refuses: [`{ mechanism: 'plain', username: 'u' }`, `{ mechanism: 'gssapi' }`],
  },
  SslOptions: { takes: `{ ca: 'PEM' }`, refuses: [`{ ca: 5 }`, `{ rejectUnauthorized: false }`] },
  'TypedProcessOptions<string, Order, string, Invoice>': {
    takes: `{ ...given, group: 'g', guarantee: 'at-least-once', from: orders, to: invoices, handler: () => undefined }`,
    refuses: [
      `{ ...given, group: 'g', guarantee: 'at-least-once', from: orders, to: orders, handler: () => undefined }`,
      `{ ...given, group: 'g', guarantee: 'at-least-once', from: invoices, to: invoices, handler: () => undefined }`,
    ],
  },
  WaitOptions: { takes: `{ timeoutMs: 1 }`, refuses: [`{ timeoutMs: 1, retries: 5 }`] },
};
const typeOf = (name: string): string => name.replace(/<.*/, '');
const declared = (name: string, value: string): string =>
  `import type { ${typeOf(name)} as Checked } from '${join(root, 'src', 'client', 'index.ts')}';\n` +
  `import type { Invoice, Order } from './prelude.ts';\nconst options: Checked${name.slice(typeOf(name).length)} = ${value};\nvoid options;\n` +
  'export type Used = Invoice | Order;';
for (const [name, { takes, refuses }] of Object.entries(optionsTypes)) {
  accepted[`${typeOf(name)} as they should be`] = declared(name, takes);
  for (const value of refuses) refused[`${typeOf(name)}: ${value}`] = declared(name, value);
}

describe('the types of the client', () => {
  let directory: string;
  let errors: ReadonlyMap<string, string>;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'onceward-types-'));
    const files: string[] = [];
    const write = (name: string, text: string): void => {
      writeFileSync(join(directory, name), text);
      files.push(name);
    };
    write('prelude.ts', PRELUDE);
    const program = (code: string): string =>
      `import { admin, Consumer, consumer, events, given, invoices, orders, process, producer } from './prelude.ts';\n` +
      `import { Producer, type ProducerOptions } from '${join(root, 'src', 'client', 'index.ts')}';\n` +
      `void [admin, Consumer, consumer, events, given, invoices, orders, process, producer, Producer, undefined as ProducerOptions | undefined];\n${code}\n`;
    for (const [at, code] of Object.values(accepted).entries()) write(`accepted-${at}.ts`, program(code));
    for (const [at, code] of Object.values(refused).entries()) write(`refused-${at}.ts`, program(code));
    writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
    const config = {
      extends: join(root, 'tsconfig.json'),
      compilerOptions: { typeRoots: [join(root, 'node_modules', '@types')] },
      include: [],
      files,
    };
    writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify(config));
    const compiler = join(root, 'node_modules', '.bin', 'tsc');
    const { stdout, error } = spawnSync(compiler, ['-p', directory, '--pretty', 'false'], {
      cwd: directory,
      encoding: 'utf8',
      timeout: 60_000,
    });
    assert.equal(error, undefined);
    const found = new Map<string, string>();
    for (const line of stdout.split('\n')) {
      const [, file, message] = /([\w-]+)\.ts\(\d+,\d+\): (error .*)$/.exec(line) ?? [];
      if (file !== undefined && !found.has(file)) found.set(file, message!);
    }
    errors = found;
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  test('every type of options has something that it refuses', () => {
    const exported = ['index.ts', 'admin/index.ts'].flatMap((file) => {
      const text = readFileSync(join(root, 'src', 'client', file), 'utf8');
      return [...text.matchAll(/\b[A-Z]\w*Options\b/g)].map(([name]) => name);
    });
    assert.ok(exported.length >= 10);
    assert.deepEqual([...new Set(exported)].sort(), Object.keys(optionsTypes).map(typeOf).sort());
  });
  test('the programs are compiled', () => {
    assert.equal(errors.get('prelude'), undefined);
    assert.ok(errors.size > 0);
  });
  for (const [at, name] of Object.keys(accepted).entries()) {
    test(`accept ${name}`, () => assert.equal(errors.get(`accepted-${at}`), undefined));
  }
  for (const [at, name] of Object.keys(refused).entries()) {
    test(`refuse ${name}`, () => assert.match(errors.get(`refused-${at}`) ?? 'no error', /^error TS2/));
  }
});
