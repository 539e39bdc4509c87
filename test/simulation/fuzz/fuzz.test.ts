/** A part of the million frames that `npm run fuzz` sends; `ONCEWARD_SEED` plays one run again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SimulatedDisk } from '../../../src/lab/index.ts';
import { fuzz } from './fuzz.ts';

const FRAMES = 20_000;
const SEED = process.env.ONCEWARD_SEED ?? 'frames';

test(`the broker stands ${FRAMES} wrong frames, ONCEWARD_SEED=${SEED}`, async () => {
  const { answered, hungUp, connections } = await fuzz({ seed: SEED, frames: FRAMES });
  assert.ok(answered > FRAMES / 50, `${answered} valid frames were answered`);
  assert.ok(hungUp > connections / 4, `${hungUp} of ${connections} connections were closed by the broker`);
});

test('a failure names its seed, and that plays it again to the same moment', async () => {
  const failure = async (seed: string): Promise<string> => {
    const plant = (disk: SimulatedDisk) =>
      disk.fail({ operation: 'write', pathEndsWith: 'witness-0/00000000000000000000.log', skip: 3 });
    return fuzz({ seed, frames: 2000, plant }).then(
      () => assert.fail('the planted fault was not found'),
      (error: unknown) => String(error),
    );
  };
  const first = await failure('planted');
  assert.match(first, /seed planted, virtual time [\d.]+ ms/);
  assert.equal(await failure('planted'), first);
  assert.notEqual((await failure('another')).replaceAll('another', 'planted'), first);
});
