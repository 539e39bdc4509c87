/** The trace context that a producer writes, against a scripted cluster in virtual time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '../../core/index.ts';
import { Simulation } from '../../lab/index.ts';
import { decodeRecords } from '../../records/index.ts';
import { FakeCluster } from '../testing/fake-cluster.ts';
import type { TraceContextHook } from '../trace-context.ts';
import { Producer } from './producer.ts';

const PARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

async function headersSent(traceContext: TraceContextHook, logged: string[] = []): Promise<string[][]> {
  const sim = new Simulation({ seed: 'trace context' });
  const broker = new FakeCluster(sim.node('broker'), 'broker', { t: 1 });
  const logger = { ...silentLogger, error: (message: string) => void logged.push(message) };
  const producer = new Producer({
    bootstrapServers: 'broker:9092',
    ports: sim.node('client'),
    logger,
    traceContext,
  });
  await sim.run(async () => {
    await broker.listen();
    producer.send({ topic: 't', value: 'a' });
    producer.send({ topic: 't', value: 'b', headers: [{ key: 'traceparent', value: 'own' }] });
    await producer.flush();
    await producer.close();
  });
  return broker
    .partition('t', 0)
    .batches.flatMap((batch) => decodeRecords(batch))
    .map(({ headers }) => headers.map(({ key, value }) => `${key}=${Buffer.from(value!).toString()}`));
}

test('each record gets the context that the hook has for it, unless it has one', async () => {
  const asked: string[] = [];
  const sent = await headersSent((record) => {
    asked.push(String(record.value));
    return { traceparent: PARENT, tracestate: 'a=1' };
  });
  assert.deepEqual(sent, [[`traceparent=${PARENT}`, 'tracestate=a=1'], ['traceparent=own']]);
  assert.deepEqual(asked, ['a', 'b']);
});

test('no context, or one that is not valid, writes nothing', async () => {
  assert.deepEqual(await headersSent(() => undefined), [[], ['traceparent=own']]);
  assert.deepEqual(await headersSent(() => ({ traceparent: '00-0-0-00' })), [[], ['traceparent=own']]);
});

test('a hook that throws costs no record, and is logged once', async () => {
  const logged: string[] = [];
  const sent = await headersSent(() => {
    throw new Error('no tracer');
  }, logged);
  assert.deepEqual(sent, [[], ['traceparent=own']]);
  assert.equal(logged.filter((message) => message.startsWith('traceContext threw')).length, 1);
});

test('a hook that is not a function is refused', () => {
  const options = { bootstrapServers: 'h:1', traceContext: 'on' as unknown as TraceContextHook };
  assert.throws(() => new Producer(options), { name: 'ConfigurationError', message: /traceContext: a function/ });
});
