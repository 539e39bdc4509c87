import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Socket } from '../../core/index.ts';
import { nodePorts } from '../../node/index.ts';
import { MortalPorts } from './mortal-ports.ts';

const real = nodePorts();

test('after kill nothing runs, nothing is told, nothing is answered, and the other side sees the end', async () => {
  const received: string[] = [];
  const ended = Promise.withResolvers<void>();
  let there: Socket | undefined;
  const listener = await real.network.listen({
    host: '127.0.0.1',
    port: 0,
    accept: (socket) => {
      there = socket;
      return {
        data: (chunk) => received.push(Buffer.from(chunk).toString()),
        drain: () => {},
        close: () => ended.resolve(),
      };
    },
  });
  try {
    const ports = new MortalPorts(real);
    const told: string[] = [];
    const connect = () =>
      ports.network.connect({
        host: '127.0.0.1',
        port: listener.port,
        timeoutMs: 1000,
        handler: { data: () => told.push('data'), drain: () => told.push('drain'), close: () => told.push('close') },
      });
    const socket = await connect();
    ports.timers.after(5, () => told.push('timer before'));
    await sleep(20);
    ports.timers.after(5, () => told.push('timer after'));
    ports.timers.defer(() => told.push('deferred'));
    socket.write(Buffer.from('x'));
    const connecting = connect().then(() => told.push('connected'));
    ports.kill();

    there?.write(Buffer.from('too late'));
    ports.timers.after(0, () => told.push('new timer'));
    const late = connect().then(() => told.push('connected late'));
    await ended.promise;
    await Promise.race([sleep(50), connecting, late]);
    assert.deepEqual(told, ['timer before']);
  } finally {
    await listener.close();
  }
});

test('until then they are the ports they stand for', async () => {
  const ports = new MortalPorts(real);
  const ran = Promise.withResolvers<void>();
  const cancelled = ports.timers.after(1, () => assert.fail('cancelled'));
  cancelled.cancel();
  ports.timers.after(2, () => ran.resolve());
  await ran.promise;
  await new Promise<void>((resolve) => ports.timers.defer(resolve));
  await assert.rejects(
    ports.network.connect({
      host: '127.0.0.1',
      port: 1,
      timeoutMs: 1000,
      handler: { data() {}, drain() {}, close() {} },
    }),
    { code: 'ECONNREFUSED' },
  );
});
