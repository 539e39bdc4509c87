import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  baseName,
  ChunkedBytes,
  DirectoryLockedError,
  joinPath,
  MemoryDisk,
  makeDurableDirectory,
  parentPath,
  readWholeFile,
  replaceFile,
} from './index.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const failsWith = (code: string) => (error: unknown) => (error as { code?: string }).code === code;

test('chunked bytes behave as one growing array under any writes and truncations', () => {
  const position = fc.integer({ min: 0, max: 200_000 });
  const step = fc.oneof(
    fc.record({ kind: fc.constant('write' as const), at: position, bytes: fc.uint8Array({ maxLength: 300 }) }),
    fc.record({ kind: fc.constant('truncate' as const), at: position }),
    fc.record({ kind: fc.constant('read' as const), at: position, length: fc.integer({ min: 0, max: 70_000 }) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const model = new Uint8Array(400_000);
      let size = 0;
      const content = new ChunkedBytes();
      for (const at of steps) {
        if (at.kind === 'write') {
          content.write(at.bytes, at.at);
          model.set(at.bytes, at.at);
          if (at.bytes.length > 0) size = Math.max(size, at.at + at.bytes.length);
        } else if (at.kind === 'truncate') {
          content.truncate(at.at);
          model.fill(0, at.at);
          size = at.at;
        } else {
          const target = new Uint8Array(at.length).fill(0xee);
          const count = content.read(target, at.at);
          assert.equal(count, Math.min(at.length, Math.max(0, size - at.at)));
          assert.deepEqual(target.subarray(0, count), model.subarray(at.at, at.at + count));
        }
        assert.equal(content.size, size);
      }
    }),
    { numRuns: 60 },
  );
});

test('a small file costs a few hundred bytes, a large one at most one chunk more than it holds', () => {
  const small = new ChunkedBytes();
  small.write(bytesOf('x'.repeat(100)), 0);
  assert.ok(small.allocatedBytes <= 256, String(small.allocatedBytes));
  const large = new ChunkedBytes();
  for (let at = 0; at < 1_000_000; at += 1000) large.write(new Uint8Array(1000), at);
  assert.ok(large.allocatedBytes < 1_000_000 + 65_536 * 2, String(large.allocatedBytes));
  large.truncate(0);
  assert.equal(large.allocatedBytes, 0);
  const sparse = new ChunkedBytes();
  sparse.write(Uint8Array.of(1), 1e10);
  assert.ok(sparse.allocatedBytes <= 65_536);
});

test('files are created, found again by name, renamed over one another and removed', () => {
  const disk = new MemoryDisk();
  assert.throws(() => disk.open('/logs/a'), failsWith('ENOENT'));
  assert.throws(() => disk.open('/logs/a', { create: true }), failsWith('ENOENT'));
  disk.makeDirectory('/logs/deep');
  disk.makeDirectory('/logs/deep');
  disk.open('/logs/a', { create: true }).write(bytesOf('first'), 0);
  disk.open('/logs/b', { create: true }).write(bytesOf('second'), 0);
  assert.deepEqual(disk.list('/logs'), ['a', 'b', 'deep']);
  assert.throws(() => disk.open('/logs'), failsWith('EISDIR'));
  assert.throws(() => disk.list('/nowhere'), failsWith('ENOENT'));
  const held = disk.open('/logs/b');
  disk.rename('/logs/a', '/logs/b');
  assert.equal(disk.exists('/logs/a'), false);
  const target = new Uint8Array(10);
  assert.equal(disk.open('logs/b').read(target, 0), 5);
  assert.equal(held.size(), 6);
  disk.rename('/logs', '/moved');
  assert.deepEqual(disk.list('/moved'), ['b', 'deep']);
  assert.throws(() => disk.rename('/moved', '/moved/deep/x'), failsWith('EINVAL'));
  disk.remove('/moved');
  disk.remove('/moved');
  assert.deepEqual(disk.list('/'), []);
});

test('a closed file refuses every use', () => {
  const file = new MemoryDisk().open('a', { create: true });
  file.close();
  file.close();
  assert.throws(() => file.size(), failsWith('EBADF'));
  assert.throws(() => file.write(Uint8Array.of(1), 0), failsWith('EBADF'));
});

test('a directory is locked once, until it is released', () => {
  const disk = new MemoryDisk();
  disk.makeDirectory('/data');
  const lock = disk.lock('/data');
  assert.throws(() => disk.lock('/data/'), DirectoryLockedError);
  lock.release();
  const second = disk.lock('/data');
  lock.release();
  assert.throws(() => disk.lock('/data'), DirectoryLockedError);
  second.release();
});

test('replacing a file leaves the new content and no other file', () => {
  const disk = new MemoryDisk();
  makeDurableDirectory(disk, '/a/b/c');
  replaceFile(disk, '/a/b/c/state', bytesOf('a long first content'));
  replaceFile(disk, '/a/b/c/state', bytesOf('short'));
  assert.deepEqual(disk.list('/a/b/c'), ['state']);
  assert.deepEqual(readWholeFile(disk, '/a/b/c/state', 5), bytesOf('short'));
  assert.throws(() => readWholeFile(disk, '/a/b/c/state', 4), failsWith('EFBIG'));
});

test('paths are joined and taken apart', () => {
  assert.equal(joinPath('/data', 'a', '', 'b'), '/data/a/b');
  assert.equal(joinPath('/', 'a'), '/a');
  assert.equal(joinPath('', 'a'), 'a');
  assert.equal(parentPath('/data/a'), '/data');
  assert.equal(parentPath('/data/a/'), '/data');
  assert.equal(parentPath('/data'), '/');
  assert.equal(parentPath('data'), '.');
  assert.equal(baseName('/data/a.log'), 'a.log');
});
