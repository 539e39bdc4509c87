import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { configuration, configurationFile } from '../../scripts/configuration.ts';

test('docs/configuration.md says what can be set (npm run docs writes it)', () => {
  assert.equal(readFileSync(configurationFile, 'utf8'), configuration());
});
