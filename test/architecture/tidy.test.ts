/** House rules that a reader of any file may rely on. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..', '..');

/** What no file of ours holds, and why. The words are put together here so that this file does not hold them either. */
const banned: readonly (readonly [RegExp, string])[] = [
  [
    new RegExp(`\\b(?:${['TO', 'FIX'].map((start, i) => start + ['DO', 'ME'][i]).join('|')})\\b`),
    'a promise is kept or not made',
  ],
  [new RegExp(`@ts-(?:${'ig'}nore|${'no'}check|${'expect'}-error)`), 'types are not silenced'],
  [new RegExp(`biome-${'ig'}nore`), 'the linter is not silenced'],
  [new RegExp(`\\b(?:test|it|describe|suite|t)\\.(?:${'sk'}ip|${'to'}do|${'on'}ly)\\(`), 'a test runs or is not there'],
  [new RegExp(`\\b(?:${'sk'}ip|${'to'}do|${'on'}ly): true`), 'a test runs or is not there'],
];

/** Two common words in prose, and something else in code. */
const bannedInCode: typeof banned = [[new RegExp(`\\bas ${'any'}\\b`), 'types are not silenced']];

function violations(path: string, text: string): string[] {
  const lines = text.split('\n');
  const rules = path.endsWith('.md') ? banned : [...banned, ...bannedInCode];
  return lines.flatMap((line, index) =>
    rules.filter(([pattern]) => pattern.test(line)).map(([, why]) => `${path}:${index + 1}: ${line.trim()}: ${why}`),
  );
}

test('no file silences a check, leaves out a test or promises to be finished', () => {
  const files = globSync('{src,test,scripts,bench,docs}/**/*.{ts,mjs,md}', { cwd: root });
  assert.ok(files.length > 20);
  const found = files.flatMap((path) => violations(path, readFileSync(join(root, path), 'utf8')));
  assert.equal(found.join('\n'), '');
});

test('the rule sees what it forbids', () => {
  const bad = [
    `// ${'TO'}DO`,
    `// @ts-${'ig'}nore`,
    `x as ${'any'}`,
    `test.${'sk'}ip(() => {})`,
    `{ ${'on'}ly: true }`,
  ];
  for (const line of bad) assert.equal(violations('x.ts', line).length, 1, line);
  assert.deepEqual(violations('x.ts', 'const company = mastodon as unknown; test(); position: true'), []);
});
