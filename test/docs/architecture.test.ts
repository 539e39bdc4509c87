import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '..', '..');
const read = (name: string) => readFileSync(join(root, name), 'utf8');
const documents = ['README.md', ...globSync('docs/**/*.md', { cwd: root })];

test('docs/architecture.md maps every folder of src/', () => {
  const text = read('docs/architecture.md');
  const folders = new Set(globSync('src/**/*.ts', { cwd: root }).map((file) => dirname(file)));
  const missing = [...folders].filter((folder) => !text.includes(`\`${folder}\``) && !text.includes(`\`${folder}/`));
  assert.deepEqual(missing, []);
});

test('every path of ours that a document names is there', () => {
  const named = documents.flatMap((name) =>
    [...read(name).matchAll(/`((?:src|test|scripts|docs)\/[\w./-]*[\w-])`/g)].map(([, path]) => [name, path!] as const),
  );
  assert.ok(named.length > 40);
  assert.deepEqual(
    named.filter(([, path]) => !existsSync(join(root, path))),
    [],
  );
});

test('every link between the documents leads somewhere', () => {
  const links = documents.flatMap((name) =>
    [...read(name).matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)].map(([, target]) => [name, target!] as const),
  );
  assert.ok(links.length > 5);
  assert.deepEqual(
    links.filter(([name, target]) => !existsSync(join(root, dirname(name), target))),
    [],
  );
});
