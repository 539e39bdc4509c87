/** The bare limit's broker, with a file on the same disk. */
import { join } from 'node:path';
import { makeDirectory, removeDirectory, root, startListened, stop } from '../harness/children.ts';
import { listening } from './our-broker.ts';

export interface Bare extends AsyncDisposable {
  readonly bootstrap: string;
  readonly pid: number;
}

export async function startBare(): Promise<Bare> {
  const directory = makeDirectory('bare');
  const program = join(root, 'bench', 'programs', 'bare-broker.ts');
  const process = await startListened(globalThis.process.execPath, [program, directory]);
  return {
    bootstrap: await listening(process),
    pid: process.pid,
    async [Symbol.asyncDispose]() {
      await stop(process);
      removeDirectory(directory);
    },
  };
}
