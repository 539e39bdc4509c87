/**
 * `npm run fuzz -- --frames 1000000`: wrong frames against the simulated broker, in rounds with a seed each. `--seed` names
 * the first round, else chance does, and it is printed; a round that fails is played again with `ONCEWARD_SEED=<its seed> npm test -- fuzz`.
 */
import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { fuzz } from '../test/simulation/fuzz/fuzz.ts';

/** As in fuzz.test.ts, so that a round is the same run there. */
const FRAMES_OF_A_ROUND = 20_000;

const { values } = parseArgs({
  options: { frames: { type: 'string', default: '100000' }, seed: { type: 'string' } },
});
const frames = Number(values.frames);
if (!Number.isInteger(frames) || frames < 1) {
  console.error(`--frames ${values.frames}: a number of frames is wanted, such as 1000000`);
  process.exit(2);
}

const first = values.seed ?? randomUUID().slice(0, 8);
console.log(`seed ${first}: --seed ${first} plays it again`);
const started = Date.now();
const total = { rounds: 0, answered: 0, hungUp: 0, memory: 0 };
for (let sent = 0; sent < frames; sent += FRAMES_OF_A_ROUND) {
  const seed = `${first}-${total.rounds}`;
  try {
    const { answered, hungUp, memory } = await fuzz({ seed, frames: FRAMES_OF_A_ROUND });
    total.rounds++;
    total.answered += answered;
    total.hungUp += hungUp;
    total.memory = Math.max(total.memory, memory);
  } catch (error) {
    console.error(`ONCEWARD_SEED=${seed} npm test -- fuzz`);
    console.error(error);
    process.exit(1);
  }
}
console.log(
  `${total.rounds * FRAMES_OF_A_ROUND} frames in ${Math.round((Date.now() - started) / 1000)} s: no crash, no hang; ` +
    `${total.answered} valid ones answered, ${total.hungUp} connections refused, ` +
    `at most ${Math.round(total.memory / 1024 / 1024)} MiB in use`,
);
