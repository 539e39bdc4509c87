import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PartitionQueue, type ProducerIdentity, type QueuedBatch } from './partition-queue.ts';

const MAX = 0x7fffffff;
const ID: ProducerIdentity = { producerId: 1, epoch: 0 };
const NEXT: ProducerIdentity = { producerId: 1, epoch: 1 };

class Batch implements QueuedBatch {
  readonly order: number;
  readonly count: number;
  readonly closed = true;
  sequence = -1;
  identity: ProducerIdentity | undefined;
  constructor(order: number, count: number) {
    this.order = order;
    this.count = count;
  }
  get numbered(): boolean {
    return this.sequence >= 0;
  }
  get lastSequence(): number {
    const last = this.sequence + this.count - 1;
    return last > MAX ? last - MAX - 1 : last;
  }
  renumber(identity: ProducerIdentity, sequence: number): void {
    this.identity = identity;
    this.sequence = sequence;
  }
}

function queueOf(...counts: number[]): { queue: PartitionQueue<Batch>; batches: Batch[] } {
  const queue = new PartitionQueue<Batch>('t', 0);
  const batches = counts.map((count) => new Batch(queue.takeOrder(), count));
  queue.waiting.push(...batches);
  return { queue, batches };
}
function send(queue: PartitionQueue<Batch>, identity = ID): Batch {
  assert.ok(queue.mayNumber(identity));
  const batch = queue.waiting.shift()!;
  queue.number(batch, identity);
  return batch;
}

test('numbers go on where the last batch ended, and wrap from the largest int32 to 0', () => {
  const { queue } = queueOf(1, 3, 1, 1);
  const first = send(queue);
  queue.acknowledged(first);
  queue.nextSequence = MAX - 1;
  queue.lastAcknowledged = MAX - 2;
  const across = send(queue);
  assert.deepEqual([across.sequence, across.lastSequence], [MAX - 1, 0]);
  assert.ok(queue.isNext(across));
  queue.acknowledged(across);
  assert.equal(queue.lastAcknowledged, 0);
  const after = send(queue);
  assert.equal(after.sequence, 1);
  assert.ok(queue.isNext(after));
  assert.ok(queue.isBehind(across));
  assert.ok(!queue.isBehind(after));
});

test('a batch to be sent again goes back to its place, and goes only as the first of the unanswered', () => {
  const { queue, batches } = queueOf(1, 1, 1, 1);
  queue.acknowledged(send(queue));
  send(queue);
  send(queue);
  queue.putBack(batches[2]!);
  assert.deepEqual(queue.waiting, [batches[2], batches[3]]);
  assert.equal(queue.mayNumber(ID), false, 'the one before it is still out');
  queue.putBack(batches[1]!);
  assert.equal(queue.waiting[0], batches[1]);
  assert.ok(queue.mayNumber(ID));
});

test('however often a batch is put off, at most four follow it: the broker remembers five', () => {
  const { queue, batches } = queueOf(1, 1, 1, 1, 1, 1, 1);
  queue.acknowledged(send(queue));
  const refused = send(queue);
  for (let more = 0; more < 4; more++) queue.acknowledged(send(queue));
  queue.putBack(refused);
  assert.equal(send(queue), refused);
  assert.equal(queue.waiting[0], batches[6]);
  assert.equal(queue.mayNumber(ID), false);
  queue.acknowledged(refused);
  assert.ok(queue.mayNumber(ID));
});

test('nothing new is numbered while the fate of a batch is open', () => {
  const { queue } = queueOf(1, 1, 1);
  queue.acknowledged(send(queue));
  const lost = send(queue);
  queue.forget(lost);
  queue.unresolved = true;
  assert.equal(queue.mayNumber(ID), false);
  assert.equal(queue.complete, false);
  queue.acknowledged(lost);
  assert.equal(queue.complete, true, 'its answer came after all');
});

test('a new identity waits for what is numbered under the old one', () => {
  const { queue } = queueOf(1, 1, 1);
  queue.acknowledged(send(queue));
  const old = send(queue);
  assert.equal(queue.mayNumber(NEXT), false);
  queue.acknowledged(old);
  const fresh = send(queue, NEXT);
  assert.deepEqual([fresh.identity, fresh.sequence], [NEXT, 0]);
});

test('starting over numbers everything unanswered anew, in order and without gaps', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 2, maxLength: 6 }), (counts) => {
      const { queue, batches } = queueOf(...counts);
      queue.acknowledged(send(queue));
      for (let index = 1; index < counts.length; index++) send(queue);
      for (const batch of [...batches.slice(1)].reverse()) queue.putBack(batch);
      queue.startOver(NEXT);
      let expected = 0;
      for (const batch of queue.waiting) {
        assert.deepEqual([batch.identity, batch.sequence], [NEXT, expected]);
        expected += batch.count;
      }
      assert.equal(queue.nextSequence, expected);
      assert.ok(queue.isNext(queue.waiting[0]!));
    }),
  );
});
