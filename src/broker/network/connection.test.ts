import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BufferPool, MalformedBytesError, type Socket, silentLogger, type Timers } from '../../core/index.ts';
import { AnswerMemory } from './answer-memory.ts';
import { type Answer, Connection, type Dispatch, type RequestContext } from './connection.ts';
import { RequestMemory } from './request-memory.ts';

class FakeSocket implements Socket {
  readonly remoteAddress = '127.0.0.1:5';
  readonly written: string[] = [];
  accepts = true;
  paused = false;
  ended = false;
  destroyed = false;
  readonly sent: (() => void)[] = [];
  write(bytes: Uint8Array, sent?: () => void): boolean {
    this.written.push(Buffer.from(bytes).toString());
    if (sent !== undefined) this.sent.push(sent);
    return this.accepts;
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
  end(): void {
    this.ended = true;
  }
  destroy(): void {
    this.destroyed = true;
  }
}

class FakeTimers implements Timers {
  readonly pending: { delayMs: number; run: () => void }[] = [];
  after(delayMs: number, run: () => void) {
    const entry = { delayMs, run };
    this.pending.push(entry);
    return { cancel: () => this.pending.splice(0, this.pending.length, ...this.pending.filter((e) => e !== entry)) };
  }
  defer(run: () => void): void {
    this.after(0, run);
  }
  /** Runs what is pending now. */
  fire(delayMs: number): void {
    for (const entry of this.pending.splice(0).filter((each) => each.delayMs === delayMs)) entry.run();
  }
}

interface Started {
  readonly text: string;
  readonly context: RequestContext;
  readonly answer: (text: string | undefined) => Promise<void>;
  readonly fail: (error: Error) => Promise<void>;
}

interface Given {
  readonly dispatch?: Dispatch;
  readonly idleMs?: number;
  readonly maxFrameBytes?: number;
  readonly maxInFlight?: number;
  readonly requests?: RequestMemory;
  readonly answers?: AnswerMemory;
}

function setUp(options: Given = {}) {
  const socket = new FakeSocket();
  const timers = new FakeTimers();
  const started: Started[] = [];
  let closed = 0;
  const parked: Dispatch = (frame, context) =>
    new Promise<Answer>((resolve, reject) => {
      const settle = async () => {
        for (let turn = 0; turn < 5; turn++) await undefined;
      };
      started.push({
        text: frame.toString(),
        context,
        answer: (text) => {
          resolve(text === undefined ? undefined : [Buffer.from(text)]);
          return settle();
        },
        fail: (error) => {
          reject(error);
          return settle();
        },
      });
    });
  const connection = new Connection(socket, {
    dispatch: options.dispatch ?? parked,
    timers,
    logger: silentLogger,
    maxFrameBytes: options.maxFrameBytes ?? 10_000_000,
    maxInFlight: options.maxInFlight ?? 5,
    idleMs: options.idleMs ?? -1,
    requests: options.requests ?? new RequestMemory(1 << 30, timers),
    answers: options.answers ?? new AnswerMemory(1 << 30),
    buffers: new BufferPool(1 << 20),
    onClosed: () => {
      closed += 1;
    },
  });
  return { socket, timers, started, connection, closedCount: () => closed };
}

function frame(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

describe('a connection', () => {
  it('that came too early is not read before its time', () => {
    const { connection, socket } = setUp();
    connection.hold();
    assert.equal(socket.paused, true);
    connection.serve();
    assert.equal(socket.paused, false);
    connection.close();
    connection.serve();
  });

  it('starts a request only when the one before it is answered', async () => {
    const { connection, started, socket } = setUp();
    connection.data(Buffer.concat([frame('a'), frame('b')]));
    assert.deepEqual(
      started.map(({ text }) => text),
      ['a'],
    );
    await started[0]!.answer('A');
    assert.deepEqual(
      started.map(({ text }) => text),
      ['a', 'b'],
    );
    await started[1]!.answer('B');
    assert.deepEqual(socket.written, ['A', 'B']);
  });

  it('answers in order what was started early, whichever is ready first', async () => {
    const { connection, started, socket } = setUp();
    connection.data(Buffer.concat([frame('a'), frame('b'), frame('c')]));
    started[0]!.context.proceed();
    started[1]!.context.proceed();
    assert.equal(started.length, 3);
    await started[2]!.answer('C');
    await started[1]!.answer('B');
    assert.deepEqual(socket.written, []);
    await started[0]!.answer('A');
    assert.deepEqual(socket.written.join(''), 'ABC');
  });

  it('sends nothing for a request without an answer, and goes on', async () => {
    const { connection, started, socket } = setUp();
    connection.data(Buffer.concat([frame('fire and forget'), frame('b')]));
    await started[0]!.answer(undefined);
    await started[1]!.answer('B');
    assert.deepEqual(socket.written, ['B']);
  });

  it('reads frames that arrive byte by byte', () => {
    const { connection, socket } = setUp({ dispatch: (bytes) => [bytes] });
    for (const byte of Buffer.concat([frame('one'), frame('two')])) connection.data(Buffer.from([byte]));
    assert.deepEqual(socket.written, ['one', 'two']);
  });

  it('sends what is ready in one turn as one write', () => {
    const { connection, socket } = setUp({ dispatch: (bytes) => [bytes] });
    connection.data(Buffer.concat([frame('one'), frame('two'), frame('three')]));
    assert.deepEqual(socket.written, ['onetwothree']);
  });

  it('tells the handler when its answer has left', () => {
    const left: string[] = [];
    const { connection, socket } = setUp({
      dispatch: (bytes, context) => {
        const text = bytes.toString();
        if (text !== 'two') context.onSent(() => void left.push(text));
        return [bytes];
      },
    });
    connection.data(Buffer.concat([frame('one'), frame('two'), frame('three')]));
    assert.deepEqual(left, []);
    for (const sent of socket.sent.splice(0)) sent();
    assert.deepEqual(left, ['one', 'three']);
    connection.data(frame('two'));
    assert.equal(socket.sent.length, 0);
  });

  it('closes on a frame that is too large, after the answers before it', () => {
    const { connection, socket, timers } = setUp({ dispatch: (bytes) => [bytes], maxFrameBytes: 10 });
    connection.data(Buffer.concat([frame('ok'), Buffer.from([0x7f, 0, 0, 0])]));
    assert.deepEqual(socket.written, ['ok']);
    assert.equal(socket.ended, true);
    connection.data(frame('late'));
    assert.deepEqual(socket.written, ['ok']);
    // A peer that does not go is cut.
    assert.equal(socket.destroyed, false);
    timers.fire(2000);
    assert.equal(socket.destroyed, true);
  });

  it('closes when a request is refused or fails', async () => {
    for (const error of [new MalformedBytesError('garbage'), new Error('a bug')]) {
      const thrown = setUp({
        dispatch: () => {
          throw error;
        },
      });
      thrown.connection.data(frame('x'));
      assert.equal(thrown.socket.ended, true);
      const rejected = setUp();
      rejected.connection.data(frame('x'));
      await rejected.started[0]!.fail(error);
      assert.equal(rejected.socket.ended, true);
    }
  });

  it('starts no more while the peer does not take its answers', () => {
    const handled: string[] = [];
    const { connection, socket } = setUp({
      dispatch: (bytes) => {
        handled.push(bytes.toString());
        return [bytes];
      },
    });
    socket.accepts = false;
    connection.data(frame('a'));
    connection.data(frame('b'));
    assert.deepEqual(handled, ['a']);
    socket.accepts = true;
    connection.drain();
    assert.deepEqual(handled, ['a', 'b']);
  });

  it('starts no more than the limit at one time', async () => {
    const { connection, started } = setUp({ maxInFlight: 2 });
    connection.data(Buffer.concat([frame('a'), frame('b'), frame('c')]));
    started[0]!.context.proceed();
    started[1]!.context.proceed();
    assert.equal(started.length, 2);
    await started[0]!.answer('A');
    assert.equal(started.length, 3);
  });

  it('stops reading while much waits behind a slow request, and reads again afterwards', async () => {
    const { connection, started, socket } = setUp();
    connection.data(frame('slow'));
    for (let chunk = 0; chunk < 20; chunk++) connection.data(frame('x'.repeat(64 * 1024)));
    assert.equal(socket.paused, true);
    await started[0]!.answer('done');
    for (let next = 1; next <= 20; next++) await started[next]!.answer('done');
    assert.equal(socket.paused, false);
    assert.equal(socket.written.join('').length, 21 * 4);
  });

  it('gives others a turn after a megabyte of requests', async () => {
    let handled = 0;
    const release: (() => void)[] = [];
    const { connection, timers } = setUp({
      dispatch: (bytes) => {
        if (bytes.length === 4) return new Promise((resolve) => release.push(() => resolve(undefined)));
        handled += bytes.length;
        return undefined;
      },
    });
    connection.data(frame('wait'));
    for (let chunk = 0; chunk < 48; chunk++) connection.data(frame('x'.repeat(64 * 1024)));
    release[0]!();
    for (let turn = 0; turn < 5; turn++) await undefined;
    assert.equal(handled, 1024 * 1024);
    timers.fire(0);
    assert.equal(handled, 2 * 1024 * 1024);
  });

  it('is closed when idle, not while a request is under way', async () => {
    const { connection, started, timers, socket } = setUp({ idleMs: 1000 });
    connection.data(frame('a'));
    timers.fire(1000);
    timers.fire(1000);
    assert.equal(socket.destroyed, false);
    await started[0]!.answer('A');
    timers.fire(1000);
    assert.equal(socket.destroyed, false);
    timers.fire(1000);
    assert.equal(socket.destroyed, true);
  });

  it('tells waiting requests that the client is gone', async () => {
    const { connection, started, closedCount } = setUp();
    connection.data(frame('a'));
    let told = 0;
    started[0]!.context.onClose(() => {
      told += 1;
    });
    connection.close(new Error('reset'));
    assert.equal(told, 1);
    assert.equal(started[0]!.context.closed, true);
    assert.equal(closedCount(), 1);
    await started[0]!.answer('too late');
  });

  it('answers what is under way before it finishes', async () => {
    const { connection, started, socket } = setUp();
    connection.data(Buffer.concat([frame('a'), frame('b')]));
    connection.finish();
    assert.equal(socket.ended, false);
    await started[0]!.answer('A');
    assert.deepEqual(socket.written, ['A']);
    assert.equal(socket.ended, true);
    assert.equal(started.length, 1);
  });

  it('starts no request while the bytes of those under way are too many', async () => {
    const { connection, started } = setUp({ maxInFlight: 100, maxFrameBytes: 50_000_000 });
    const large = 'x'.repeat(9_000_000);
    for (const text of ['1', '2', '3']) connection.data(frame(text + large));
    started[0]!.context.proceed();
    assert.equal(started.length, 2);
    started[1]!.context.proceed();
    assert.equal(started.length, 2, 'eighteen megabytes are under way');
    await started[0]!.answer('A');
    assert.equal(started.length, 3);
  });

  it('reads a large frame only when memory has room, and gives back what it held', async () => {
    const timers = new FakeTimers();
    const requests = new RequestMemory(1_000_000, timers);
    const first = setUp({ requests });
    const second = setUp({ requests });
    const large = frame('x'.repeat(900_000));
    first.connection.data(large.subarray(0, 10));
    second.connection.data(large.subarray(0, 10));
    assert.equal(first.socket.paused, false);
    assert.equal(second.socket.paused, true);
    first.connection.data(large.subarray(10));
    assert.equal(first.started.length, 1);
    assert.equal(second.socket.paused, false, 'one may always go on');
    second.connection.data(large.subarray(10));
    await first.started[0]!.answer('A');
    await second.started[0]!.answer('B');
    assert.equal(requests.bytes, 0);
    first.connection.data(large.subarray(0, 500_000));
    first.connection.destroy();
    assert.equal(requests.bytes, 0);
  });

  it('counts answers that its peer does not take, until it takes them or is gone', () => {
    const answers = new AnswerMemory(1_000_000);
    const { connection, socket } = setUp({ answers, dispatch: () => [Buffer.alloc(600_000)] });
    socket.accepts = false;
    connection.data(frame('a'));
    assert.equal(answers.bytes, 600_000);
    connection.data(frame('b'));
    assert.equal(answers.bytes, 600_000, 'the next request waits');
    socket.accepts = true;
    connection.drain();
    assert.equal(answers.bytes, 0);
    socket.accepts = false;
    connection.data(frame('c'));
    connection.destroy();
    assert.equal(answers.bytes, 0);
  });
});
