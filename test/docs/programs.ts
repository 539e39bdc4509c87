/** The programs of docs/client.md and docs/guarantees.md: found in the text, and run as they stand. */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
export interface Program {
  readonly document: string;
  /** The last above it. */
  readonly heading: string;
  readonly program: string;
  /** The kind of listener that it needs, where it is not a plain one. */
  readonly listener: string | undefined;
}

export const programs: readonly Program[] = ['client.md', 'guarantees.md'].flatMap((document) => {
  const text = readFileSync(join(root, 'docs', document), 'utf8');
  return [...text.matchAll(/```ts run(?: on (\w+))?\n([\s\S]*?)```/g)].map(({ 1: listener, 2: program, index }) => {
    const heading = text
      .slice(0, index)
      .match(/^#+ .*$/gm)!
      .at(-1)!;
    return { document, listener, program: program!, heading: heading.replace(/^#+ /, '') };
  });
});

/** In a process of its own. `preamble`: what the program finds there, such as `bootstrapServers`; a program itself. */
export function runProgram(
  program: string,
  file: string,
  preamble: string,
): Promise<{ code: number | null; stderr: string }> {
  writeFileSync(file, program.replace(/from 'onceward'/g, `from '${join(root, 'src', 'client', 'index.ts')}'`));
  const args = ['--import', `data:text/javascript,${encodeURIComponent(preamble)}`, file];
  const child = spawn(process.execPath, args, {
    cwd: dirname(file),
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 30_000,
  });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk);
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stderr })));
}
