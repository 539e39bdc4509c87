/** Two transcripts of the same commands, held against each other; what may differ is listed in differences.ts. */
import assert from 'node:assert/strict';
import type { Printed } from './bench.ts';
import { type Difference, differences } from './differences.ts';

const seen = new Set<Difference>();

const show = ({ code, out, err }: Printed) => [`exit code ${code}`, out, err].filter(Boolean).join('\n');

/** Both without the words that a listed difference stands for. */
function withoutDifferences(theirs: Printed, ours: Printed): readonly [string, string] {
  let [left, right] = [show(theirs), show(ours)];
  for (const difference of differences) {
    if (!difference.commands.test(theirs.command)) continue;
    const before = [left, right];
    if (difference.apacheKafkaWords !== undefined) left = left.replaceAll(difference.apacheKafkaWords, '');
    if (difference.ourWords !== undefined) right = right.replaceAll(difference.ourWords, '');
    if (before[0] !== left || before[1] !== right) seen.add(difference);
  }
  const lines = (text: string) =>
    text
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean)
      .join('\n');
  return [lines(left), lines(right)];
}

/** The lines that only one of them has; at most twenty of each. */
function unlikeLines(theirs: string, ours: string): string {
  const [left, right] = [theirs.split('\n'), ours.split('\n')];
  const gone = left.filter((line) => !right.includes(line)).map((line) => `- Apache Kafka: ${line}`);
  const come = right.filter((line) => !left.includes(line)).map((line) => `+ our broker: ${line}`);
  if (gone.length + come.length === 0) return `the same lines, in another order or number:\n${ours}`;
  return [...gone.slice(0, 20), ...come.slice(0, 20)].join('\n');
}

/** @throws AssertionError with every command that printed something else */
export function assertAlike(theirs: readonly Printed[], ours: readonly Printed[]): void {
  const unlike: string[] = [];
  for (const [index, printed] of theirs.entries()) {
    const mine = ours[index];
    if (mine === undefined) break;
    assert.equal(mine.command, printed.command, 'the same commands ran on both');
    const [left, right] = withoutDifferences(printed, mine);
    if (left !== right) unlike.push(`$ ${printed.command}\n${unlikeLines(left, right)}`);
  }
  assert.ok(unlike.length === 0, `printed otherwise than on Apache Kafka:\n\n${unlike.join('\n\n')}`);
  assert.equal(ours.length, theirs.length, 'as many commands ran on both');
}

/** A difference that no command showed is none any more. */
export function assertAllSeen(): void {
  const gone = differences.filter((difference) => !seen.has(difference)).map(({ tool, ours }) => `${tool}: ${ours}`);
  assert.deepEqual(gone, [], 'these differences are listed and were not seen');
}
