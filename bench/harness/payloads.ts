/**
 * The values of the records: a file with a thousand different lines of JSON-like text, each exactly as long as asked.
 * Every client reads its values from it, so all codecs have the same to do.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cache } from './children.ts';

const LINES = 1000;

/** The file's path; it is made where it is missing. */
export function payloadFile(size: number): string {
  const path = join(cache, `values-${size}.txt`);
  if (existsSync(path)) return path;
  mkdirSync(cache, { recursive: true });
  writeFileSync(path, Array.from({ length: LINES }, (_, index) => `${line(index, size)}\n`).join(''));
  return path;
}

/** The values of such a file. */
export function readPayloads(path: string): Buffer[] {
  return readFileSync(path, 'latin1')
    .trimEnd()
    .split('\n')
    .map((text) => Buffer.from(text, 'latin1'));
}

/** Numbers that look random and are the same in every run (the constants are those of Numerical Recipes). */
function line(index: number, size: number): string {
  let state = index * 7919 + 1;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state;
  };
  let text = '';
  while (text.length < size)
    text += `{"id":${next()},"user":"u${next() % 10000}","price":${next() % 100000},"ok":true}`;
  return text.slice(0, size);
}
