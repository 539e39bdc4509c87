/** docs/scenarios.md says where each story is told; here it is seen to be true. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..', '..', '..');
const STORIES = 27;

/** The numbers of the stories that a file tells. */
function told(name: string): Set<number> {
  const text = readFileSync(join(import.meta.dirname, `${name}.test.ts`), 'utf8');
  return new Set([...text.matchAll(/\bstory\(\s*(\d+),/g)].map(([, number]) => Number(number)));
}

test('every story is told where the table says', () => {
  const table = readFileSync(join(root, 'docs', 'scenarios.md'), 'utf8');
  const rows = [...table.matchAll(/^\| (\d+) \| [^|]+ \| ([^|]+) \|$/gm)].map(([, number, where]) => ({
    number: Number(number),
    where: where!,
  }));
  assert.deepEqual(
    rows.map(({ number }) => number),
    Array.from({ length: STORIES }, (_, at) => at + 1),
  );
  for (const { number, where } of rows) {
    const elsewhere = /^`(.+)`$/.exec(where.trim());
    if (elsewhere !== null) {
      assert.ok(existsSync(join(root, elsewhere[1]!)), `${number}: ${where}`);
      continue;
    }
    if (where.startsWith('several brokers:')) continue;
    for (const name of where.split(':')[0]!.split(',')) {
      assert.ok(told(name.trim()).has(number), `${number} is not told in ${name.trim()}`);
    }
  }
});
