/**
 * Which process is it, and does it still live? A process id alone does not tell: ids are used again. With the time at
 * which the process started it names one process for good.
 */
import * as fs from 'node:fs';
import { performance } from 'node:perf_hooks';

export interface ProcessIdentity {
  readonly pid: number;
  /** Changes when the pid is used again; letters and digits. */
  readonly start: string;
}

export function ownIdentity(): ProcessIdentity {
  return { pid: process.pid, start: linuxStart(process.pid)?.start ?? `t${Math.round(performance.timeOrigin)}` };
}

/** Where the system does not say when a process started, a living process with the same pid counts as the same. */
export function isAlive(identity: ProcessIdentity): boolean {
  const own = ownIdentity();
  if (identity.pid === own.pid) return identity.start === own.start;
  const found = linuxStart(identity.pid);
  if (found !== undefined) return found.start === identity.start && !found.dead;
  try {
    process.kill(identity.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * From /proc/<pid>/stat (proc(5)): field 3 is the state, field 22 the start in clock ticks since boot. The name in
 * field 2 may hold anything, so the fields are counted from its closing bracket. With the boot's id, since ticks
 * begin again at each boot.
 */
function linuxStart(pid: number): { start: string; dead: boolean } | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').slice(0, 8);
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const state = fields[0];
    const ticks = fields[19];
    if (state === undefined || ticks === undefined) return undefined;
    return { start: `${ticks}b${boot}`, dead: state === 'Z' || state === 'X' };
  } catch {
    return undefined;
  }
}
