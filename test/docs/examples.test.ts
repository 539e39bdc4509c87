/** The programs of docs/client.md and docs/guarantees.md, run as they stand, one after the other, on one broker. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Broker } from '../../src/broker/index.ts';
import { Producer } from '../../src/client/index.ts';

const root = join(import.meta.dirname, '..', '..');
interface Program {
  readonly document: string;
  /** The last above it. */
  readonly heading: string;
  readonly program: string;
}
const programs: readonly Program[] = ['client.md', 'guarantees.md'].flatMap((document) => {
  const text = readFileSync(join(root, 'docs', document), 'utf8');
  return [...text.matchAll(/```ts run\n([\s\S]*?)```/g)].map(({ 1: program, index }) => {
    const heading = text
      .slice(0, index)
      .match(/^#+ .*$/gm)!
      .at(-1)!;
    return { document, program: program!, heading: heading.replace(/^#+ /, '') };
  });
});

/** In docs/client.md, each with a program. */
const commitPatterns = [
  'Automatic',
  'Before the work',
  'In step with the loop',
  'After each batch',
  'After each record',
  'Each partition by itself',
  'Without waiting, and once more at the end',
  'Inside the transaction',
  'Outside Kafka',
];
const guaranteeHeadings = ['At most once', 'At least once', 'Exactly once'];

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

describe('the programs of the documents', () => {
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

  test('there is a program for each guarantee and each pattern of commit', () => {
    const under = (document: string, heading: string): boolean =>
      programs.some((program) => program.document === document && program.heading === heading);
    for (const heading of commitPatterns) assert.ok(under('client.md', heading), heading);
    for (const heading of guaranteeHeadings) assert.ok(under('guarantees.md', heading), heading);
  });
  for (const [at, { document, program, heading }] of programs.entries()) {
    test(`${document}, ${heading}, program ${at + 1}`, async () => {
      const file = join(directory, `program-${at}.ts`);
      writeFileSync(file, program.replace(/from 'onceward'/g, `from '${join(root, 'src', 'client', 'index.ts')}'`));
      const { code, stderr } = await run(file, broker.bootstrap);
      assert.equal(code, 0, stderr);
    });
  }
});
