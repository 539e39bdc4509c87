import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { layers } from './layers.ts';
import { ambient, cycles, layering, strayFiles, tableFaults } from './rules.ts';
import { readSources, type Source } from './source.ts';

const root = join(import.meta.dirname, '..', '..');
const none = (violations: readonly string[]) => assert.equal(violations.join('\n'), '');

describe('the architecture of src/', () => {
  let sources: Source[];
  before(() => {
    sources = readSources(root);
  });

  test('is read whole: no file on the disk escapes the check', () => {
    const onDisk = globSync('{src,test,scripts,bench}/**/*.ts', { cwd: root }).sort();
    assert.deepEqual(sources.map(({ path }) => path).sort(), onDisk);
    assert.ok(sources.some(({ imports }) => imports.length > 0));
  });

  test('keeps every file in a folder of the table, and every folder of the table has files', () => {
    none(strayFiles(sources));
    const areas = new Set(sources.map(({ path }) => path.split('/')[1]));
    none(Object.keys(layers).filter((area) => !areas.has(area)));
  });

  test('imports only what the table allows, other areas through their index.ts', () => none(layering(sources)));
  test('has no import cycle', () => none(cycles(sources)));
  test('touches clock, timers, randomness, files and sockets in the adapters alone', () => none(ambient(sources)));
  test('has a table without cycles', () => none(tableFaults()));
});
