import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { coverageFile, protocolCoverage } from '../../scripts/protocol-coverage.ts';

test('docs/protocol-coverage.md says what the broker answers (npm run docs writes it)', async () => {
  assert.equal(readFileSync(coverageFile, 'utf8'), await protocolCoverage());
});
