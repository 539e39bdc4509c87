/** The broker's data directory: the one given, or a fresh temporary one that is removed at the end. */
import { access, constants, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { explainDirectory, Refusal } from './refusal.ts';

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
    await mkdir(absolute, { recursive: true });
    if (!(await stat(absolute)).isDirectory()) throw new Refusal(`${absolute} is a file: --data takes a directory`);
    await access(absolute, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw explainDirectory(error, absolute);
  }
  return { path: absolute, temporary: false, release: async () => {} };
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
