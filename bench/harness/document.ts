/** The generated section of docs/performance.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './children.ts';

const FROM = '<!-- npm run bench writes from here -->';
const TO = '<!-- to here -->';
export const performanceDocument = join(root, 'docs', 'performance.md');

/** @throws Error where the markers are missing */
export function withSection(document: string, section: string): string {
  const from = document.indexOf(FROM);
  const to = document.indexOf(TO, from);
  if (from < 0 || to < 0) throw new Error(`the markers are missing: ${FROM} and ${TO}`);
  return `${document.slice(0, from + FROM.length)}\n${section}\n${document.slice(to)}`;
}

export function writeSection(section: string): void {
  writeFileSync(performanceDocument, withSection(readFileSync(performanceDocument, 'utf8'), section));
}
