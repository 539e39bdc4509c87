/** The programs of docs/client.md, run as they stand, one after the other, on one broker. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Broker } from '../../src/broker/index.ts';
import { Producer } from '../../src/client/index.ts';

const root = join(import.meta.dirname, '..', '..');
const text = readFileSync(join(root, 'docs', 'client.md'), 'utf8');
/** With the heading above each. */
const programs = [...text.matchAll(/```ts run\n([\s\S]*?)```/g)].map(({ 1: program, index }) => ({
  program: program!,
  heading: text
    .slice(0, index)
    .match(/^#+ .*$/gm)!
    .at(-1)!
    .replace(/^#+ /, ''),
}));

function run(file: string, bootstrapServers: string): Promise<{ code: number | null; stderr: string }> {
  const preamble = `globalThis.bootstrapServers = ${JSON.stringify(bootstrapServers)};`;
  const args = ['--import', `data:text/javascript,${encodeURIComponent(preamble)}`, file];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 30_000 });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk);
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stderr })));
}

describe('the programs of docs/client.md', () => {
  let broker: Broker;
  let directory: string;
  before(async () => {
    broker = await Broker.start();
    directory = mkdtempSync(join(tmpdir(), 'onceward-examples-'));
    writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
    await using producer = new Producer({ bootstrapServers: broker.bootstrap });
    await producer.sendAndWait({ topic: 'words', key: 'k', value: 'a word' });
    await producer.sendAndWait({ topic: 'orders', key: 'o', value: '{"id":"o","total":3}' });
  });
  after(async () => {
    await broker.close();
    rmSync(directory, { recursive: true, force: true });
  });

  test('there are programs for each guarantee', () => {
    assert.ok(programs.length >= 8);
    for (const word of ['exactly-once', 'at-least-once', 'acks: 0']) {
      assert.ok(
        programs.some(({ program }) => program.includes(word)),
        word,
      );
    }
  });
  for (const [at, { program, heading }] of programs.entries()) {
    test(`${heading}, program ${at + 1}`, async () => {
      const file = join(directory, `program-${at}.ts`);
      writeFileSync(file, program.replace(/from 'onceward'/g, `from '${join(root, 'src', 'client', 'index.ts')}'`));
      const { code, stderr } = await run(file, broker.bootstrap);
      assert.equal(code, 0, stderr);
    });
  }
});
