/** Scenarios: a broker that does not answer, and calls of the consumer that end all the same. */
import assert from 'node:assert/strict';
import type { Consumer, TopicPartition } from '../../src/client/index.ts';
import type { FaultRule } from '../../src/lab/index.ts';
import { take, type UnderTest } from './context.ts';

const SOON_MS = 300;
/** Far less than what a request may take in these scenarios. */
const LATE_MS = 3_000;

interface Bounds {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

interface Call {
  readonly name: string;
  /** Before the broker falls silent. */
  prepare?(consumer: Consumer, partition: TopicPartition): void | Promise<void>;
  make(consumer: Consumer, bounds: Bounds, partition: TopicPartition): Promise<unknown>;
  /** How it ends at its deadline; left out: with a TimeoutError. */
  readonly late?: 'resolves' | 'has no deadline';
  /** How it ends with its signal; left out: with the signal's reason. */
  readonly aborted?: 'resolves' | 'takes no signal';
}

/** All that a consumer's public methods wait for. */
const calls: readonly Call[] = [
  { name: 'commit()', make: (consumer, bounds) => consumer.commit(undefined, bounds) },
  { name: 'committed()', make: (consumer, bounds) => consumer.committed(undefined, bounds) },
  {
    name: 'position()',
    prepare: (consumer) => consumer.seekToTimestamp(1),
    make: (consumer, bounds, partition) => consumer.position(partition, bounds),
  },
  { name: 'poll()', make: (consumer, bounds) => consumer.poll({ timeoutMs: 60_000, ...bounds }), late: 'resolves' },
];

export function ending(cluster: UnderTest): void {
  // Not Fetch: its answers may be what a handler is to see.
  const silent: FaultRule = {
    name: 'silent',
    api: ['OffsetCommit', 'OffsetFetch', 'ListOffsets', 'FindCoordinator', 'LeaveGroup', 'Metadata'],
    action: 'drop-reply',
    thenCut: false,
    count: Number.POSITIVE_INFINITY,
  };

  /** A member that has read a record, behind a broker that no longer answers. */
  async function withSilentBroker(call: Call, use: (consumer: Consumer, partition: TopicPartition) => Promise<void>) {
    const topic = await cluster.topic('silent');
    await cluster.producer().sendAndWait({ topic, value: 'read' });
    const { cluster: proxied, proxy } = await cluster.through([]);
    const groupId = cluster.unique('group');
    const consumer = proxied.consumer({ groupId, enableAutoCommit: false, requestTimeoutMs: 60_000 });
    consumer.subscribe([topic]);
    await take(consumer, 1);
    proxy.addRule(silent);
    const partition = { topic, partition: 0 };
    await call.prepare?.(consumer, partition);
    try {
      await use(consumer, partition);
    } finally {
      await consumer.close({ timeoutMs: 0 });
    }
  }

  async function endsSoon(what: string, outcome: Promise<unknown>): Promise<void> {
    const began = cluster.ports.clock.monotonic();
    await outcome;
    const took = cluster.ports.clock.monotonic() - began;
    assert.ok(took < LATE_MS, `${what} took ${took} ms`);
  }

  for (const call of calls) {
    const { name, late, aborted } = call;
    cluster.scenario(`${name} ends with its signal and its deadline while the broker does not answer`, () =>
      withSilentBroker(call, async (consumer, partition) => {
        const make = (bounds: Bounds) => call.make(consumer, bounds, partition);
        if (late !== 'has no deadline') {
          const outcome = make({ timeoutMs: SOON_MS });
          await endsSoon(
            `${name} with a deadline`,
            late === 'resolves' ? outcome : assert.rejects(outcome, { name: 'TimeoutError' }),
          );
        }
        const controller = new AbortController();
        const outcome = make({ signal: controller.signal });
        const reason = new Error('enough');
        cluster.ports.timers.after(SOON_MS, () => controller.abort(reason));
        const ended = aborted === 'resolves' ? outcome : assert.rejects(outcome, (error) => error === reason);
        await endsSoon(`${name} with a signal`, ended);
      }),
    );
  }

  cluster.scenario('run ends soon after its signal, also where a commit is not answered', () =>
    withSilentBroker({ name: 'run()', make: () => Promise.resolve() }, async (consumer, partition) => {
      consumer.seek({ ...partition, offset: 0 });
      const stop = new AbortController();
      const running = consumer.run({
        commit: 'after',
        signal: stop.signal,
        stopTimeoutMs: SOON_MS,
        eachMessage: () => void cluster.ports.timers.after(SOON_MS, () => stop.abort()),
      });
      await endsSoon('run', assert.rejects(running, { name: 'TimeoutError', message: /stopTimeoutMs/ }));
    }),
  );
}
