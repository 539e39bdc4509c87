/** Proves that the check fails: a project full of violations is planted, and each must be found, and nothing else. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ambient, cycles, layering, strayFiles, tableFaults } from './rules.ts';
import { readSources, type Source } from './source.ts';

const repository = join(import.meta.dirname, '..', '..');

const planted: Readonly<Record<string, string>> = {
  'src/core/index.ts': `export * from './clean.ts';`,
  'src/core/clean.ts': `
    // setTimeout(() => Math.random(), Date.now()) in a comment is not a use, nor is "fetch" in a string below.
    /* import '../client/index.ts' */
    export const text = 'new Date() setTimeout fetch import("node:fs")' + \`performance.now() \${1 + 1} process.exit\`;
    export const pattern = /Date.now() setTimeout/;
    export const floor = Math.floor(1.5);
    export const when = (ms: number): string => new Date(ms).toISOString();
    export const isDate = (value: unknown): boolean => value instanceof Date;
    export interface Wall { performance: number; process(): void; setTimeout?: typeof setTimeout; date: Date }
    export const member = (wall: Wall): number => { wall.process(); return wall.performance; };
    export function shadow(process: { pid: number }, setTimeout: () => number): number { return process.pid + setTimeout(); }
    export const { crypto: renamed } = { crypto: 1 };
    export const any = (signals: AbortSignal[]): AbortSignal => AbortSignal.any(signals);`,
  'src/core/inner.ts': `export const inner = 1;`,
  'src/core/upwards.ts': `import { client } from '../client/index.ts'; export const x = client;`,
  'src/client/index.ts': `import { text } from '../core/index.ts'; export const client = text;`,
  'src/client/sideways.ts': `export { broker } from '../broker/index.ts';`,
  'src/client/deep.ts': `import { inner } from '../core/inner.ts'; export const x = inner;`,
  'src/client/type-only.ts': `import type { Broker } from '../broker/index.ts'; export type X = Broker;`,
  'src/client/type-call.ts': `export type X = import('../broker/index.ts').Broker;`,
  'src/client/dynamic.ts': `export const x = (): Promise<unknown> => import('../broker/index.ts');`,
  'src/client/computed.ts': `export const x = (name: string): Promise<unknown> => import(name);`,
  'src/client/outside.ts': `import { aid } from '../../test/aid.ts'; export const x = aid;`,
  'src/client/uses-test.ts': `import { t } from './own.test.ts'; export const x = t;`,
  'src/client/own.test.ts': `import { inner } from '../core/inner.ts'; import 'node:fs'; export const t = inner + Date.now();`,
  'src/client/files.ts': `import { readFileSync } from 'node:fs'; export const x = readFileSync;`,
  'src/client/bare-files.ts': `import { readFileSync } from 'fs'; export const x = readFileSync;`,
  'src/client/package.ts': `import snappy from 'snappy'; export const x = snappy;`,
  'src/records/index.ts': `import { gzipSync } from 'node:zlib'; import snappy from 'snappy'; export const x = [gzipSync, snappy];`,
  'src/broker/index.ts': `export const broker = 1; export type Broker = number;`,
  'src/broker/a.ts': `import { b } from './b.ts'; export const a = (): number => b();`,
  'src/broker/b.ts': `import { c } from './c.ts'; export const b = (): number => c();`,
  'src/broker/c.ts': `import type { a } from './a.ts'; export const c = (): number => 1; export type A = typeof a;`,
  'src/broker/clock.ts': `
    export const a = Date.now();
    export const b = new Date();
    export const c = performance.now();
    export const d = Date;
    export const { now } = Date;`,
  'src/broker/timers.ts': `
    setTimeout(() => {}, 1);
    queueMicrotask(() => {});
    export const t = { setImmediate };
    process.nextTick(() => {});
    export const s = AbortSignal.timeout(1);`,
  'src/broker/random.ts': `
    export const a = Math.random();
    export const b = Math['random']();
    export const c = crypto.randomUUID();
    export const d = globalThis;`,
  'src/broker/sockets.ts': `export const a = fetch('http://127.0.0.1'); console.log(a);`,
  'src/node/index.ts': `import 'node:net'; export const a = Date.now() + Math.random() + process.pid; setTimeout(() => {}, a);`,
  'src/cli/index.ts': `import { a } from '../node/index.ts'; console.log(a, new Date());`,
  'src/attic/index.ts': `export const a = 1;`,
  'src/loose.ts': `export const a = 1;`,
  'test/aid.ts': `import { inner } from '../src/core/inner.ts'; export const aid = inner + Date.now();`,
};

const expected = {
  strayFiles: [
    'src/attic/index.ts: in no folder of the table of layers',
    'src/loose.ts: in no folder of the table of layers',
  ],
  layering: [
    'src/client/bare-files.ts:1: imports fs: the table lets client import no such package',
    'src/client/computed.ts:1: imports (computed): a module is named by a literal',
    'src/client/deep.ts:1: imports ../core/inner.ts: core is imported through its index.ts only',
    'src/client/dynamic.ts:1: imports ../broker/index.ts: client may not import broker',
    "src/client/files.ts:1: imports node:fs: client does not use Node's own modules; take a port",
    'src/client/outside.ts:1: imports ../../test/aid.ts: src/ imports nothing from outside itself',
    'src/client/own.test.ts:1: imports ../core/inner.ts: core is imported through its index.ts only',
    'src/client/package.ts:1: imports snappy: the table lets client import no such package',
    'src/client/sideways.ts:1: imports ../broker/index.ts: client may not import broker',
    'src/client/type-call.ts:1: imports ../broker/index.ts: client may not import broker',
    'src/client/type-only.ts:1: imports ../broker/index.ts: client may not import broker',
    'src/client/uses-test.ts:1: imports ./own.test.ts: nothing imports a test',
    'src/core/upwards.ts:1: imports ../client/index.ts: core may not import client',
    'test/aid.ts:1: imports ../src/core/inner.ts: core is imported through its index.ts only',
  ],
  cycles: ['import cycle: src/broker/a.ts, src/broker/b.ts, src/broker/c.ts'],
  ambient: [
    'src/broker/clock.ts:2: uses Date.now; instead: Clock.now',
    'src/broker/clock.ts:3: uses new Date(); instead: Clock.now',
    'src/broker/clock.ts:4: uses performance; instead: Clock.monotonic',
    "src/broker/clock.ts:5: uses Date, not by a member's name; instead: Clock.now",
    "src/broker/clock.ts:6: uses Date, not by a member's name; instead: Clock.now",
    'src/broker/random.ts:2: uses Math.random; instead: Random',
    "src/broker/random.ts:3: uses Math, not by a member's name; instead: Random",
    'src/broker/random.ts:4: uses crypto; instead: Random',
    'src/broker/random.ts:5: uses globalThis; instead: the name itself',
    'src/broker/sockets.ts:1: uses console; instead: Logger',
    'src/broker/sockets.ts:1: uses fetch; instead: Network',
    'src/broker/timers.ts:2: uses setTimeout; instead: Timers.after',
    'src/broker/timers.ts:3: uses queueMicrotask; instead: Timers.defer',
    'src/broker/timers.ts:4: uses setImmediate; instead: Timers.defer',
    'src/broker/timers.ts:5: uses process; instead: a parameter',
    'src/broker/timers.ts:6: uses AbortSignal.timeout; instead: Timers.after and an AbortController',
  ],
};

describe('the architecture check, on a project full of violations', () => {
  const root = mkdtempSync(join(tmpdir(), 'onceward-planted-'));
  let sources: Source[];
  before(() => {
    const typeRoots = [join(repository, 'node_modules', '@types')];
    const compilerOptions = {
      module: 'nodenext',
      target: 'esnext',
      lib: ['esnext'],
      types: ['node'],
      typeRoots,
      noEmit: true,
    };
    const files = { ...planted, 'tsconfig.json': JSON.stringify({ compilerOptions, include: ['src', 'test'] }) };
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    sources = readSources(root);
  });
  after(() => rmSync(root, { recursive: true }));

  test('finds files outside the table', () => assert.deepEqual(strayFiles(sources).sort(), expected.strayFiles));
  test('finds every forbidden import and no other', () =>
    assert.deepEqual(layering(sources).sort(), expected.layering));
  test('finds cycles, also through types', () => assert.deepEqual(cycles(sources), expected.cycles));
  test('finds every ambient use and no other', () => assert.deepEqual(ambient(sources).sort(), expected.ambient));

  test('finds a cycle in the table itself', () => {
    const holds = '';
    const table = { a: { holds, mayImport: ['b'] }, b: { holds, mayImport: ['a'] }, c: { holds, mayImport: [] } };
    assert.deepEqual(tableFaults(table), [
      'a: imports itself through the table',
      'b: imports itself through the table',
    ]);
  });
});
