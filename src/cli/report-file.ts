/** The report that a program can read. */
import { access, open, rm, writeFile } from 'node:fs/promises';
import type { GuaranteeResult } from '../lab/index.ts';
import { codeOf, Refusal } from './refusal.ts';

export interface Report {
  readonly input: { readonly source: string; readonly topic: string; readonly records: number };
  readonly guarantees: readonly GuaranteeResult[];
  /** Whether every promise held, in both output topics of every guarantee. */
  readonly held: boolean;
}

/** Tries before the run whether the report can be written after it. @throws Refusal */
export async function checkReportPath(path: string): Promise<void> {
  const existed = await access(path).then(
    () => true,
    () => false,
  );
  try {
    const file = await open(path, 'a');
    await file.close();
  } catch (error) {
    const cure = 'give --report another path';
    switch (codeOf(error)) {
      case 'ENOENT':
      case 'ENOTDIR':
        throw new Refusal(`the report ${path} cannot be written, its directory does not exist: make it, or ${cure}`);
      case 'EISDIR':
        throw new Refusal(`the report ${path} cannot be written, that is a directory: ${cure}`);
      case 'EACCES':
      case 'EPERM':
      case 'EROFS':
        throw new Refusal(`the report ${path} may not be written by this user: ${cure}`);
      default:
        throw new Refusal(`the report ${path} cannot be written (${(error as Error).message}): ${cure}`);
    }
  }
  if (!existed) await rm(path, { force: true });
}

/** @throws Refusal */
export async function writeReport(path: string, report: Report): Promise<void> {
  try {
    await writeFile(path, `${JSON.stringify(report, null, 2)}\n`);
  } catch (error) {
    throw new Refusal(`the report ${path} could not be written: ${(error as Error).message}`);
  }
}
