/** A handful of the seeds that `npm run swarm -- --seeds N` plays; `ONCEWARD_SEED` plays one again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { playTwice } from '../../../src/lab/index.ts';
import { faults } from './nemesis.ts';
import { playSeed, swarm } from './swarm.ts';

const chosen = process.env.ONCEWARD_SEED;
const SEEDS = chosen === undefined ? Array.from({ length: 8 }, (_, at) => String(at + 1)) : [chosen];

test('a swarm under faults keeps every promise, and every fault happens', async () => {
  const happened = new Set<string>();
  for (const seed of SEEDS) {
    const result = await playSeed(seed);
    assert.deepEqual(result.violations, [], `ONCEWARD_SEED=${seed}`);
    assert.ok(result.committed > 20, `ONCEWARD_SEED=${seed}: ${result.committed} were acknowledged`);
    for (const fault of result.faults.keys()) happened.add(fault);
  }
  if (chosen === undefined) assert.deepEqual([...happened].sort(), Object.keys(faults).sort());
});

test('a swarm is a function of its seed', async () => {
  await playTwice({ seed: SEEDS[0]! }, swarm);
});
