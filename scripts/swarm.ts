/**
 * `npm run swarm -- --seeds 200`: swarms of clients under faults, one for each seed from `--from` on, with the checker at the
 * end. A seed that fails is played again with `ONCEWARD_SEED=<seed> npm test -- swarm`.
 */
import { parseArgs } from 'node:util';
import { playSeed } from '../test/simulation/swarm/swarm.ts';

const SHOWN = 5;
const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '100' }, from: { type: 'string', default: '1' } },
});
const seeds = Number(values.seeds);
const from = Number(values.from);
if (!Number.isInteger(seeds) || seeds < 1 || !Number.isInteger(from)) {
  console.error(
    `--seeds ${values.seeds} --from ${values.from}: whole numbers are wanted, such as --seeds 200 --from 1`,
  );
  process.exit(2);
}

const started = Date.now();
const faults = new Map<string, number>();
const total = { records: 0, committed: 0, unknown: 0, failed: 0 };
for (let seed = from; seed < from + seeds; seed++) {
  try {
    const result = await playSeed(seed);
    total.records += result.records;
    total.committed += result.committed;
    total.unknown += result.unknown;
    for (const [fault, count] of result.faults) faults.set(fault, (faults.get(fault) ?? 0) + count);
    if (result.violations.length === 0) continue;
    console.error(`ONCEWARD_SEED=${seed} npm test -- swarm: ${result.violations.length} violations`);
    for (const { check, what } of result.violations.slice(0, SHOWN)) console.error(`  ${check}: ${what}`);
  } catch (error) {
    console.error(`ONCEWARD_SEED=${seed} npm test -- swarm`);
    console.error(error);
  }
  total.failed++;
}
for (const [fault, count] of [...faults].sort()) console.log(`${String(count).padStart(6)}  ${fault}`);
console.log(
  `${seeds} seeds in ${Math.round((Date.now() - started) / 1000)} s: ${total.failed} failed; ${total.records} records, ` +
    `${total.committed} operations acknowledged, ${total.unknown} of unknown fate`,
);
process.exitCode = total.failed > 0 ? 1 : 0;
