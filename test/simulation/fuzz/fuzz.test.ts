/** A part of the million frames that `npm run fuzz` sends; `ONCEWARD_SEED` plays one run again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzz } from './fuzz.ts';

const FRAMES = 20_000;
const SEED = process.env.ONCEWARD_SEED ?? 'frames';

test(`the broker stands ${FRAMES} wrong frames, ONCEWARD_SEED=${SEED}`, async () => {
  const { answered, hungUp, connections } = await fuzz({ seed: SEED, frames: FRAMES });
  assert.ok(answered > FRAMES / 50, `${answered} valid frames were answered`);
  assert.ok(hungUp > connections / 4, `${hungUp} of ${connections} connections were closed by the broker`);
});
