/** Scenarios: a broker that does not answer, and calls of the consumer that end all the same. */
import assert from 'node:assert/strict';
import type { Consumer, ConsumerOptions, TopicPartition } from '../../src/client/index.ts';
import type { FaultRule } from '../../src/lab/index.ts';
import { take, text, type UnderTest, valuesOf } from './context.ts';

const SOON_MS = 300;
/** Far less than what a request may take in these scenarios. */
const LATE_MS = 3_000;

interface Bounds {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

interface Call {
  readonly name: string;
  readonly options?: Omit<ConsumerOptions, 'bootstrapServers'>;
  /** Before the broker falls silent. */
  prepare?(consumer: Consumer, cluster: UnderTest, partition: TopicPartition): void | Promise<void>;
  make(consumer: Consumer, bounds: Bounds, partition: TopicPartition): Promise<unknown>;
  /** At its deadline it resolves; left out: it fails with a TimeoutError. */
  readonly resolvesWhenLate?: true;
}

const autoCommit = { enableAutoCommit: true, autoCommitIntervalMs: 60_000 };

/** All that a consumer's public methods wait for. */
const calls: readonly Call[] = [
  { name: 'commit()', make: (consumer, bounds) => consumer.commit(undefined, bounds) },
  { name: 'committed()', make: (consumer, bounds) => consumer.committed(undefined, bounds) },
  {
    name: 'position()',
    prepare: (consumer) => consumer.seekToTimestamp(1),
    make: (consumer, bounds, partition) => consumer.position(partition, bounds),
  },
  {
    name: 'poll()',
    make: (consumer, bounds) => consumer.poll({ timeoutMs: 60_000, ...bounds }),
    resolvesWhenLate: true,
  },
  {
    name: 'poll() that commits before it joins again',
    options: autoCommit,
    async prepare(consumer, cluster, { topic }) {
      const other = cluster.consumer({ groupId: consumer.groupMetadata().groupId });
      other.subscribe([topic]);
      await other.poll({ timeoutMs: 100 });
      // The next heartbeat tells.
      await cluster.sleep(500);
    },
    make: (consumer, bounds) => consumer.poll({ timeoutMs: 60_000, ...bounds }),
    resolvesWhenLate: true,
  },
  {
    name: 'unsubscribe()',
    make: (consumer, bounds) => consumer.unsubscribe(bounds),
  },
  {
    name: 'unsubscribe() that commits',
    options: autoCommit,
    make: (consumer, bounds) => consumer.unsubscribe(bounds),
  },
  {
    name: 'close()',
    options: autoCommit,
    make: (consumer, bounds) => consumer.close(bounds),
    resolvesWhenLate: true,
  },
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
  async function withSilentBroker(
    { options, prepare }: Pick<Call, 'options' | 'prepare'>,
    use: (consumer: Consumer, partition: TopicPartition) => Promise<void>,
  ): Promise<void> {
    const topic = await cluster.topic('silent');
    await cluster.producer().sendAndWait({ topic, value: 'read' });
    const { cluster: proxied, proxy } = await cluster.through([]);
    const patient = { requestTimeoutMs: 60_000, heartbeatIntervalMs: 100, enableAutoCommit: false };
    const consumer = proxied.consumer({ ...patient, groupId: cluster.unique('group'), ...options });
    consumer.subscribe([topic]);
    await take(consumer, 1);
    const partition = { topic, partition: 0 };
    await prepare?.(consumer, cluster, partition);
    proxy.addRule(silent);
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
    const { name, resolvesWhenLate } = call;
    cluster.scenario(`${name} ends with its signal and its deadline while the broker does not answer`, async () => {
      await withSilentBroker(call, async (consumer, partition) => {
        const outcome = call.make(consumer, { timeoutMs: SOON_MS }, partition);
        const ended = resolvesWhenLate ? outcome : assert.rejects(outcome, { name: 'TimeoutError' });
        await endsSoon(`${name} with a deadline`, ended);
      });
      await withSilentBroker(call, async (consumer, partition) => {
        const controller = new AbortController();
        const reason = new Error('enough');
        const outcome = call.make(consumer, { signal: controller.signal }, partition);
        cluster.ports.timers.after(SOON_MS, () => controller.abort(reason));
        const ended = assert.rejects(outcome, (error) => error === reason);
        await endsSoon(`${name} with a signal`, ended);
      });
    });
  }

  cluster.scenario('run ends soon after its signal, also where a commit is not answered', () =>
    withSilentBroker({}, async (consumer, partition) => {
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

  cluster.scenario('loops over batches and over records end with their signal, and the consumer lives on', async () => {
    const topic = await cluster.topic('ended', 1);
    const producer = cluster.producer();
    const consumer = cluster.consumer();
    consumer.assign([{ topic, partition: 0 }]);
    const seen: (string | null)[] = [];
    const soon = (): { readonly signal: AbortSignal } => {
      const controller = new AbortController();
      cluster.ports.timers.after(SOON_MS, () => controller.abort());
      return { signal: controller.signal };
    };
    const loops = [
      async () => {
        for await (const batch of consumer.batches(soon())) seen.push(...valuesOf(batch));
      },
      async () => {
        for await (const record of consumer.records(soon())) seen.push(text(record.value));
      },
    ];
    for (const [at, loop] of loops.entries()) {
      await producer.sendAndWait({ topic, value: `${at}` });
      await endsSoon(`loop ${at}`, loop());
    }
    for await (const _ of consumer.records({ signal: AbortSignal.abort() }))
      assert.fail('it has ended before it began');
    assert.deepEqual(seen, ['0', '1']);
    await producer.sendAndWait({ topic, value: '2' });
    assert.deepEqual(valuesOf(await take(consumer, 1)), ['2']);
  });
}
