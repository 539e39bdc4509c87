/** Scenarios: `process` under each guarantee, alone and with others, with failures on the way. */
import assert from 'node:assert/strict';
import { type Guarantee, guarantees, type ProcessOptions, process } from '../../src/client/index.ts';
import { assertSameValues, values } from '../conformance/cluster.ts';
import { readAll, text, type UnderTest, valuesOf } from './context.ts';

const QUICK = { heartbeatIntervalMs: 100, sessionTimeoutMs: 6_000 };

export function processing(cluster: UnderTest): void {
  async function fed(count: number, partitions: number): Promise<{ from: string; to: string; sent: string[] }> {
    const from = await cluster.topic('in', partitions);
    const to = await cluster.topic('out', partitions);
    const sent = values('v', count);
    const producer = cluster.producer();
    for (const [at, value] of sent.entries()) producer.send({ topic: from, partition: at % partitions, value });
    await producer.flush();
    return { from, to, sent };
  }
  const begin = (
    topics: { readonly from: string; readonly to: string },
    options: Pick<ProcessOptions, 'guarantee' | 'group'> & Partial<ProcessOptions>,
    through = cluster,
  ) =>
    through.process({
      ...topics,
      handler: ({ value }) => ({ value: `${text(value)}!` }),
      consumer: QUICK,
      ...options,
    });
  const shouted = (sent: readonly string[]) => sent.map((value) => `${value}!`);

  for (const guarantee of guarantees) {
    cluster.scenario(
      `process, ${guarantee}: every input gives its output, and a restart goes on behind it`,
      async () => {
        const { from, to, sent } = await fed(200, 3);
        const group = cluster.unique('group');
        {
          await using working = begin({ from, to }, { guarantee, group });
          await cluster.eventually('all is done', () => working.finished >= 200 || guarantee === 'at-most-once');
          await cluster.eventually('all is there', async () => (await readAll(cluster, to)).length >= 200);
          await working.close();
        }
        await cluster.producer().sendAndWait({ topic: from, value: 'one more' });
        await using again = begin({ from, to }, { guarantee, group });
        await cluster.eventually('the next one is there', async () => (await readAll(cluster, to)).length >= 201);
        await again.close();
        assertSameValues(valuesOf(await readAll(cluster, to)).map(String), shouted([...sent, 'one more']));
      },
    );
  }

  cluster.scenario(
    'process, exactly-once: lost answers and cut connections leave every input with one output',
    async () => {
      const { from, to, sent } = await fed(300, 2);
      const { cluster: proxied, proxy } = await cluster.through([
        ...[1, 5, 9].map((skip) => ({ name: 'produce', api: 'Produce', action: 'drop-reply' as const, skip })),
        ...[2, 6].map((skip) => ({ name: 'offsets', api: 'TxnOffsetCommit', action: 'drop-reply' as const, skip })),
        ...[1, 4, 8].map((skip) => ({ name: 'end', api: 'EndTxn', action: 'drop-reply' as const, skip })),
        ...[3, 7].map((skip) => ({ name: 'fetch', api: 'Fetch', action: 'cut' as const, skip })),
      ]);
      await using working = begin(
        { from, to },
        {
          guarantee: 'exactly-once',
          group: cluster.unique('group'),
          commitIntervalMs: 5,
          consumer: { ...QUICK, maxPollRecords: 10 },
        },
        proxied,
      );
      await cluster.eventually('all is there', async () => (await readAll(cluster, to)).length >= 300, {
        timeoutMs: 60_000,
      });
      await working.close();
      assertSameValues(valuesOf(await readAll(cluster, to)).map(String), shouted(sent));
      assert.ok(
        proxy.counters().every(({ frames }) => frames > 0),
        JSON.stringify(proxy.counters()),
      );
    },
  );

  cluster.scenario('process, exactly-once: instances that come and go share the work and repeat nothing', async () => {
    const { from, to, sent } = await fed(600, 4);
    const group = cluster.unique('group');
    const options = { guarantee: 'exactly-once' as const, group, commitIntervalMs: 20 };
    const slow: ProcessOptions['handler'] = async ({ value }) => {
      await cluster.sleep(1);
      return { value: `${text(value)}!` };
    };
    await using first = begin({ from, to }, { ...options, handler: slow, consumer: { ...QUICK, maxPollRecords: 20 } });
    await cluster.eventually('the first has begun', () => first.finished > 20);
    await using second = begin({ from, to }, { ...options, consumer: { ...QUICK, maxPollRecords: 20 } });
    await cluster.eventually('the second has its share', () => second.finished > 0);
    await first.close();
    await cluster.eventually('all is there', async () => (await readAll(cluster, to)).length >= 600, {
      timeoutMs: 60_000,
    });
    await second.close();
    assertSameValues(valuesOf(await readAll(cluster, to)).map(String), shouted(sent));
  });

  for (const guarantee of guarantees) {
    cluster.scenario(
      `process, ${guarantee}: a handler that throws ends it, and what was not final is as the guarantee says`,
      async () => {
        const { from, to } = await fed(10, 1);
        const group = cluster.unique('group');
        const failing = begin(
          { from, to },
          {
            guarantee,
            group,
            commitIntervalMs: 1,
            consumer: { ...QUICK, maxPollRecords: 1 },
            handler: ({ value }) => {
              if (text(value) === 'v-5') throw new RangeError('not this one');
              return { value: text(value) };
            },
          },
        );
        await assert.rejects(failing.done, RangeError);
        const [committed] = await cluster.consumer({ groupId: group }).committed([{ topic: from, partition: 0 }]);
        const position = committed?.offset ?? 0;
        const outputs = valuesOf(await readAll(cluster, to));
        switch (guarantee) {
          case 'at-most-once':
            assert.equal(position, 6, 'the record counts as taken');
            assert.deepEqual(outputs, values('v', 5));
            break;
          case 'at-least-once':
            assert.ok(position <= 5, 'the record will come again');
            assert.deepEqual(outputs, values('v', 5));
            break;
          case 'exactly-once':
            assert.ok(position <= 5, 'the record will come again');
            assert.deepEqual(outputs, values('v', position), 'what comes again has left nothing');
            break;
        }
      },
    );
  }

  for (const guarantee of guarantees) {
    cluster.scenario(
      `process, ${guarantee}: what one poll brought may take longer than a transaction may, and is final bit by bit`,
      async () => {
        const { from, to, sent } = await fed(16, 1);
        await using working = begin(
          { from, to },
          {
            guarantee,
            group: cluster.unique('group'),
            ...(guarantee === 'exactly-once' ? { producer: { transactionTimeoutMs: 1_000 } } : {}),
            handler: async ({ value }) => {
              await cluster.sleep(150);
              return { value: `${text(value)}!` };
            },
          },
        );
        await cluster.eventually('some of it is final', () => working.finished > 0);
        assert.ok(working.finished < 16, `${working.finished} of one poll's 16`);
        await cluster.eventually('all is final', () => working.finished === 16);
        await working.close();
        assert.equal(working.metrics().counters['undo-total'], 0);
        assertSameValues(valuesOf(await readAll(cluster, to)).map(String), shouted(sent));
      },
    );
    cluster.scenario(
      `process, ${guarantee}: it ends after the call that is running, and the rest is there for the next one`,
      async () => {
        const { from, to, sent } = await fed(20, 1);
        const group = cluster.unique('group');
        const stop = new AbortController();
        let called = 0;
        const stopped = begin(
          { from, to },
          {
            guarantee,
            group,
            signal: stop.signal,
            handler: async ({ value }, _context, { signal }) => {
              called++;
              if (called === 3) stop.abort();
              assert.equal(signal.aborted, called === 3);
              await cluster.sleep(1);
              return { value: `${text(value)}!` };
            },
          },
        );
        await stopped.done;
        assert.deepEqual([called, stopped.finished], [3, 3]);
        const [committed] = await cluster.consumer({ groupId: group }).committed([{ topic: from, partition: 0 }]);
        assert.equal(committed?.offset, 3);
        await using next = begin({ from, to }, { guarantee, group });
        await cluster.eventually('the rest is done', () => next.finished === 17);
        await next.close();
        assertSameValues(valuesOf(await readAll(cluster, to)).map(String), shouted(sent));
      },
    );
    cluster.scenario(`process, ${guarantee}: a handler that gives up when it is told to ends it in order`, async () => {
      const { from, to } = await fed(5, 1);
      const group = cluster.unique('group');
      let called = 0;
      const working = begin(
        { from, to },
        {
          guarantee,
          group,
          handler: (_record, _context, { signal }) => {
            called++;
            return called < 3
              ? Promise.resolve()
              : new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
          },
        },
      );
      await cluster.eventually('it is at work', () => called === 3);
      await working.close();
      const [committed] = await cluster.consumer({ groupId: group }).committed([{ topic: from, partition: 0 }]);
      assert.equal(committed?.offset, guarantee === 'at-most-once' ? 3 : 2);
    });
  }

  for (const guarantee of guarantees) {
    cluster.scenario(
      `process, ${guarantee}: what one poll brought may take longer than max.poll.interval.ms, and the member stays`,
      async () => {
        const { from, to, sent } = await fed(12, 1);
        const called: (string | null)[] = [];
        await using working = begin(
          { from, to },
          {
            guarantee,
            group: cluster.unique('group'),
            consumer: { ...QUICK, maxPollIntervalMs: 1_000 },
            handler: async ({ value }) => {
              called.push(text(value));
              await cluster.sleep(150);
              return { value: `${text(value)}!` };
            },
          },
        );
        await cluster.eventually('all is final', () => working.finished === 12);
        await working.close();
        assert.deepEqual(called, sent, 'each once, in order');
        const { counters, consumer } = working.metrics();
        assert.deepEqual([counters['undo-total'], consumer.counters['rebalance-total']], [0, 1]);
        assertSameValues(valuesOf(await readAll(cluster, to)).map(String), shouted(sent));
      },
    );
  }

  if (cluster.sparesMinutes) {
    cluster.scenario(
      'process, exactly-once: one call longer than a transaction may take is named, with its cure',
      async () => {
        const { from, to, sent } = await fed(3, 1);
        let slow = true;
        await using working = begin(
          { from, to },
          {
            guarantee: 'exactly-once',
            group: cluster.unique('group'),
            producer: { transactionTimeoutMs: 1_000 },
            handler: async ({ offset, value }) => {
              if (offset === 1 && slow) {
                slow = false;
                await cluster.sleep(20_000);
              }
              return { value: `${text(value)}!` };
            },
          },
        );
        const undone: string[] = [];
        working.on('undone', ({ error }) => void undone.push(error.message));
        await cluster.eventually('all is final', () => working.finished === 3, { timeoutMs: 60_000 });
        await working.close();
        assert.match(
          undone.join(),
          /open for 20\d+ ms, longer than transaction\.timeout\.ms=1000.*producer: \{ transactionTimeoutMs \}/,
        );
        assertSameValues(valuesOf(await readAll(cluster, to)).map(String), shouted(sent));
      },
    );
  }

  for (const guarantee of ['at-least-once', 'exactly-once'] as const) {
    for (const [what, output, code] of [
      ['larger than any request may be', { value: Buffer.alloc(2_000_000) }, 'MESSAGE_TOO_LARGE'],
      ['for a topic that cannot be', { topic: 'no topic!', value: 'v' }, 'INVALID_TOPIC_EXCEPTION'],
    ] as const) {
      cluster.scenario(`process, ${guarantee}: an output ${what} ends it, and says why`, async () => {
        const { from, to } = await fed(3, 1);
        const group = cluster.unique('group');
        const working = begin(
          { from, to },
          { guarantee, group, handler: ({ offset, value }) => (offset === 2 ? output : { value }) },
        );
        await assert.rejects(working.done, { code });
        const [committed] = await cluster.consumer({ groupId: group }).committed([{ topic: from, partition: 0 }]);
        assert.ok((committed?.offset ?? 0) <= 2, 'the record will come again');
        if (guarantee === 'exactly-once') assert.equal((await readAll(cluster, to)).length, committed?.offset ?? 0);
      });
    }
  }

  cluster.scenario('process, at-most-once: an output that is lost is counted, and told', async () => {
    const { from, to } = await fed(3, 1);
    await using working = begin(
      { from, to },
      {
        guarantee: 'at-most-once',
        group: cluster.unique('group'),
        handler: ({ offset, value }) => ({ value: offset === 1 ? Buffer.alloc(2_000_000) : value }),
      },
    );
    const told: unknown[] = [];
    working.on('error', ({ error, topic, records }) => void told.push([error.code, topic, records]));
    await cluster.eventually('the others are there', async () => (await readAll(cluster, to)).length === 2);
    await working.close();
    assert.equal(working.metrics().counters['output-lost-total'], 1);
    assert.deepEqual(told, [['MESSAGE_TOO_LARGE', to, 1]]);
  });

  cluster.scenario('process refuses options that are unknown, missing or wrong, and says what to do', () => {
    const whole = { bootstrapServers: 'localhost:1', from: 'a', to: 'b', group: 'g', handler() {} };
    const refused = (options: object, message: RegExp) =>
      assert.throws(() => process({ ...whole, guarantee: 'exactly-once', ...options }), {
        name: 'ConfigurationError',
        message,
      });
    refused({ concurrency: 3 }, /process has no option concurrency/);
    refused({ commitIntervalMS: 5 }, /commitIntervalMS; did you mean commitIntervalMs\?/);
    refused({ guarentee: 1 }, /guarentee; did you mean guarantee\?/);
    refused({ handler: undefined }, /handler is missing: give/);
    refused({ from: undefined }, /from is missing: name/);
    refused({ from: [] }, /^from: /);
    refused({ group: undefined }, /group is missing: name/);
    refused({ bootstrapServers: undefined }, /bootstrapServers is missing: give/);
    refused({ guarantee: undefined }, /at-most-once, at-least-once, exactly-once/);
    refused({ to: 5 }, /^to: /);
    refused({ producer: { lingerMS: 5 } }, /lingerMS; did you mean lingerMs\?/);
    refused({ producer: { retries: 0 } }, /producer\.retries=0 contradicts guarantee=exactly-once/);
    refused({ producer: { maxInFlightRequestsPerConnection: 9 } }, /contradicts max\.in\.flight/);
    refused(
      { commitIntervalMs: 10_000 },
      /contradicts transaction\.timeout\.ms=10000.*producer: \{ transactionTimeoutMs \}/,
    );
    refused({ commitIntervalMs: 500, producer: { 'transaction.timeout.ms': 400 } }, /transaction\.timeout\.ms=400/);
  });

  cluster.scenario('process refuses what contradicts its guarantee, and says what to do', () => {
    const contradiction = (guarantee: Guarantee, producer: object, consumer: object) => () =>
      process({
        bootstrapServers: 'localhost:1',
        from: 'a',
        to: 'b',
        group: 'g',
        guarantee,
        producer,
        consumer,
        handler() {},
      });
    assert.throws(
      contradiction('at-least-once', { acks: 1 }, {}),
      /producer\.acks=1 contradicts guarantee=at-least-once/,
    );
    assert.throws(contradiction('at-most-once', { retries: 5 }, {}), /producer\.retries=5 contradicts/);
    assert.throws(
      contradiction('exactly-once', {}, { 'isolation.level': 'read_uncommitted' }),
      /consumer\.isolation\.level=read_uncommitted contradicts.*leave isolation\.level out/,
    );
    assert.throws(contradiction('once' as Guarantee, {}, {}), /at-most-once, at-least-once, exactly-once/);
  });
}
