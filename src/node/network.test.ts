import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import events from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import * as net from 'node:net';
import test, { type TestContext } from 'node:test';
import type { Listener, Socket, SocketHandler } from '../core/index.ts';
import { nodePorts } from './index.ts';

const { network, timers } = nodePorts();
const HOST = '127.0.0.1';

/** Everything that a handler was told, and a way to wait for it. */
class Recorder implements SocketHandler {
  readonly chunks: Buffer[] = [];
  bytes = 0;
  drains = 0;
  closes: (Error | undefined)[] = [];
  private wake: (() => void)[] = [];

  data(chunk: Uint8Array): void {
    assert.equal(this.closes.length, 0, 'data after close');
    this.chunks.push(Buffer.from(chunk));
    this.bytes += chunk.length;
    this.notify();
  }
  drain(): void {
    this.drains++;
    this.notify();
  }
  close(error?: Error): void {
    this.closes.push(error);
    this.notify();
  }
  async until(condition: () => boolean): Promise<void> {
    const deadline = Date.now() + 10_000;
    while (!condition()) {
      assert.ok(Date.now() < deadline, 'waited for 10 s');
      await Promise.race([new Promise<void>((resolve) => this.wake.push(resolve)), sleep(50)]);
    }
  }
  text(): string {
    return Buffer.concat(this.chunks).toString();
  }
  private notify(): void {
    for (const wake of this.wake.splice(0)) wake();
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => void timers.after(ms, resolve));
const failsWith = (code: string) => (error: unknown) => (error as { code?: string }).code === code;

interface Pair {
  readonly listener: Listener;
  readonly client: Socket;
  readonly clientSide: Recorder;
  readonly server: Socket;
  readonly serverSide: Recorder;
}

/** `onAccept` is called while the connection is accepted. */
async function pair(onAccept: (socket: Socket) => void = () => {}): Promise<Pair> {
  const serverSide = new Recorder();
  const clientSide = new Recorder();
  const accepted = Promise.withResolvers<Socket>();
  const listener = await network.listen({
    host: HOST,
    port: 0,
    accept: (socket) => {
      onAccept(socket);
      accepted.resolve(socket);
      return serverSide;
    },
  });
  const client = await network.connect({ host: HOST, port: listener.port, handler: clientSide, timeoutMs: 5000 });
  return { listener, client, clientSide, server: await accepted.promise, serverSide };
}

async function finish(connected: Pair): Promise<void> {
  connected.client.destroy();
  connected.server.destroy();
  await connected.listener.close();
  await connected.clientSide.until(() => connected.clientSide.closes.length === 1);
  await connected.serverSide.until(() => connected.serverSide.closes.length === 1);
}

test('bytes go both ways in order, whatever the sizes of the writes', async () => {
  const connected = await pair();
  const { client, clientSide, server, serverSide } = connected;
  assert.equal(client.remoteAddress, `${HOST}:${connected.listener.port}`);
  let expected = '';
  for (let at = 0; at < 200; at++) {
    const text = String(at).repeat((at * 7) % 400);
    expected += text;
    client.write(Buffer.from(text));
    server.write(Buffer.from(text));
  }
  await serverSide.until(() => serverSide.bytes === expected.length);
  await clientSide.until(() => clientSide.bytes === expected.length);
  assert.equal(serverSide.text(), expected);
  assert.equal(clientSide.text(), expected);
  await finish(connected);
});

test('a socket that is paused while it is accepted, or right after it was resumed, takes nothing in', async () => {
  for (const resumedFirst of [false, true]) {
    const connected = await pair((socket) => {
      if (resumedFirst) socket.resume();
      socket.pause();
    });
    const { client, server, serverSide } = connected;
    client.write(Buffer.from('early'));
    await sleep(100);
    const taken = serverSide.bytes;
    server.resume();
    await serverSide.until(() => serverSide.bytes === 5);
    await finish(connected);
    assert.equal(taken, 0);
  }
});

test('small writes of one turn arrive together, and a lone one at once', async () => {
  const connected = await pair();
  const { client, server, serverSide, clientSide } = connected;
  for (let at = 0; at < 20; at++) client.write(Buffer.from('x'));
  await serverSide.until(() => serverSide.bytes === 20);
  assert.equal(serverSide.chunks.length, 1);
  const start = performance.now();
  for (let at = 1; at <= 20; at++) {
    client.write(Buffer.from('q'));
    await serverSide.until(() => serverSide.bytes === 20 + at);
    server.write(Buffer.from('a'));
    await clientSide.until(() => clientSide.bytes === at);
  }
  // Twenty round trips with a delayed acknowledgement in each would take 800 ms.
  assert.ok(performance.now() - start < 700, `${performance.now() - start} ms`);
  await finish(connected);
});

test('bytes belong to the writer again once they have left, and never where the connection ended first', async () => {
  const { listener, client, server, serverSide } = await pair();
  // One piece of memory for all of it.
  const memory = Buffer.alloc(100_000);
  for (let at = 0; at < 10; at++) {
    memory.fill(at);
    const { promise, resolve } = Promise.withResolvers<void>();
    client.write(memory, resolve);
    await promise;
  }
  await serverSide.until(() => serverSide.bytes === 1_000_000);
  const wanted = Buffer.concat(Array.from({ length: 10 }, (_, at) => Buffer.alloc(100_000, at)));
  assert.ok(Buffer.concat(serverSide.chunks).equals(wanted));
  server.pause();
  let after = 0;
  const writes = 1000;
  for (let at = 0; at < writes; at++) client.write(memory, () => void after++);
  await sleep(20);
  client.destroy();
  await sleep(20);
  assert.ok(after < writes, `${after}`);
  server.destroy();
  await listener.close();
});

test('a paused reader is felt by the writer, and resuming drains it', async () => {
  const connected = await pair();
  const { client, clientSide, server, serverSide } = connected;
  for (const [writer, writerSide, reader, readerSide] of [
    [client, clientSide, server, serverSide],
    [server, serverSide, client, clientSide],
  ] as const) {
    const before = readerSide.bytes;
    reader.pause();
    let sent = 0;
    const deadline = Date.now() + 10_000;
    while (writer.write(Buffer.alloc(65_536, 1))) {
      sent += 65_536;
      await sleep(0);
      assert.ok(Date.now() < deadline && sent < 256 * 2 ** 20, 'no backpressure');
    }
    sent += 65_536;
    await sleep(30);
    assert.equal(writerSide.drains, 0);
    assert.equal(readerSide.bytes, before, 'data while paused');
    reader.resume();
    await readerSide.until(() => readerSide.bytes === before + sent);
    await writerSide.until(() => writerSide.drains === 1);
  }
  await finish(connected);
});

test('end sends what is queued, then both sides close without an error', async () => {
  const connected = await pair();
  const { client, clientSide, serverSide } = connected;
  client.write(Buffer.alloc(3_000_000, 7));
  client.end();
  assert.equal(client.write(Buffer.from('late')), true);
  await serverSide.until(() => serverSide.closes.length === 1);
  await clientSide.until(() => clientSide.closes.length === 1);
  assert.equal(serverSide.bytes, 3_000_000);
  assert.deepEqual([serverSide.closes, clientSide.closes], [[undefined], [undefined]]);
  await finish(connected);
});

test('destroy closes at once, in a later turn, and once', async () => {
  const connected = await pair();
  const { client, clientSide, serverSide } = connected;
  client.destroy();
  client.destroy();
  assert.equal(clientSide.closes.length, 0, 'close must not nest');
  await clientSide.until(() => clientSide.closes.length === 1);
  await serverSide.until(() => serverSide.closes.length === 1);
  client.end();
  client.resume();
  await sleep(20);
  assert.equal(clientSide.closes.length, 1);
  await finish(connected);
});

test('a reset by the other side is told as an error', async () => {
  const recorder = new Recorder();
  const raw = net.createServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
  await new Promise<void>((resolve) => raw.listen(0, HOST, resolve));
  const { port } = raw.address() as net.AddressInfo;
  const client = await network.connect({ host: HOST, port, handler: recorder, timeoutMs: 5000 });
  client.write(Buffer.from('x'));
  await recorder.until(() => recorder.closes.length === 1);
  assert.ok(failsWith('ECONNRESET')(recorder.closes[0]));
  raw.close();
});

test('a refused connection, an unknown host and a port in use are SystemErrors with their codes', async () => {
  const listener = await network.listen({ host: HOST, port: 0, accept: () => new Recorder() });
  const { port } = listener;
  await assert.rejects(network.listen({ host: HOST, port, accept: () => new Recorder() }), failsWith('EADDRINUSE'));
  await listener.close();
  await listener.close();
  const handler = new Recorder();
  await assert.rejects(network.connect({ host: HOST, port, handler, timeoutMs: 5000 }), failsWith('ECONNREFUSED'));
  await assert.rejects(network.connect({ host: 'localhost', port, handler, timeoutMs: 5000 }), (error: Error) => {
    assert.equal(error.name, 'SystemError');
    return failsWith('ECONNREFUSED')(error);
  });
  assert.equal(handler.closes.length, 0, 'the handler of a connection that never was hears nothing');
});

test('a name is looked up, and one of its addresses can be connected to', async () => {
  assert.deepEqual(await network.lookup(HOST), [HOST]);
  assert.deepEqual(await network.lookup('::1'), ['::1']);
  const addresses = await network.lookup('localhost');
  assert.ok(addresses.includes(HOST) || addresses.includes('::1'), `${addresses}`);
  await assert.rejects(network.lookup('no.such.host.invalid'), (error: Error) => {
    assert.match(error.message, /cannot find the address of no\.such\.host\.invalid/);
    return error.name === 'SystemError';
  });
  assert.notEqual(await network.nameOf(HOST), '');
  const listener = await network.listen({ host: HOST, port: 0, accept: () => new Recorder() });
  const options = { host: 'no.such.host.invalid', address: HOST, port: listener.port, timeoutMs: 5000 };
  const client = await network.connect({ ...options, handler: new Recorder() });
  assert.equal(client.remoteAddress, `${HOST}:${listener.port}`);
  client.destroy();
  await listener.close();
});

test('a connection that is silent is probed from keepAliveMs on', async () => {
  // Only Linux tells.
  if (!existsSync('/proc/net/tcp')) return;
  const listener = await network.listen({ host: HOST, port: 0, accept: () => new Recorder() });
  const options = { host: HOST, port: listener.port, handler: new Recorder(), timeoutMs: 5000, keepAliveMs: 20_000 };
  const client = await network.connect(options);
  // The kernel's table: of each connection the port at the other side, the timer that runs (2: keep-alive) and how long.
  const line = readFileSync('/proc/net/tcp', 'ascii')
    .split('\n')
    .map((row) => row.trim().split(/\s+/))
    .find(([, , remote]) => remote?.endsWith(`:${listener.port.toString(16).toUpperCase().padStart(4, '0')}`));
  const [timer, hundredths] = line![5]!.split(':');
  assert.equal(timer, '02');
  const seconds = Number.parseInt(hundredths!, 16) / 100;
  assert.ok(seconds > 15 && seconds <= 20, `${seconds} s`);
  client.destroy();
  await listener.close();
});

test('a closed listener frees its port although its connections stay open', async () => {
  const connected = await pair();
  const { listener, client, server, serverSide } = connected;
  await listener.close();
  const again = await network.listen({ host: HOST, port: listener.port, accept: () => new Recorder() });
  client.write(Buffer.from('still here'));
  await serverSide.until(() => serverSide.bytes === 10);
  assert.notEqual(server.remoteAddress, '');
  await again.close();
  await finish(connected);
});

/**
 * A port whose listener takes no more connections: its process stands still and its queue is full, so that the system
 * lets further attempts wait.
 */
async function busyPort(t: TestContext): Promise<number> {
  const program =
    "net.createServer().listen({port: 0, host: '127.0.0.1', backlog: 1}, function () { console.log(this.address().port) })";
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const waiting: net.Socket[] = [];
  t.after(() => {
    child.kill('SIGKILL');
    for (const socket of waiting) socket.destroy();
  });
  const [line] = (await events.once(child.stdout, 'data')) as [Buffer];
  child.kill('SIGSTOP');
  const port = Number(line.toString());
  for (let attempt = 0; attempt < 20; attempt++) {
    const socket = net.connect({ host: HOST, port }).on('error', () => {});
    waiting.push(socket);
    const connected = await Promise.race([
      events.once(socket, 'connect').then(() => true),
      sleep(300).then(() => false),
    ]);
    if (!connected) return port;
  }
  throw new Error('a queue of one took twenty connections');
}

test('connecting gives up after its time', async (t) => {
  const port = await busyPort(t);
  const handler = new Recorder();
  const started = performance.now();
  await assert.rejects(network.connect({ host: HOST, port, handler, timeoutMs: 100 }), failsWith('ETIMEDOUT'));
  assert.ok(performance.now() - started >= 99);
  assert.equal(handler.closes.length, 0);
});

test('connecting ends when it is aborted, and leaves no listener behind', async (t) => {
  const raw = net.createServer(() => {});
  t.after(() => raw.close());
  await new Promise<void>((resolve) => raw.listen({ port: 0, host: HOST }, resolve));
  const { port } = raw.address() as net.AddressInfo;
  const reason = new Error('changed my mind');
  const controller = new AbortController();
  const handler = new Recorder();
  const pending = network.connect({ host: HOST, port, handler, timeoutMs: 5000, signal: controller.signal });
  controller.abort(reason);
  await assert.rejects(pending, reason);
  await assert.rejects(
    network.connect({ host: HOST, port, handler, timeoutMs: 5000, signal: controller.signal }),
    reason,
  );

  const patient = new AbortController();
  const socket = await network.connect({ host: HOST, port, handler, timeoutMs: 5000, signal: patient.signal });
  assert.equal(events.getEventListeners(patient.signal, 'abort').length, 0);
  patient.abort();
  await sleep(20);
  assert.equal(handler.closes.length, 0, 'an abort after the connection stands changes nothing');
  socket.destroy();
  await handler.until(() => handler.closes.length === 1);
});
