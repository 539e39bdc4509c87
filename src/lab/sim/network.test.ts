import assert from 'node:assert/strict';
import test from 'node:test';
import type { Listener, Socket, SocketHandler } from '../../core/index.ts';
import { playTwice, Simulation } from './index.ts';

const PORT = 9092;
const failsWith = (code: string) => (error: unknown) => (error as { code?: string }).code === code;

/** Keeps what it is told. */
class Recorder implements SocketHandler {
  readonly sizes: number[] = [];
  readonly kept: Uint8Array[] = [];
  readonly closes: (Error | undefined)[] = [];
  bytes = 0;
  drains = 0;
  private readonly received: Buffer[] = [];

  data(chunk: Uint8Array): void {
    assert.equal(this.closes.length, 0, 'data after close');
    this.received.push(Buffer.from(chunk));
    this.kept.push(chunk);
    this.sizes.push(chunk.length);
    this.bytes += chunk.length;
  }
  drain(): void {
    this.drains++;
  }
  close(error?: Error): void {
    this.closes.push(error);
  }
  content(): Buffer {
    return Buffer.concat(this.received);
  }
}

interface Accepted {
  readonly listener: Listener;
  readonly sockets: Socket[];
  readonly sides: Recorder[];
}

/** A server on node `name`; with `echo` it sends back what it receives. */
async function serve(sim: Simulation, name: string, echo = false, host = name): Promise<Accepted> {
  const sockets: Socket[] = [];
  const sides: Recorder[] = [];
  const accept = (socket: Socket): SocketHandler => {
    const side = new Recorder();
    sockets.push(socket);
    sides.push(side);
    if (!echo) return side;
    return {
      data(chunk) {
        side.data(chunk);
        socket.write(Buffer.from(chunk));
      },
      drain: () => side.drain(),
      close: (error) => side.close(error),
    };
  };
  const listener = await sim.node(name).network.listen({ host, port: PORT, accept });
  return { listener, sockets, sides };
}

async function dial(sim: Simulation, from: string, to: string, timeoutMs = 1000): Promise<[Socket, Recorder]> {
  const side = new Recorder();
  return [await sim.node(from).network.connect({ host: to, port: PORT, handler: side, timeoutMs }), side];
}

/** A part of one long text in which neighbouring places differ: `length` bytes from `start`. */
function patterned(length: number, start = 0): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at++) bytes[at] = ((start + at) * 7) % 251;
  return bytes;
}

test('bytes arrive in order, late, and in other pieces than they were written', async () => {
  const sizes = new Set<string>();
  for (let seed = 0; seed < 10; seed++) {
    const sim = new Simulation({ seed });
    await sim.run(async () => {
      const { sides, sockets } = await serve(sim, 'server');
      const [client, side] = await dial(sim, 'client', 'server');
      assert.equal(client.remoteAddress, 'server:9092');
      assert.match(sockets[0]!.remoteAddress, /^client:\d+$/);
      const start = sim.nowMs;
      for (let at = 0; at < 50; at++) client.write(patterned(97, at * 97));
      sockets[0]!.write(patterned(100_000));
      await sim.sleep(500);
      assert.deepEqual(sides[0]!.content(), patterned(50 * 97));
      assert.deepEqual(side.content(), patterned(100_000));
      assert.ok(sim.nowMs > start);
      sizes.add([...sides[0]!.sizes, ...side.sizes].join());
    });
  }
  assert.ok(sizes.size >= 6, 'the seed decides about the pieces');
  const pieces = [...sizes].flatMap((text) => text.split(',').map(Number));
  assert.ok(
    pieces.some((size) => size % 97 !== 0),
    'frames are split',
  );
  assert.ok(
    pieces.some((size) => size > 97),
    'frames are merged',
  );
});

test('a chunk that is kept beyond the call is found overwritten', async () => {
  const sim = new Simulation({ seed: 1 });
  await sim.run(async () => {
    const { sides } = await serve(sim, 'server');
    const [client] = await dial(sim, 'client', 'server');
    client.write(Buffer.from('hello'));
    await sim.sleep(100);
    assert.equal(sides[0]!.content().toString(), 'hello');
    assert.ok(sides[0]!.kept.every((chunk) => chunk.every((byte) => byte === 0xdd)));
  });
});

test('bytes belong to the writer again once they have left, and never where the connection ended first', async () => {
  const sim = new Simulation({ seed: 6 });
  await sim.run(async () => {
    const { sides, sockets } = await serve(sim, 'server');
    const [client] = await dial(sim, 'client', 'server');
    await sim.sleep(10);
    const told: number[] = [];
    // One piece of memory for all of it.
    const memory = Buffer.alloc(40_000);
    for (let at = 0; at < 10; at++) {
      memory.set(patterned(40_000, at * 40_000));
      const { promise, resolve } = Promise.withResolvers<void>();
      client.write(memory, resolve);
      await promise;
      told.push(at);
    }
    await sim.sleep(500);
    assert.deepEqual(sides[0]!.content(), patterned(400_000));
    sockets[0]!.pause();
    let after = 0;
    for (let at = 0; at < 100; at++) client.write(patterned(50_000), () => void after++);
    await sim.sleep(500);
    assert.ok(after < 100);
    const before = after;
    client.destroy();
    await sim.sleep(500);
    assert.equal(after, before);
  });
});

test('a reader that pauses stops the writer, and loses nothing', async () => {
  const sim = new Simulation({ seed: 5 });
  await sim.run(async () => {
    const { sides, sockets } = await serve(sim, 'server');
    const [client, side] = await dial(sim, 'client', 'server');
    await sim.sleep(10);
    sockets[0]!.pause();
    let sent = 0;
    for (;;) {
      const more = client.write(patterned(50_000, sent));
      sent += 50_000;
      await sim.sleep(5);
      if (!more) break;
      assert.ok(sent < 10_000_000, 'no backpressure');
    }
    await sim.sleep(1000);
    assert.deepEqual([sides[0]!.bytes, side.drains], [0, 0]);
    sockets[0]!.resume();
    await sim.sleep(1000);
    assert.equal(side.drains, 1);
    assert.equal(sides[0]!.bytes, sent);
  });
});

test('end delivers all of it, then both sides close without an error', async () => {
  for (let seed = 0; seed < 10; seed++) {
    const sim = new Simulation({ seed });
    await sim.run(async () => {
      const { sides } = await serve(sim, 'server');
      const [client, side] = await dial(sim, 'client', 'server');
      client.write(patterned(700_000));
      client.end();
      assert.equal(client.write(patterned(10)), true);
      await sim.sleep(1000);
      assert.deepEqual(sides[0]!.content(), patterned(700_000));
      assert.deepEqual([sides[0]!.closes, side.closes], [[undefined], [undefined]]);
      assert.equal(sim.network.connectionsBetween('client', 'server'), 0);
    });
  }
});

test('destroy closes in a later turn, once; the other side sees an end or a reset, as the seed has it', async () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 20; seed++) {
    const sim = new Simulation({ seed });
    await sim.run(async () => {
      const { sides, sockets } = await serve(sim, 'server');
      const [client, side] = await dial(sim, 'client', 'server');
      await sim.sleep(10);
      sockets[0]!.write(patterned(10));
      client.write(patterned(10));
      client.destroy();
      client.destroy();
      assert.equal(side.closes.length, 0);
      await sim.sleep(100);
      assert.deepEqual(side.closes, [undefined]);
      assert.equal(sides[0]!.closes.length, 1);
      seen.add((sides[0]!.closes[0] as { code?: string } | undefined)?.code ?? 'end');
    });
  }
  assert.deepEqual([...seen].sort(), ['ECONNRESET', 'end']);
});

test('who does not listen refuses, who does not exist is not found, who is bound elsewhere is not reached', async () => {
  const sim = new Simulation({ seed: 1 });
  await sim.run(async () => {
    sim.node('server');
    await assert.rejects(dial(sim, 'client', 'server'), failsWith('ECONNREFUSED'));
    await assert.rejects(dial(sim, 'client', 'nobody'), failsWith('ENOTFOUND'));
    await assert.rejects(serve(sim, 'server', false, 'client'), failsWith('EADDRNOTAVAIL'));
    const { listener } = await serve(sim, 'server', false, '127.0.0.1');
    await assert.rejects(dial(sim, 'client', 'server'), failsWith('ECONNREFUSED'));
    await dial(sim, 'server', 'localhost');
    await assert.rejects(serve(sim, 'server'), failsWith('EADDRINUSE'));
    await listener.close();
    await serve(sim, 'server');
    await dial(sim, 'client', 'server');
  });
});

test('port 0 picks a free one', async () => {
  const sim = new Simulation({ seed: 1 });
  await sim.run(async () => {
    const accept = (): Recorder => new Recorder();
    const first = await sim.node('a').network.listen({ host: 'a', port: 0, accept });
    const second = await sim.node('a').network.listen({ host: 'a', port: 0, accept });
    assert.ok(first.port > 0 && second.port > 0 && first.port !== second.port);
  });
});

test('connecting times out behind a partition, is aborted by its signal, and succeeds when healed in time', async () => {
  const sim = new Simulation({ seed: 2 });
  await sim.run(async () => {
    const { sides } = await serve(sim, 'server');
    sim.node('client');
    sim.network.partition(['client'], ['server']);
    const start = sim.nowMs;
    await assert.rejects(dial(sim, 'client', 'server', 3000), failsWith('ETIMEDOUT'));
    assert.ok(Math.abs(sim.nowMs - start - 3000) < 1);
    const controller = new AbortController();
    const handler = new Recorder();
    const options = { host: 'server', port: PORT, handler, timeoutMs: 3000, signal: controller.signal };
    const aborted = sim.node('client').network.connect(options);
    const reason = new Error('enough');
    controller.abort(reason);
    await assert.rejects(aborted, reason);
    await assert.rejects(sim.node('client').network.connect(options), reason);
    const patient = dial(sim, 'client', 'server', 20_000);
    await sim.sleep(2500);
    sim.network.heal();
    await patient;
    await sim.sleep(100);
    assert.equal(sides.length, 1);
    assert.equal(handler.closes.length, 0);
  });
});

test('a connection that is given up while the answer is on its way leaves nothing behind', async () => {
  for (let seed = 0; seed < 20; seed++) {
    const sim = new Simulation({ seed });
    await sim.run(async () => {
      const { sides } = await serve(sim, 'server');
      sim.node('client');
      sim.network.slow({ from: 'server', to: 'client' }, 50);
      await assert.rejects(dial(sim, 'client', 'server', 10), failsWith('ETIMEDOUT'));
      await sim.sleep(6000);
      assert.equal(sides.length, 1);
      assert.equal(sides[0]!.closes.length, 1);
      assert.equal(sim.network.connectionsBetween('client', 'server'), 0);
    });
  }
});

test('a cut resets both sides, and what was on its way is lost', async () => {
  const sim = new Simulation({ seed: 4 });
  await sim.run(async () => {
    const { sides } = await serve(sim, 'server', true);
    const [client, side] = await dial(sim, 'client', 'server');
    client.write(patterned(1000));
    await sim.sleep(100);
    assert.equal(side.bytes, 1000);
    client.write(patterned(1000));
    assert.equal(sim.network.cut('server', 'client'), 1);
    await sim.sleep(100);
    assert.equal(sides[0]!.bytes, 1000);
    assert.ok(failsWith('ECONNRESET')(side.closes[0]));
    assert.ok(failsWith('ECONNRESET')(sides[0]!.closes[0]));
    assert.equal(sim.network.cut('server', 'client'), 0);
    assert.equal(sim.network.counts.cut, 1);
  });
});

test('a cut after n bytes lets exactly n bytes through, whatever the pieces', async () => {
  for (let seed = 0; seed < 20; seed++) {
    const sim = new Simulation({ seed });
    await sim.run(async () => {
      const { sides } = await serve(sim, 'server');
      const [client, side] = await dial(sim, 'client', 'server');
      sim.network.cutAfter({ from: 'client', to: 'server' }, 1234);
      client.write(patterned(1000));
      await sim.sleep(50);
      client.write(patterned(1000, 1000));
      await sim.sleep(50);
      assert.equal(sides[0]!.bytes, 1234);
      assert.deepEqual([side.closes.length, sides[0]!.closes.length], [1, 1]);
    });
  }
});

test('an asymmetric partition stops one direction only; healing delivers what waited, in order', async () => {
  const sim = new Simulation({ seed: 6 });
  await sim.run(async () => {
    const { sides, sockets } = await serve(sim, 'server');
    const [client, side] = await dial(sim, 'client', 'server');
    await sim.sleep(10);
    sim.network.block({ from: 'client', to: 'server' });
    for (let at = 0; at < 20; at++) {
      client.write(patterned(100, at * 100));
      sockets[0]!.write(patterned(100, at * 100));
      await sim.sleep(10);
    }
    assert.deepEqual([sides[0]!.bytes, side.bytes], [0, 2000]);
    sim.network.heal({ from: 'client', to: 'server' });
    for (let at = 20; at < 40; at++) {
      client.write(patterned(100, at * 100));
      await sim.sleep(0.1);
    }
    await sim.sleep(100);
    assert.deepEqual(sides[0]!.content(), patterned(4000));
    assert.ok(sim.network.counts.packetsStalled > 0);
  });
});

test('an isolated node reaches nobody, and the others reach each other', async () => {
  const sim = new Simulation({ seed: 8 });
  await sim.run(async () => {
    for (const name of ['a', 'b', 'c']) await serve(sim, name);
    sim.network.isolate('a');
    await assert.rejects(dial(sim, 'a', 'b', 500), failsWith('ETIMEDOUT'));
    await assert.rejects(dial(sim, 'c', 'a', 500), failsWith('ETIMEDOUT'));
    await dial(sim, 'b', 'c');
    await dial(sim, 'a', 'a');
  });
});

test('what cannot be delivered for too long ends the connection on the side that sends', async () => {
  const sim = new Simulation({ seed: 8 });
  await sim.run(async () => {
    const { sides } = await serve(sim, 'server');
    const [client, side] = await dial(sim, 'client', 'server');
    sim.network.isolate('server');
    client.write(patterned(10));
    await sim.sleep(sim.network.conditions.retransmissionLimitMs + 1000);
    assert.ok(failsWith('ETIMEDOUT')(side.closes[0]));
    assert.equal(sides[0]!.closes.length, 0, 'the silent side does not know');
  });
});

test('a killed process resets its connections; its machine refuses new ones until it listens again', async () => {
  const sim = new Simulation({ seed: 9 });
  await sim.run(async () => {
    const first = await serve(sim, 'server');
    const [, side] = await dial(sim, 'client', 'server');
    await sim.sleep(10);
    sim.kill('server');
    await sim.sleep(10);
    assert.ok(failsWith('ECONNRESET')(side.closes[0]));
    assert.equal(first.sides[0]!.closes.length, 0, 'the dead hear nothing');
    await assert.rejects(dial(sim, 'client', 'server'), failsWith('ECONNREFUSED'));
    sim.restart('server');
    await assert.rejects(dial(sim, 'client', 'server'), failsWith('ECONNREFUSED'));
    await serve(sim, 'server');
    await dial(sim, 'client', 'server');
  });
});

test('a machine without power says nothing; when it is back it resets who still talks to its life before', async () => {
  const sim = new Simulation({ seed: 9 });
  await sim.run(async () => {
    await serve(sim, 'server');
    const [talker, talkerSide] = await dial(sim, 'client', 'server');
    const [listener, listenerSide] = await dial(sim, 'client', 'server');
    sim.crash('server');
    talker.write(patterned(10));
    await assert.rejects(dial(sim, 'client', 'server', 2000), failsWith('ETIMEDOUT'));
    assert.deepEqual([talkerSide.closes.length, listenerSide.closes.length], [0, 0]);
    sim.restart('server');
    await serve(sim, 'server');
    await sim.sleep(100);
    assert.ok(failsWith('ECONNRESET')(talkerSide.closes[0]));
    assert.equal(listenerSide.closes.length, 0);
    listener.write(patterned(10));
    await sim.sleep(100);
    assert.ok(failsWith('ECONNRESET')(listenerSide.closes[0]));
    await dial(sim, 'client', 'server');
  });
});

test('a paused reader learns of a reset when it reads or writes again', async () => {
  const sim = new Simulation({ seed: 9 });
  await sim.run(async () => {
    await serve(sim, 'server');
    const [client, side] = await dial(sim, 'client', 'server');
    client.pause();
    sim.network.cut('client', 'server');
    await sim.sleep(100);
    assert.equal(side.closes.length, 0);
    client.resume();
    await sim.sleep(100);
    assert.ok(failsWith('ECONNRESET')(side.closes[0]));
  });
});

test('an echo under cuts, partitions and a kill is the same run twice for each seed', async () => {
  const digests = new Set<string>();
  for (let seed = 0; seed < 6; seed++) {
    const { digest, result } = await playTwice({ seed }, async (sim) => {
      let echoed = 0;
      await sim.run(async () => {
        await serve(sim, 'server', true);
        const work = async (name: string): Promise<void> => {
          for (let round = 0; round < 6; round++) {
            try {
              const [socket, side] = await dial(sim, name, 'server', 200);
              for (let at = 0; at < 5; at++) {
                socket.write(patterned(sim.random.between(1, 3000)));
                await sim.sleep(sim.random.exponential(3));
              }
              echoed += side.bytes;
              socket.end();
            } catch {
              await sim.sleep(10);
            }
          }
        };
        const harm = async (): Promise<void> => {
          await sim.sleep(10);
          sim.network.cut('one', 'server');
          await sim.sleep(10);
          sim.network.isolate('two');
          await sim.sleep(50);
          sim.network.heal();
          sim.kill('server');
          await sim.sleep(5);
          sim.restart('server');
          await serve(sim, 'server', true);
        };
        await Promise.all([work('one'), work('two'), harm()]);
      });
      return echoed;
    });
    assert.ok(result > 0);
    digests.add(digest);
  }
  assert.equal(digests.size, 6);
});
