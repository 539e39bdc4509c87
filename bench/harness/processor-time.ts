/** Processor time and memory of another process, as Linux tells them. */
import { readdirSync, readFileSync } from 'node:fs';

/** Seconds that the threads it has now have run since they began; NaN where the system does not tell. */
export function processorSeconds(pid: number): number {
  let nanoseconds = 0;
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) nanoseconds += threadNanoseconds(pid, thread);
  } catch {
    return Number.NaN;
  }
  return nanoseconds / 1e9;
}

function threadNanoseconds(pid: number, thread: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[0]);
  } catch {
    return 0; // It has ended since its name was read.
  }
}

/** Resident memory in MiB. @throws Error where the system has no /proc */
export function residentMiB(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))![1]) / 1024;
}
