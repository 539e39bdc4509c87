/** A few of the fifty deaths that `npm run test:real` sees; `ONCEWARD_SEED` chooses the moments. */
import { test } from 'node:test';
import { killAgainAndAgain } from './sigkill.ts';

const ROUNDS = 8;
const SEED = process.env.ONCEWARD_SEED ?? String(process.pid);

test(`${ROUNDS} times SIGKILL under transactions lose nothing, ONCEWARD_SEED=${SEED}`, () =>
  killAgainAndAgain(SEED, ROUNDS));
