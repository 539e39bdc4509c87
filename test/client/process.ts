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
