import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Project, packedProject, userProgram } from './packed.ts';

const compiler = join(import.meta.dirname, '..', '..', 'node_modules', '.bin', 'tsc');

describe('the packed package', () => {
  let project: Project;
  before(() => {
    project = packedProject();
  });
  after(() => project?.remove());

  test('holds what a user needs and nothing else', () => {
    const { files } = project;
    for (const name of ['package.json', 'README.md', 'LICENSE', 'dist/client/index.js', 'dist/client/index.d.ts']) {
      assert.ok(files.includes(name), name);
    }
    assert.deepEqual(
      files.filter((name) => name.includes('.test.') || (name.endsWith('.ts') && !name.endsWith('.d.ts'))),
      [],
    );
  });

  test('runs a broker, a producer and a consumer from its entries', () => {
    project.write('program.ts', userProgram);
    const { status, stdout, stderr } = project.run(['program.ts']);
    assert.equal(status, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), { values: ['hello', 'world'], apis: true, lab: true });
  });

  test("runs the README's first example as it stands", () => {
    const readme = readFileSync(join(project.directory, 'node_modules', 'onceward', 'README.md'), 'utf8');
    const [, example] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];
    assert.ok(example?.includes('Broker.start()'));
    project.write('example.test.ts', example!);
    const { status, stdout } = project.run(['--test', '--test-reporter=tap', 'example.test.ts']);
    assert.equal(status, 0, stdout);
    assert.match(stdout, /^# pass 1$/m);
  });

  test('has types that a strict project accepts', () => {
    project.write(
      'program.ts',
      `${userProgram.replace('const values = []', 'const values: string[] = []').replace('decode(value)', 'decode(value ?? undefined)')}`,
    );
    const compilerOptions = { module: 'nodenext', target: 'esnext', strict: true, noEmit: true, types: ['node'] };
    project.write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['program.ts'] }));
    const { status, stdout } = project.run(['-p', 'tsconfig.json'], compiler);
    assert.equal(status, 0, stdout);
  });

  test('has a command line that runs', () => {
    const { status, stdout, stderr } = project.run([join('node_modules', '.bin', 'onceward'), '--help']);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /onceward/);
    assert.match(stdout, /start/);
  });
});
