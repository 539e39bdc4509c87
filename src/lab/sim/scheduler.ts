/**
 * Virtual time: a heap of what will happen, taken out one by one. What is due at the same moment on different nodes
 * happens in an order that the seed decides; on one node, in the order in which it was asked for.
 */
import { assert, type Timer } from '../../core/index.ts';
import type { Life } from './life.ts';

/** One turn of a node's event loop: the least time that anything takes. */
export const TURN_MS = 0.001;
/** Cancelled events are swept out when there are more of them than of the others, from this many on. */
const SWEEP_FROM = 1024;

export class SimulatedEvent implements Timer {
  readonly timeMs: number;
  readonly tie: number;
  readonly order: number;
  /** On whom it happens; it does not happen any more when that life is over. */
  readonly life: Life;
  readonly kind: string;
  readonly subject: string;
  run: (() => void) | undefined;
  private readonly cancelled: () => void;

  constructor(
    timeMs: number,
    tie: number,
    order: number,
    life: Life,
    kind: string,
    subject: string,
    run: () => void,
    cancelled: () => void,
  ) {
    this.timeMs = timeMs;
    this.tie = tie;
    this.order = order;
    this.life = life;
    this.kind = kind;
    this.subject = subject;
    this.run = run;
    this.cancelled = cancelled;
  }

  cancel(): void {
    if (this.run === undefined) return;
    this.run = undefined;
    this.cancelled();
  }
}

export class Scheduler {
  /** Virtual milliseconds since the start of the simulation. */
  nowMs = 0;
  private readonly tieSeed: number;
  private heap: SimulatedEvent[] = [];
  private ordered = 0;
  private cancelled = 0;
  private readonly double = new Float64Array(1);
  private readonly words = new Uint32Array(this.double.buffer);
  private readonly countCancelled = (): void => {
    this.cancelled++;
    if (this.cancelled > SWEEP_FROM && this.cancelled * 2 > this.heap.length) this.sweep();
  };

  constructor(tieSeed: number) {
    this.tieSeed = tieSeed;
  }

  /** `delayMs` from now; at the earliest one turn from now. */
  after(delayMs: number, life: Life, kind: string, subject: string, run: () => void): SimulatedEvent {
    return this.at(this.nowMs + Math.max(delayMs, TURN_MS), life, kind, subject, run);
  }

  at(timeMs: number, life: Life, kind: string, subject: string, run: () => void): SimulatedEvent {
    assert(timeMs >= this.nowMs, `an event in the past: ${timeMs} < ${this.nowMs}`);
    const tie = this.tieOf(timeMs, life);
    const event = new SimulatedEvent(timeMs, tie, this.ordered++, life, kind, subject, run, this.countCancelled);
    this.push(event);
    return event;
  }

  /** Takes out what happens next; undefined when nothing will. */
  next(): SimulatedEvent | undefined {
    const event = this.peek();
    if (event !== undefined) this.pop();
    return event;
  }

  /** What happens next, left in place. */
  peek(): SimulatedEvent | undefined {
    for (;;) {
      const event = this.heap[0];
      if (event === undefined || isPending(event)) return event;
      if (event.run === undefined) this.cancelled--;
      this.pop();
    }
  }

  /** What is still to happen, in no order. */
  pending(): SimulatedEvent[] {
    return this.heap.filter(isPending);
  }

  /** The same for all events of one life at one time, so that those keep their order. */
  private tieOf(timeMs: number, life: Life): number {
    this.double[0] = timeMs;
    let hash = this.tieSeed ^ Math.imul(life.id + 1, 0x9e3779b1);
    hash = Math.imul(hash ^ this.words[0]!, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13) ^ this.words[1]!, 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) >>> 0;
  }

  private sweep(): void {
    const rest = this.heap.filter(isPending);
    this.heap = [];
    this.cancelled = 0;
    for (const event of rest) this.push(event);
  }

  private push(event: SimulatedEvent): void {
    const heap = this.heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(event, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = event;
  }

  private pop(): void {
    const heap = this.heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

function isPending(event: SimulatedEvent): boolean {
  return event.run !== undefined && event.life.alive;
}

function before(a: SimulatedEvent, b: SimulatedEvent): boolean {
  if (a.timeMs !== b.timeMs) return a.timeMs < b.timeMs;
  if (a.tie !== b.tie) return a.tie < b.tie;
  return a.order < b.order;
}
