/** The broker's data directory: the one given, or a fresh temporary one that is removed at the end. */
import { access, constants, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { codeOf, explainDirectory, Refusal } from './refusal.ts';

export interface DataDirectory {
  readonly path: string;
  readonly temporary: boolean;
  /** Removes a temporary one; keeps any other. */
  release(): Promise<void>;
}

/** @throws Refusal when it cannot be made or written */
export async function givenDirectory(path: string): Promise<DataDirectory> {
  const absolute = resolve(path);
  try {
    await makeDirectory(absolute);
    if (!(await stat(absolute)).isDirectory()) throw new Refusal(`${absolute} is a file: --data takes a directory`);
    await access(absolute, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw explainDirectory(error, absolute);
  }
  return { path: absolute, temporary: false, release: async () => {} };
}

/** One level after the other: where a directory cannot exist (/proc), Node's recursive mkdir never returns. */
async function makeDirectory(path: string): Promise<void> {
  const missing: string[] = [];
  let above = path;
  while (!(await exists(above))) {
    missing.unshift(above);
    above = dirname(above);
  }
  for (const level of missing) {
    await mkdir(level).catch((error: unknown) => {
      // Somebody else was faster.
      if (codeOf(error) !== 'EEXIST') throw error;
    });
  }
}
async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** @throws Refusal when it cannot be made */
export async function temporaryDirectory(): Promise<DataDirectory> {
  let path: string;
  try {
    path = await mkdtemp(join(tmpdir(), 'onceward-'));
  } catch (error) {
    throw explainDirectory(error, tmpdir());
  }
  return { path, temporary: true, release: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
}
