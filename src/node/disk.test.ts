import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { AssertionFailure, DirectoryLockedError, replaceFile, SystemError } from '../core/index.ts';
import { makeDisk } from './disk.ts';
import { nodePorts } from './index.ts';

const { disk } = nodePorts();
const failsWith = (code: string) => (error: unknown) =>
  error instanceof SystemError && error.code === code && error.path !== undefined;

function scratch(t: { after(run: () => void): void }): string {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'onceward-disk-'));
  t.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test('what is written is read back, at any position, and the size follows', (t) => {
  const file = disk.open(`${scratch(t)}/a.log`, { create: true });
  file.write(Buffer.from('hello'), 0);
  file.write(Buffer.from('world'), 10);
  assert.equal(file.size(), 15);
  const target = new Uint8Array(20);
  assert.equal(file.read(target, 3), 12);
  assert.deepEqual(Buffer.from(target.subarray(0, 12)), Buffer.from('lo\0\0\0\0\0world'));
  assert.equal(file.read(target, 15), 0);
  assert.throws(() => file.write(Buffer.from('x'), -1), AssertionFailure);
  assert.throws(() => file.read(target, 0.5), AssertionFailure);
  file.truncate(4);
  assert.equal(file.size(), 4);
  file.syncNow();
  file.close();
  file.close();
});

test('missing files, missing directories and closed files are SystemErrors with their path', (t) => {
  const directory = scratch(t);
  assert.throws(() => disk.open(`${directory}/none`), failsWith('ENOENT'));
  assert.throws(() => disk.open(`${directory}/none/a`, { create: true }), failsWith('ENOENT'));
  assert.throws(() => disk.list(`${directory}/none`), failsWith('ENOENT'));
  assert.throws(() => disk.rename(`${directory}/none`, `${directory}/b`), failsWith('ENOENT'));
  assert.throws(() => disk.lock(`${directory}/none`), failsWith('ENOENT'));
  const file = disk.open(`${directory}/a`, { create: true });
  file.close();
  assert.throws(() => file.size(), failsWith('EBADF'));
  assert.throws(() => file.write(Buffer.from('x'), 0), failsWith('EBADF'));
});

test('a full device is ENOSPC, with the path of the file', () => {
  const file = disk.open('/dev/full');
  assert.throws(() => file.write(Buffer.from('x'), 0), failsWith('ENOSPC'));
  file.close();
});

test('names are listed sorted, renamed over others, and removed with all that they hold', (t) => {
  const directory = scratch(t);
  disk.makeDirectory(`${directory}/deep/er`);
  disk.makeDirectory(`${directory}/deep/er`);
  for (const name of ['b', 'a', 'B']) disk.open(`${directory}/deep/${name}`, { create: true }).close();
  assert.deepEqual(disk.list(`${directory}/deep`), ['B', 'a', 'b', 'er']);
  disk.rename(`${directory}/deep/a`, `${directory}/deep/b`);
  assert.deepEqual(disk.list(`${directory}/deep`), ['B', 'b', 'er']);
  disk.syncDirectory(`${directory}/deep`);
  disk.remove(`${directory}/deep`);
  disk.remove(`${directory}/deep`);
  assert.equal(disk.exists(`${directory}/deep`), false);
  replaceFile(disk, `${directory}/state`, Buffer.from('one'));
  replaceFile(disk, `${directory}/state`, Buffer.from('2'));
  assert.equal(fs.readFileSync(`${directory}/state`, 'utf8'), '2');
});

test('a file may be closed while it is being synced', async (t) => {
  const directory = scratch(t);
  for (let round = 0; round < 20; round++) {
    const file = disk.open(`${directory}/${round}`, { create: true });
    file.write(Buffer.alloc(10_000, round), 0);
    const synced = Promise.all([file.sync(), file.sync()]);
    file.close();
    const other = disk.open(`${directory}/other-${round}`, { create: true });
    other.write(Buffer.from('x'), 0);
    await synced;
    other.close();
  }
});

test('the same process is refused a second lock, until the first is released', (t) => {
  const directory = scratch(t);
  const lock = disk.lock(directory);
  assert.throws(
    () => disk.lock(directory),
    (error: unknown) => {
      assert.ok(error instanceof DirectoryLockedError);
      assert.equal(error.holder, process.pid);
      return true;
    },
  );
  lock.release();
  lock.release();
  disk.lock(directory).release();
  assert.deepEqual(disk.list(directory), []);
});

test('the lock of a dead process is taken over; one whose pid lives on in another process too', (t) => {
  const directory = scratch(t);
  // A pid beyond every limit of the kernel, and our own with another start.
  fs.writeFileSync(`${directory}/.lock-99999999-5bdeadbeef`, '');
  fs.writeFileSync(`${directory}/.lock-${process.pid}-5bdeadbeef`, '');
  fs.writeFileSync(`${directory}/.lock-${process.ppid}-5bdeadbeef`, '');
  const lock = disk.lock(directory);
  assert.equal(disk.list(directory).length, 1);
  lock.release();
});

/** Takes the lock, prints a line, holds it until it is told to stop or is killed. */
const holder = `
  import { nodePorts } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)};
  try {
    const lock = nodePorts().disk.lock(process.argv[1]);
    console.log('held');
    process.stdin.on('data', () => { lock.release(); process.exit(0); });
  } catch (error) {
    console.log(error.name + ' ' + error.holder);
  }
`;

function startHolder(directory: string): { pid: number; line: Promise<string>; kill: () => Promise<void> } {
  const child = spawn(process.execPath, ['--input-type=module', '-e', holder, directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: path.dirname(fileURLToPath(import.meta.url)),
  });
  const line = once(child.stdout, 'data').then(([chunk]) => String(chunk).trim());
  const exited = once(child, 'exit');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  return { pid: child.pid!, line, kill };
}

test('a lock held elsewhere names its holder, and is free once the holder is killed', async (t) => {
  const directory = scratch(t);
  const child = startHolder(directory);
  t.after(child.kill);
  assert.equal(await child.line, 'held');
  assert.throws(
    () => disk.lock(directory),
    (error: unknown) => error instanceof DirectoryLockedError && error.holder === child.pid,
  );
  await child.kill();
  disk.lock(directory).release();
});

test('of several that start at once, over the lock of a killed one, at most one holds it', async (t) => {
  const directory = scratch(t);
  const killed = startHolder(directory);
  assert.equal(await killed.line, 'held');
  await killed.kill();
  const children = Array.from({ length: 4 }, () => startHolder(directory));
  t.after(() => Promise.all(children.map((child) => child.kill())));
  const lines = await Promise.all(children.map((child) => child.line));
  assert.ok(lines.filter((line) => line === 'held').length <= 1, lines.join(', '));
  assert.ok(
    lines.every((line) => line === 'held' || /^DirectoryLockedError \d+$/.test(line)),
    lines.join(', '),
  );
});

/** How many descriptors of this process lead into the directory. */
function descriptorsInto(directory: string): number {
  const into = (descriptor: string) => {
    try {
      return fs.readlinkSync(`/proc/self/fd/${descriptor}`).startsWith(directory);
    } catch {
      return false;
    }
  };
  return fs.readdirSync('/proc/self/fd').filter(into).length;
}

test('many files share a few descriptors, and none notices', async (t) => {
  const directory = scratch(t);
  const bounded = makeDisk(8);
  const files = Array.from({ length: 100 }, (_, index) => bounded.open(`${directory}/${index}`, { create: true }));
  assert.equal(descriptorsInto(directory), 8);
  for (const [index, file] of files.entries()) file.write(Buffer.from(`file ${index}`), 0);
  await Promise.all(files.map((file) => file.sync()));
  for (const [index, file] of files.entries()) {
    const target = Buffer.alloc(20);
    assert.equal(target.toString('utf8', 0, file.read(target, 0)), `file ${index}`);
    assert.equal(file.size(), `file ${index}`.length);
  }
  assert.ok(descriptorsInto(directory) <= 8);
  for (const file of files) file.close();
  assert.equal(descriptorsInto(directory), 0);
  assert.throws(() => files[0]!.size(), failsWith('EBADF'));
});

test('a file that gave its descriptor back does not open another one of the same name', (t) => {
  const directory = scratch(t);
  const bounded = makeDisk(1);
  const file = bounded.open(`${directory}/a`, { create: true });
  file.write(Buffer.from('mine'), 0);
  const other = bounded.open(`${directory}/b`, { create: true });
  fs.renameSync(`${directory}/a`, `${directory}/c`);
  fs.writeFileSync(`${directory}/a`, 'not mine');
  assert.throws(() => file.size(), failsWith('ENOENT'));
  assert.equal(other.size(), 0);
  for (const each of [file, other]) each.close();
});

test('a file closed while its sync waits for others is closed when the sync is done', async (t) => {
  const directory = scratch(t);
  const files = Array.from({ length: 40 }, (_, index) => disk.open(`${directory}/${index}`, { create: true }));
  const syncs = files.map((file) => {
    file.write(Buffer.from('x'), 0);
    const sync = file.sync();
    file.close();
    return sync;
  });
  await Promise.all(syncs);
  assert.equal(descriptorsInto(directory), 0);
});
