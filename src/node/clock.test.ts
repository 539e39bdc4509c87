import assert from 'node:assert/strict';
import test from 'node:test';
import { drainTurn, nodePorts } from './index.ts';

const { clock, timers, random } = nodePorts();

const fired = (delayMs: number): Promise<number> => {
  const { promise, resolve } = Promise.withResolvers<number>();
  const start = clock.monotonic();
  timers.after(delayMs, () => resolve(clock.monotonic() - start));
  return promise;
};

test('a timer never fires before its time, and soon after it', async () => {
  const delays = [0, 0.5, 1, 1.7, 3, 10.01, 25];
  const waited = await Promise.all(delays.map(fired));
  for (const [index, delayMs] of delays.entries()) {
    assert.ok(waited[index]! >= delayMs, `${delayMs} ms fired after ${waited[index]}`);
    assert.ok(waited[index]! < delayMs + 2000, `${delayMs} ms fired after ${waited[index]}`);
  }
});

test('a cancelled timer does not fire, also when it was due at once or in a month', async () => {
  let calls = 0;
  const count = (): void => void calls++;
  const pending = [timers.after(0, count), timers.after(2, count), timers.after(40 * 86_400_000, count)];
  for (const timer of pending) timer.cancel();
  for (const timer of pending) timer.cancel();
  await fired(10);
  assert.equal(calls, 0);
});

test('a delay beyond what Node can count does not fire at once', async () => {
  let calls = 0;
  const timer = timers.after(2 ** 31 + 1000, () => void calls++);
  await fired(20);
  timer.cancel();
  assert.equal(calls, 0);
});

test('defer runs in a later turn, in order', async () => {
  const order: string[] = [];
  timers.defer(() => order.push('first'));
  timers.defer(() => order.push('second'));
  await Promise.resolve();
  order.push('promise job');
  await fired(1);
  assert.deepEqual(order, ['promise job', 'first', 'second']);
});

test('drainTurn resolves only when a long chain of promise jobs has run', async () => {
  let steps = 0;
  const chain = async (): Promise<void> => {
    for (let step = 0; step < 5000; step++) {
      await Promise.resolve();
      steps++;
    }
  };
  void chain();
  await drainTurn();
  assert.equal(steps, 5000);
});

test('random integers and bytes cover their range', () => {
  const words = Array.from({ length: 4000 }, () => random.uint32());
  assert.ok(words.every((word) => Number.isInteger(word) && word >= 0 && word < 2 ** 32));
  assert.ok(new Set(words).size > 3990);
  assert.ok(words.some((word) => word > 2 ** 31) && words.some((word) => word < 2 ** 31));
  assert.equal(random.bytes(33).length, 33);
  assert.notDeepEqual(random.bytes(16), random.bytes(16));
});

test('the wall clock says whole milliseconds, the monotonic one never goes back', () => {
  assert.ok(Number.isInteger(clock.now()));
  assert.ok(clock.now() > Date.UTC(2024, 0));
  let last = clock.monotonic();
  for (let at = 0; at < 1000; at++) {
    const now = clock.monotonic();
    assert.ok(now >= last);
    last = now;
  }
});
