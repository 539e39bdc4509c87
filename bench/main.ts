/**
 * `npm run bench`: how fast we are, row by row, beside others and beside what is possible. docs/performance.md says what
 * the rows mean. Progress goes to standard error, the table to standard output.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Brokers } from './harness/brokers.ts';
import { endWithThisProcess, root } from './harness/children.ts';
import { writeSection } from './harness/document.ts';
import { measureRow, type RowResult } from './harness/measure.ts';
import { profileSummary } from './harness/profile.ts';
import { asJson, asMarkdown, isMeasured, type NotMeasured, shortLine, USUAL_REPETITIONS } from './harness/report.ts';
import type { Bench, Row, Tool } from './harness/row.ts';
import { bringTools } from './peers/tools.ts';
import { rows } from './rows/index.ts';

const usage = `npm run bench [-- OPTION...]
  --quick         fewer records and only the rows with a target; within three minutes
  --row NAME      only the rows whose name contains NAME; may be given several times
  --json FILE     writes the result as JSON
  --docs          writes the table into docs/performance.md; for a run of all rows
  --check         exit code 1 where a target is not met, or could not be measured; without it only where a row failed
  --profile DIR   processor profiles of our broker and our client, and a summary of each
  --list          the names of the rows`;

/** What the one who called did wrong: told without a stack. */
class UsageError extends Error {}

function optionsGiven() {
  try {
    const { values } = parseArgs({
      options: {
        quick: { type: 'boolean', default: false },
        row: { type: 'string', multiple: true },
        json: { type: 'string' },
        docs: { type: 'boolean', default: false },
        check: { type: 'boolean', default: false },
        profile: { type: 'string' },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}\n`);
    process.exit(2);
  }
}
const options = optionsGiven();

/** A quick run has this part of the records. */
const QUICK_PART = 8;
const { quick } = options;

const say = (text: string) => process.stderr.write(`${text}\n`);
/** On a terminal the line is written over and over. */
const show = (text: string) => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text}`);
};

function chosenRows(): readonly Row[] {
  const named = (row: Row, word: string) => row.name.toLowerCase().includes(word.toLowerCase());
  const { row: words } = options;
  for (const word of words ?? []) {
    if (rows.some((row) => named(row, word))) continue;
    throw new UsageError(`no row has ${word} in its name; --list tells the names`);
  }
  return rows.filter((row) => words?.some((word) => named(row, word)) ?? (row.quick || !quick));
}

/** What would only come to light when all is measured. */
function checkOptions(): void {
  if (options.docs && (quick || options.row !== undefined)) {
    throw new UsageError('--docs replaces the whole table: it goes neither with --quick nor with --row');
  }
  if (options.json === undefined) return;
  try {
    closeSync(openSync(options.json, 'a'));
  } catch (error) {
    throw new UsageError(`--json: ${(error as Error).message}`);
  }
}

/** Undefined where there is no repository, or no git. */
function commitOfSources(): string | undefined {
  const { status, stdout } = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

async function run(): Promise<number> {
  const date = new Date();
  checkOptions();
  const chosen = chosenRows();
  const profiles = options.profile === undefined ? undefined : resolve(options.profile);
  if (profiles !== undefined) mkdirSync(profiles, { recursive: true });
  const missing = await bringTools(new Set(chosen.flatMap(toolsOf)), say);
  const brokers = new Brokers(profiles);
  const bench: Bench = {
    quick,
    profiles,
    broker: (name) => brokers.get(name),
    records: (full) => (quick ? Math.ceil(full / QUICK_PART) : full),
  };
  const results: (RowResult | NotMeasured)[] = [];
  for (const [index, row] of chosen.entries()) {
    const lacking = toolsOf(row)
      .map((tool) => missing.get(tool))
      .find((reason) => reason !== undefined);
    if (lacking !== undefined) {
      results.push({ row: row.name, target: row.target, reason: lacking });
      continue;
    }
    const label = `[${index + 1}/${chosen.length}] ${row.name}`;
    show(`${label}: starting`);
    try {
      await brokers.have(row.brokers);
      const result = await measureRow(row, bench, USUAL_REPETITIONS, (text) => show(`${label}: ${text}`));
      show('');
      say(shortLine(result));
      results.push(result);
    } catch (error) {
      show('');
      say(`${row.name}: FAILED: ${error instanceof Error ? error.stack : error}`);
      results.push({ row: row.name, target: row.target, reason: 'failed' });
      await brokers.have([]); // The next row has them anew.
    }
  }
  await brokers.have([]);
  if (profiles !== undefined) for (const text of profileSummary(profiles)) say(text);
  const report = { date, commit: commitOfSources(), quick, rows: results };
  const table = asMarkdown(report);
  process.stdout.write(`${table}\n`);
  if (options.json !== undefined) writeFileSync(options.json, asJson(report));
  if (options.docs) writeSection(table);
  const unmet = results.filter((row) => isMeasured(row) && row.met === false).length;
  const unmeasured = results.filter((row) => !isMeasured(row) && row.target !== undefined).length;
  const seconds = Math.round((Date.now() - date.getTime()) / 1000);
  const met = results.filter((row) => isMeasured(row) && row.met === true).length;
  say(`targets: ${met} met, ${unmet} not met, ${unmeasured} not measured; ${seconds} s`);
  const failed = results.some((row) => !isMeasured(row) && row.reason === 'failed');
  return failed || (options.check && unmet + unmeasured > 0) ? 1 : 0;
}

function toolsOf({ tools = [], brokers }: Row): readonly Tool[] {
  return brokers.includes('Apache Kafka') ? [...tools, 'java'] : tools;
}

if (options.help) {
  process.stdout.write(`${usage}\n`);
} else if (options.list) {
  process.stdout.write(`${rows.map(({ name }) => name).join('\n')}\n`);
} else {
  endWithThisProcess();
  try {
    process.exitCode = await run();
  } catch (error) {
    if (error instanceof UsageError) {
      say(error.message);
      process.exitCode = 2;
    } else {
      say(error instanceof Error ? (error.stack ?? error.message) : String(error));
      process.exitCode = 1;
    }
  }
  process.exit();
}
