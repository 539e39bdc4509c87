import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VirtualTime } from '../../replay/index.ts';
import { AnswerMemory } from './answer-memory.ts';
import { addressOf, ConnectionCounts } from './connection-limits.ts';
import { ConnectionPace } from './connection-pace.ts';
import { type RequestHolder, RequestMemory } from './request-memory.ts';

class Holder implements RequestHolder {
  turns = 0;
  cut: string | undefined;
  mayRead(): void {
    this.turns += 1;
  }
  cutOff(why: string): void {
    this.cut = why;
  }
}

function requestMemory(maxBytes: number) {
  let run: (() => void) | undefined;
  const memory = new RequestMemory(maxBytes, {
    after: (_delayMs, next) => {
      run = next;
      return { cancel() {} };
    },
    defer() {},
  });
  return {
    memory,
    timePasses: () => {
      const now = run;
      run = undefined;
      now?.();
    },
  };
}

describe('the memory of requests', () => {
  it('lets frames be read while there is room, and others in their turn', () => {
    const { memory } = requestMemory(1000);
    const [first, second, third] = [new Holder(), new Holder(), new Holder()];
    assert.equal(memory.ask(first, 600), true);
    assert.equal(memory.ask(second, 600), false);
    assert.equal(memory.ask(third, 100), false, 'nobody overtakes');
    assert.equal(memory.bytes, 600);
    memory.received(600);
    memory.progressed(first, 0);
    assert.equal(second.turns, 1, 'one may always go on');
    memory.released(600);
    assert.equal(third.turns, 1);
    assert.equal(memory.waitingCount, 0);
    memory.finished(second);
    memory.finished(third);
    assert.equal(memory.bytes, 0);
  });

  it('cuts off who holds up others and does not get on', () => {
    const { memory, timePasses } = requestMemory(1000);
    const [slow, other] = [new Holder(), new Holder()];
    memory.ask(slow, 900);
    for (let round = 0; round < 10; round++) timePasses();
    assert.equal(slow.cut, undefined, 'nobody waits');
    memory.ask(other, 900);
    for (let round = 0; round < 2; round++) timePasses();
    assert.equal(slow.cut, undefined);
    timePasses();
    assert.match(slow.cut ?? '', /not whole/);
    memory.finished(slow);
    assert.equal(other.turns, 1);
  });
});

describe('the memory of answers', () => {
  it('is held to its bound at the cost of the peer that has taken nothing for longest', () => {
    const memory = new AnswerMemory(1000);
    const [first, second, third] = [new Holder(), new Holder(), new Holder()];
    memory.waits(first, 400);
    memory.waits(second, 400);
    memory.taken(first);
    memory.waits(first, 400);
    memory.waits(third, 400);
    assert.equal(second.cut === undefined, false);
    assert.equal(first.cut, undefined);
    assert.equal(memory.bytes, 800);
  });
});

describe('the limits of connections', () => {
  const limits = { total: 4, perAddress: 2, overrides: new Map([['10.0.0.9', 1]]) };

  it('hold over all, for each address, and for some addresses by themselves', () => {
    const counts = new ConnectionCounts();
    assert.equal(counts.add('10.0.0.1', limits), undefined);
    assert.equal(counts.add('10.0.0.1', limits), undefined);
    assert.match(counts.add('10.0.0.1', limits) ?? '', /max.connections.per.ip is 2/);
    counts.remove('10.0.0.1');
    assert.equal(counts.add('10.0.0.9', limits), undefined);
    assert.match(counts.add('10.0.0.9', limits) ?? '', /max.connections.per.ip is 1/);
    counts.remove('10.0.0.9');
    assert.equal(counts.add('10.0.0.2', limits), undefined);
    assert.match(counts.add('10.0.0.3', limits) ?? '', /max.connections=4/);
    counts.remove('10.0.0.3');
    for (const address of ['10.0.0.1', '10.0.0.1', '10.0.0.2', '10.0.0.9']) counts.remove(address);
    assert.equal(counts.add('10.0.0.3', limits), undefined);
  });

  it('are a number a second, and who comes too early waits for his turn', async () => {
    const time = new VirtualTime();
    const limits = { rate: 4, waiting: 3 };
    const pace = new ConnectionPace(time, time, () => limits);
    const served: number[] = [];
    const serves = Array.from({ length: 9 }, (_, n) => () => void served.push(n));
    assert.deepEqual(
      serves.map((serve) => pace.enter(serve)),
      ['now', 'now', 'now', 'now', 'later', 'later', 'later', 'full', 'full'],
    );
    await time.advance(249);
    assert.deepEqual(served, []);
    await time.advance(1);
    assert.deepEqual(served, [4]);
    pace.leave(serves[5]!);
    await time.advance(250);
    assert.deepEqual(served, [4, 6]);
    await time.advance(10_000);
    assert.equal(pace.enter(serves[0]!), 'now');
  });

  it('are served sooner when the rate is raised, and none are while it is 0', async () => {
    const time = new VirtualTime();
    const limits = { rate: 0, waiting: 50 };
    const pace = new ConnectionPace(time, time, () => limits);
    let served = 0;
    for (let n = 0; n < 50; n++)
      assert.equal(
        pace.enter(() => void served++),
        'later',
      );
    await time.advance(60_000);
    assert.equal(served, 0);
    limits.rate = 1e9;
    await time.advance(1000);
    assert.equal(served, 50);
  });

  it('know an address by its text, with or without brackets', () => {
    assert.equal(addressOf('127.0.0.1:80'), '127.0.0.1');
    assert.equal(addressOf('[::1]:80'), '::1');
  });
});
