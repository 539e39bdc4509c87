/** The programs of docs/client.md and docs/guarantees.md, run as they stand, one after the other, on one broker. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Broker } from '../../src/broker/index.ts';
import { Producer } from '../../src/client/index.ts';
import { programs, runProgram } from './programs.ts';

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
  for (const [at, { document, program, heading, listener }] of programs.entries()) {
    // Those on secured listeners are run beside Apache Kafka.
    if (listener !== undefined) continue;
    test(`${document}, ${heading}, program ${at + 1}`, async () => {
      const preamble = `globalThis.bootstrapServers = ${JSON.stringify(broker.bootstrap)};`;
      const { code, stderr } = await runProgram(program, join(directory, `program-${at}.ts`), preamble);
      assert.equal(code, 0, stderr);
    });
  }
});
