/** The package on the oldest Node that it supports. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Project, packedProject, userProgram } from '../package/packed.ts';
import { oldestNode, oldestNodeVersion } from './versions.ts';

describe(`the packed package on Node ${oldestNodeVersion}`, () => {
  let project: Project;
  before(() => {
    project = packedProject();
  });
  after(() => project?.remove());

  test('is the version that the package promises', () => {
    const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8'));
    assert.equal(`${manifest.engines.node.replace('>=', '')}.0`, oldestNodeVersion);
    assert.equal(project.run(['--version'], oldestNode).stdout.trim(), `v${oldestNodeVersion}`);
  });

  test('runs a broker, a producer and a consumer', () => {
    // This Node does not know "await using" yet; a user on it closes by hand.
    const program = userProgram.replace('await using broker', 'const broker');
    project.write('program.mjs', `${program}\nawait broker.close();\n`);
    const { status, stdout, stderr } = project.run(['program.mjs'], oldestNode);
    assert.equal(status, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), { values: ['hello', 'world'], apis: true, lab: true });
  });

  test('has a command line that runs', () => {
    const { status, stdout, stderr } = project.run([join('node_modules', '.bin', 'onceward'), '--help'], oldestNode);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /start/);
  });
});
