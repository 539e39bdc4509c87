import assert from 'node:assert/strict';
import test from 'node:test';
import { NotDeterministicError, playTwice, Simulation, SimulationStuckError } from './index.ts';

test('time is virtual: an hour passes at once, and timers fire at their time', async () => {
  const sim = new Simulation({ seed: 1 });
  const { timers, clock } = sim.node('a');
  const fired: [string, number][] = [];
  const started = performance.now();
  await sim.run(
    async () => {
      const wall = clock.now();
      timers.after(50, () => fired.push(['fifty', clock.monotonic()]));
      timers.after(20, () => fired.push(['twenty', clock.monotonic()]));
      timers.after(30, () => fired.push(['cancelled', clock.monotonic()])).cancel();
      await sim.sleep(3_600_000);
      assert.equal(clock.now() - wall, 3_600_000);
    },
    { untilMs: 4_000_000 },
  );
  assert.deepEqual(fired, [
    ['twenty', 20],
    ['fifty', 50],
  ]);
  assert.ok(performance.now() - started < 2000);
});

test('every promise job is done before the next event', async () => {
  const sim = new Simulation({ seed: 1 });
  const { timers } = sim.node('a');
  const order: string[] = [];
  const chain = async (name: string): Promise<void> => {
    for (let step = 0; step < 500; step++) await Promise.resolve();
    order.push(name);
  };
  await sim.run(async () => {
    timers.after(1, () => void chain('first').then(() => chain('first again')));
    timers.after(1.0000001, () => void order.push('second'));
    await sim.sleep(2);
  });
  assert.deepEqual(order, ['first', 'first again', 'second']);
});

test('on one node, what is due at the same time keeps its order; between nodes the seed decides', async () => {
  const orders = new Set<string>();
  for (let seed = 0; seed < 20; seed++) {
    const sim = new Simulation({ seed });
    const order: string[] = [];
    for (const name of ['a', 'b']) {
      const { timers } = sim.node(name);
      timers.after(5, () => order.push(`${name}1`));
      timers.after(5, () => order.push(`${name}2`));
    }
    await sim.run(() => sim.sleep(10));
    assert.ok(order.indexOf('a1') < order.indexOf('a2'));
    assert.ok(order.indexOf('b1') < order.indexOf('b2'));
    orders.add(order.join());
  }
  assert.equal(orders.size, 2, [...orders].join(' | '));
});

test('a run that waits for nothing fails, and says what happened last', async () => {
  const sim = new Simulation({ seed: 7 });
  sim.node('a').timers.after(3, () => {});
  await assert.rejects(
    sim.run(() => new Promise(() => {})),
    (error: Error) => {
      assert.ok(error instanceof SimulationStuckError);
      assert.match(error.message, /nothing is left to happen/);
      assert.match(error.message, /a#1 timer/);
      assert.match(error.message, /seed 7/);
      return true;
    },
  );
});

test('a run that takes too long fails, and says what would have happened next', async () => {
  const sim = new Simulation({ seed: 7 });
  const { timers } = sim.node('a');
  const again = (): void => void timers.after(10, again);
  again();
  await assert.rejects(
    sim.run(() => new Promise(() => {}), { untilMs: 500 }),
    (error: Error) =>
      error instanceof SimulationStuckError && /500 ms/.test(error.message) && /510.000 ms/.test(error.message),
  );
  await assert.rejects(
    sim.run(() => new Promise(() => {}), { mostEvents: 10 }),
    (error: Error) => error instanceof SimulationStuckError && /limit of events/.test(error.message),
  );
});

test('what a program, a timer or a handler throws ends the run, with the seed in its message', async () => {
  const sim = new Simulation({ seed: 'apple' });
  const { timers } = sim.node('a');
  await assert.rejects(
    sim.run(async () => {
      throw new TypeError('mine');
    }),
    (error: Error) => error instanceof TypeError && /mine\n\(seed apple/.test(error.message),
  );
  timers.after(1, () => {
    throw new RangeError('in a timer');
  });
  await assert.rejects(
    sim.run(() => sim.sleep(5)),
    RangeError,
  );
  assert.equal(await sim.run(() => 42), 42, 'the simulation can be used again');
});

test('real clocks, timers and randomness refuse to work during a run, and work again after it', async () => {
  const uses: Record<string, () => unknown> = {
    'Date.now': () => Date.now(),
    'new Date()': () => new Date(),
    'Math.random': () => Math.random(),
    'performance.now': () => performance.now(),
    setTimeout: () => setTimeout(() => {}, 1),
    setImmediate: () => setImmediate(() => {}),
    'crypto.randomUUID': () => crypto.randomUUID(),
    'AbortSignal.timeout': () => AbortSignal.timeout(1),
  };
  for (const [name, use] of Object.entries(uses)) {
    const sim = new Simulation({ seed: 1 });
    await assert.rejects(
      sim.run(async () => {
        use();
      }),
      (error: Error) => error.name === 'AmbientUseError' && error.message.startsWith(name),
      name,
    );
    await assert.rejects(
      new Simulation({ seed: 1 }).run(async () => {
        try {
          use();
        } catch {
          // Swallowed: the run must fail all the same.
        }
      }),
      (error: Error) => error.name === 'AmbientUseError',
      name,
    );
    use();
  }
  assert.equal(await new Simulation({ seed: 1 }).run(() => new Date(5).getTime()), 5);
  assert.equal(typeof (await new Simulation({ seed: 1, allowAmbient: true }).run(() => Math.random())), 'number');
});

test('nothing of a life that is over acts: no timer, no sync, no connection, no write', async () => {
  const sim = new Simulation({ seed: 3 });
  const old = sim.node('a');
  const acts: string[] = [];
  await sim.run(async () => {
    const file = old.disk.open('/f', { create: true });
    file.write(Uint8Array.of(1), 0);
    old.timers.after(5, () => acts.push('timer'));
    void file.sync().then(() => acts.push('sync'));
    void old.network
      .listen({ host: 'a', port: 9, accept: () => ({ data() {}, drain() {}, close() {} }) })
      .then(() => acts.push('listen'));
    sim.crash('a');
    assert.equal(sim.isUp('a'), false);
    assert.throws(() => sim.node('a'), /down/);
    assert.throws(() => sim.crash('a'), /down/);
    old.timers.after(1, () => acts.push('later timer'));
    old.timers.defer(() => acts.push('defer'));
    assert.throws(() => file.write(Uint8Array.of(2), 0), /crashed/);
    assert.throws(() => old.disk.open('/g', { create: true }), /crashed/);
    void old.network.connect({ host: 'a', port: 9, handler: { data() {}, drain() {}, close() {} }, timeoutMs: 5 }).then(
      () => acts.push('connect'),
      () => acts.push('connect failed'),
    );
    const fresh = sim.restart('a');
    assert.throws(() => sim.restart('a'), /running/);
    fresh.timers.after(5, () => acts.push('fresh timer'));
    await sim.sleep(1000);
  });
  assert.deepEqual(acts, ['fresh timer']);
});

test('clocks can be wrong: a skewed wall clock does not touch the monotonic one', async () => {
  const sim = new Simulation({ seed: 3 });
  const { clock } = sim.node('a');
  const before = clock.now();
  sim.skewClock('a', -5000);
  assert.equal(clock.now(), before - 5000);
  assert.equal(clock.monotonic(), 0);
});

/** Timers, draws and promises on three nodes; `extra` may break the promise of determinism. */
const busy =
  (extra: () => number) =>
  async (sim: Simulation): Promise<number> => {
    let sum = 0;
    return sim.run(async () => {
      for (const name of ['a', 'b', 'c']) {
        const { timers, random } = sim.node(name);
        const loop = (left: number): void => {
          if (left === 0) return;
          timers.after(random.uint32() % 7, () => {
            sum += random.uint32() + extra();
            void Promise.resolve().then(() => loop(left - 1));
          });
        };
        loop(50);
      }
      await sim.sleep(1000);
      return sum;
    });
  };

test('one seed is one run; another seed is another', async () => {
  const digests = new Set<string>();
  for (let seed = 0; seed < 8; seed++)
    digests.add(
      (
        await playTwice(
          { seed },
          busy(() => 0),
        )
      ).digest,
    );
  assert.equal(digests.size, 8);
});

test('a draw from outside is found, and the place where the runs part is shown', async () => {
  const scenario = async (sim: Simulation): Promise<void> => {
    const { timers } = sim.node('a');
    await sim.run(async () => {
      await sim.sleep(10);
      timers.after(10 + Math.random(), () => {});
      await sim.sleep(100);
    });
  };
  await assert.rejects(playTwice({ seed: 1, allowAmbient: true }, scenario), (error: Error) => {
    assert.ok(error instanceof NotDeterministicError);
    assert.match(error.message, /the runs part at entry \d+/);
    assert.match(error.message, /before it, in both:\n.*10\.000 ms sleep/s);
    assert.match(error.message, /first run: .* a#1 timer/);
    assert.match(error.message, /second run: .* a#1 timer/);
    return true;
  });
  await assert.rejects(
    playTwice({ seed: 1 }, scenario),
    (error: Error) => error.name === 'AmbientUseError' && /Math\.random/.test(error.message),
  );
});

test('a run that goes on longer than the other is found too', async () => {
  let runs = 0;
  const scenario = async (sim: Simulation): Promise<void> => {
    runs++;
    await sim.run(() => sim.sleep(1));
    if (runs === 2) await sim.run(() => sim.sleep(1));
  };
  await assert.rejects(playTwice({ seed: 1 }, scenario), /the first run ended where the second went on/);
});

test('a hundred thousand events take seconds at most', async () => {
  const sim = new Simulation({ seed: 1, keepEvents: 10 });
  const { timers } = sim.node('a');
  let left = 100_000;
  const again = (): void => {
    if (--left > 0) timers.after(1, again);
  };
  again();
  const started = performance.now();
  await sim.run(() => sim.sleep(100_001), { untilMs: 200_000 });
  assert.equal(left, 0);
  assert.ok(performance.now() - started < 5000, `${performance.now() - started} ms for 100,000 events`);
});
