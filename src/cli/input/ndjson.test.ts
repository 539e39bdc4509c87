import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import * as fc from 'fast-check';
import { Refusal } from '../refusal.ts';
import { DEPTH_MAX, LINE_BYTES_MAX, LineSplitter, NdjsonInput } from './ndjson.ts';

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'onceward-test-'));
});
after(() => rm(directory, { recursive: true, force: true }));

async function read(content: string | Uint8Array): Promise<string[]> {
  const path = join(directory, 'input.ndjson');
  await writeFile(path, content);
  const texts: string[] = [];
  for await (const chunk of (await NdjsonInput.open(path)).chunks()) texts.push(...chunk);
  return texts;
}
const refuses = (content: string | Uint8Array, message: RegExp) =>
  assert.rejects(read(content), (error: unknown) => {
    assert.ok(error instanceof Refusal);
    assert.match(error.message, message);
    assert.match(error.message, /input\.ndjson/);
    return true;
  });

describe('what is read', () => {
  test('one value a line, with or without the last line feed', async () => {
    assert.deepEqual(await read('{"a":1}\n[2]\n"three"\nnull\n'), ['{"a":1}', '[2]', '"three"', 'null']);
    assert.deepEqual(await read('1\n2'), ['1', '2']);
    assert.deepEqual(await read('7'), ['7']);
  });

  test('CRLF, blank lines, blanks around values and a byte order mark', async () => {
    assert.deepEqual(await read('\uFEFF{"a":1}\r\n\r\n  2 \t\r\n\n3\r\n'), ['{"a":1}', '2', '3']);
  });

  test('letters of several bytes, wherever the chunks are cut', () => {
    const letters = fc.string({ unit: fc.constantFrom('é', '漢', '𝄞', 'a', '\\n'), maxLength: 20 });
    fc.assert(
      fc.property(fc.array(letters), fc.array(fc.nat(40)), (values, cuts) => {
        const lines = values.map((value) => JSON.stringify(value));
        const bytes = Buffer.from(lines.join('\n'));
        const splitter = new LineSplitter('input');
        const found: string[] = [];
        let at = 0;
        for (const cut of cuts) {
          found.push(...splitter.push(bytes.subarray(at, at + cut)));
          at = Math.min(bytes.length, at + cut);
        }
        found.push(...splitter.push(bytes.subarray(at)), ...splitter.end());
        assert.deepEqual(found, lines);
      }),
      { numRuns: 200 },
    );
  });

  test('a line of the greatest length', async () => {
    const line = JSON.stringify('x'.repeat(LINE_BYTES_MAX - 2));
    assert.deepEqual(await read(`${line}\r\n1`), [line, '1']);
  });
});

describe('what is refused, with the file, the line and the cause', () => {
  test('a line that is no JSON value', async () => {
    await refuses('{"a":1}\n{"a":\n', /line 2: it is not one JSON value: /);
    await refuses('1\n\n2 3\n', /line 3: it is not one JSON value/);
    await refuses('1\nNaN', /line 2/);
    await refuses('\uFEFF\uFEFF1', /line 1/);
  });

  test('bytes that are not UTF-8', () =>
    refuses(Buffer.from([0x31, 0x0a, 0x22, 0xff, 0x22]), /line 2: it is not UTF-8/));

  test('a line that is too long, before all of it is in memory', async () => {
    await refuses(`1\n"${'x'.repeat(LINE_BYTES_MAX)}"\n`, /line 2: it is longer than 204800 bytes/);
    const splitter = new LineSplitter('f');
    assert.throws(() => {
      for (let count = 0; count < 4; count++) splitter.push(Buffer.alloc(LINE_BYTES_MAX / 2, 32));
    }, /f, line 1: it is longer/);
  });

  test('a value that is nested too deeply', async () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    assert.deepEqual(await read(nested(DEPTH_MAX)), [nested(DEPTH_MAX)]);
    await refuses(`1\n${nested(DEPTH_MAX + 1)}`, /line 2: .* nested more than 200 levels/);
    await refuses(nested(100_000), /line 1/);
  });

  test('an empty file, and one with blank lines only', async () => {
    await refuses('', /is empty/);
    await refuses('\n \r\n', /is empty/);
    await refuses('\uFEFF', /is empty/);
  });

  test('a missing file and a directory', async () => {
    await assert.rejects(NdjsonInput.open(join(directory, 'missing')), /missing does not exist/);
    await assert.rejects(NdjsonInput.open(join(directory, 'input.ndjson', 'below')), /does not exist/);
    await assert.rejects(NdjsonInput.open(directory), /is a directory/);
  });
});
