/** docs/scenarios.md names the test of each of the client's rules; here it is seen to be there. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..', '..');
const read = (name: string) => readFileSync(join(root, name), 'utf8');

test('every rule of the client names a test that is in its file', () => {
  const table = read('docs/scenarios.md').split('# The client’s rules')[1] ?? read('docs/scenarios.md');
  const rows = [...table.matchAll(/^\| ([^|]+) \| ([^|]+) \| `([^|`]+)` \|$/gm)].filter(
    ([, rule]) => !/^\d+$/.test(rule!),
  );
  assert.ok(rows.length > 40, `${rows.length} rules`);
  const lost = rows.filter(([, , name, file]) => {
    const named = [...read(file!).matchAll(/(?:\btest|\bscenario)\(\s*(?:'((?:[^'\\]|\\.)*)'|`([^`]*)`)/g)];
    return !named.some(([, plain, template]) => (plain ?? template)!.includes(name!));
  });
  assert.deepEqual(
    lost.map(([, rule, name, file]) => `${rule}: ${name} (${file})`),
    [],
  );
});
