/** Where the time of a process went, from the profile that Node writes: the functions with the most time of their own. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const TOP = 15;

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Writes a summary beside each profile of the directory; returns them. */
export function profileSummary(directory: string): string[] {
  const files = readdirSync(directory).filter((name) => name.endsWith('.cpuprofile'));
  return files.map((name) => {
    const text = summary(JSON.parse(readFileSync(join(directory, name), 'utf8')));
    writeFileSync(join(directory, name.replace(/cpuprofile$/, 'txt')), text);
    return `${name}\n${text}`;
  });
}

function summary({ nodes, samples, timeDeltas }: Profile): string {
  const own = new Map<number, number>();
  for (const [index, id] of samples.entries()) own.set(id, (own.get(id) ?? 0) + timeDeltas[index]!);
  const byName = new Map<string, number>();
  for (const { id, callFrame } of nodes) {
    const place = callFrame.url.split('/').slice(-2).join('/');
    const name = `${callFrame.functionName || '(anonymous)'} ${place}:${callFrame.lineNumber + 1}`;
    if (callFrame.functionName !== '(idle)') byName.set(name, (byName.get(name) ?? 0) + (own.get(id) ?? 0));
  }
  const total = [...byName.values()].reduce((sum, time) => sum + time, 0);
  const sorted = [...byName].sort(([, a], [, b]) => b - a).slice(0, TOP);
  const lines = sorted.map(([name, time]) => `${((100 * time) / total).toFixed(1).padStart(5)} %  ${name}\n`);
  return `${(total / 1e6).toFixed(2)} s busy\n${lines.join('')}`;
}
