/** The main job as a library: a real broker, real faults, inputs of several sizes. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Broker } from '../../src/broker/index.ts';
import { flightTransform, type GuaranteeResult, jsonTransform, type ProofResult, prove } from '../../src/lab/index.ts';

const SESSION_TIMEOUT_MS = 500;

async function proof(texts: readonly string[], transform = jsonTransform): Promise<ProofResult> {
  await using broker = await Broker.start({ config: { 'group.min.session.timeout.ms': SESSION_TIMEOUT_MS } });
  return await prove({
    bootstrapServers: broker.bootstrap,
    input: chunksOf(texts),
    topic: 'input',
    transform,
    sessionTimeoutMs: SESSION_TIMEOUT_MS,
    signal: AbortSignal.timeout(60_000),
  });
}
async function* chunksOf(texts: readonly string[]): AsyncIterable<readonly string[]> {
  for (let at = 0; at < texts.length; at += 100) yield texts.slice(at, at + 100);
}

function assertHeld(result: ProofResult, inputs: number): void {
  assert.deepEqual(result.broken, []);
  assert.equal(result.held, true);
  assert.equal(result.records, inputs);
  assert.deepEqual(
    result.guarantees.map(({ name }) => name),
    ['at-most-once', 'at-least-once', 'exactly-once'],
  );
  const [most, least, exactly] = result.guarantees as [GuaranteeResult, GuaranteeResult, GuaranteeResult];
  for (const { perTopic, sent, delivered, lost, p99Ms, messagesPerSecond } of result.guarantees) {
    assert.equal(perTopic.length, 2);
    assert.equal(sent, 2 * inputs);
    assert.equal(delivered + lost, sent);
    for (const counts of perTopic) {
      assert.equal(counts.sent, inputs);
      assert.equal(counts.delivered + counts.lost, inputs);
    }
    assert.ok(messagesPerSecond >= 0);
    assert.ok(delivered === 0 || p99Ms > 0);
  }
  for (const topic of most.perTopic) {
    assert.ok(topic.lost > 0);
    assert.equal(topic.duplicated, 0);
  }
  for (const topic of least.perTopic) {
    assert.equal(topic.lost, 0);
    assert.ok(topic.duplicated > 0);
  }
  for (const topic of exactly.perTopic) {
    assert.equal(topic.lost, 0);
    assert.equal(topic.duplicated, 0);
  }
  for (const { faults, lost, duplicated } of result.guarantees) {
    const sum = (what: 'lost' | 'duplicated') => faults.reduce((total, fault) => total + fault[what], 0);
    assert.deepEqual([sum('lost'), sum('duplicated')], [lost, duplicated], 'every loss and duplicate has its cause');
  }
  for (const { faults } of [least, exactly]) {
    for (const { fault, planned, happened } of faults)
      if (fault !== 'unplanned') assert.equal(happened, planned, fault);
  }
}

describe('every promise holds, in both topics', () => {
  test('with a single input', async () => {
    const result = await proof(['{"only":1}']);
    assertHeld(result, 1);
    assert.deepEqual(
      result.guarantees[0]?.perTopic.map(({ lost }) => lost),
      [1, 1],
    );
  });

  test('with 37 inputs of every kind of JSON', async () => {
    const kinds = ['null', 'true', '0', '"text"', '[1,[2]]', '{"b":1,"a":{"d":[],"c":null}}'];
    assertHeld(await proof(Array.from({ length: 37 }, (_, at) => kinds[at % kinds.length]!)), 37);
  });

  test('with two thousand flights', async () => {
    const entry = createRequire(import.meta.url).resolve('vega-datasets');
    const file = await readFile(join(entry, '..', '..', 'data', 'flights-2k.json'), 'utf8');
    const flights = (JSON.parse(file) as Record<string, unknown>[]).map((flight, at) => ({ time: at % 24, ...flight }));
    const result = await proof(
      flights.map((flight) => JSON.stringify(flight)),
      flightTransform,
    );
    assertHeld(result, flights.length);
    const killed = result.guarantees.map(({ faults }) => faults.find(({ fault }) => fault === 'killed')!);
    // Both topics lose, or have twice, each batch that a killed instance had in hand.
    assert.equal(killed[0]?.lost, killed[0]?.records);
    assert.equal(killed[1]?.duplicated, killed[1]?.records);
    assert.deepEqual([killed[2]?.lost, killed[2]?.duplicated], [0, 0]);
  });
});

test('earlier topics stay as they are: a second proof on the same broker takes other names', async () => {
  await using broker = await Broker.start({ config: { 'group.min.session.timeout.ms': SESSION_TIMEOUT_MS } });
  const names: string[] = [];
  for (let time = 0; time < 2; time++) {
    const result = await prove({
      bootstrapServers: broker.bootstrap,
      input: chunksOf(['1', '2', '3']),
      topic: 'input',
      transform: jsonTransform,
      guarantees: ['exactly-once'],
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
    });
    assert.deepEqual(result.broken, []);
    names.push(result.inputTopic, ...result.guarantees[0]!.perTopic.map(({ topic }) => topic));
  }
  assert.deepEqual(names, [
    'input',
    'input.normalised.exactly-once',
    'input.summary.exactly-once',
    'input-2',
    'input-2.normalised.exactly-once',
    'input-2.summary.exactly-once',
  ]);
});

test('it stops at once when it is told to, and says why', async () => {
  await using broker = await Broker.start({ config: { 'group.min.session.timeout.ms': SESSION_TIMEOUT_MS } });
  const stop = new AbortController();
  const reason = new Error('enough');
  const running = prove({
    bootstrapServers: broker.bootstrap,
    input: chunksOf(Array.from({ length: 5000 }, (_, at) => String(at))),
    topic: 'input',
    transform: jsonTransform,
    sessionTimeoutMs: SESSION_TIMEOUT_MS,
    signal: stop.signal,
    onProgress: (progress) => {
      if (progress.stage === 'run' && progress.guarantee === 'at-least-once') stop.abort(reason);
    },
  });
  await assert.rejects(running, reason);
});

test('what the input throws ends it', async () => {
  await using broker = await Broker.start();
  const failure = new Error('line 2 is bad');
  await assert.rejects(
    prove({
      bootstrapServers: broker.bootstrap,
      topic: 'input',
      transform: jsonTransform,
      input: (async function* () {
        yield ['1'];
        throw failure;
      })(),
    }),
    failure,
  );
});
