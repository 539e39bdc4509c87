/** The franz-go program: built from bench/programs/franz-go, where Go is there. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { cache, root } from '../harness/children.ts';

const source = join(root, 'bench', 'programs', 'franz-go');
export const franzGoProgram = join(cache, 'franz-go');
const BUILD_MS_MAX = 10 * 60_000;

/** Whether Go is there. */
export function haveGo(): boolean {
  return spawnSync('go', ['version'], { stdio: 'ignore' }).status === 0;
}

/** Returns what Go said where it could not: it needs a Go that is new enough, and the Go module proxy the first time. */
export function buildFranzGo(): string | undefined {
  const env = { ...process.env, GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local' };
  const args = ['build', '-o', franzGoProgram, '.'];
  const { status, stderr } = spawnSync('go', args, { cwd: source, env, encoding: 'utf8', timeout: BUILD_MS_MAX });
  return status === 0 ? undefined : `franz-go could not be built: ${stderr.trim().split('\n').at(-1)}`;
}
