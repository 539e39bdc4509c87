/** Fifty deaths of a broker on a real disk; `ONCEWARD_SEED` chooses the moments. */
import { test } from 'node:test';
import { killAgainAndAgain } from '../main-job/sigkill.ts';

const ROUNDS = 50;
const SEED = process.env.ONCEWARD_SEED ?? String(process.pid);

test(`${ROUNDS} times SIGKILL under transactions lose nothing, ONCEWARD_SEED=${SEED}`, () =>
  killAgainAndAgain(SEED, ROUNDS));
