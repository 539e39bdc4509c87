import assert from 'node:assert/strict';
import test from 'node:test';
import { type Disk, type DiskFile, makeDurableDirectory, replaceFile } from '../../core/index.ts';
import { type CrashReport, playTwice, Simulation } from './index.ts';

const failsWith = (code: string) => (error: unknown) => (error as { code?: string }).code === code;
const textOf = (disk: Disk, path: string): string => bytesOf(disk.open(path)).toString();

function bytesOf(file: DiskFile): Buffer {
  const bytes = Buffer.alloc(file.size());
  assert.equal(file.read(bytes, 0), bytes.length);
  return bytes;
}

/** Runs `act` on node `n`, takes its power, and returns the disk that it finds afterwards. */
async function afterCrash(seed: number, act: (disk: Disk, sim: Simulation) => Promise<void> | void): Promise<Disk> {
  const sim = new Simulation({ seed });
  await sim.run(async () => {
    await act(sim.node('n').disk, sim);
    sim.crash('n');
  });
  return sim.restart('n').disk;
}

test('what was synced, in a directory that was synced, is there after every crash', async () => {
  for (let seed = 0; seed < 30; seed++) {
    const disk = await afterCrash(seed, async (before) => {
      makeDurableDirectory(before, '/data/topic-0');
      const file = before.open('/data/topic-0/a.log', { create: true });
      before.syncDirectory('/data/topic-0');
      file.write(Buffer.alloc(10_000, 'x'), 0);
      await file.sync();
      file.write(Buffer.alloc(10_000, 'y'), 10_000);
    });
    const found = bytesOf(disk.open('/data/topic-0/a.log'));
    assert.ok(found.length >= 10_000);
    assert.ok(found.subarray(0, 10_000).every((byte) => byte === 'x'.charCodeAt(0)));
  }
});

test('names that were not synced are gone after some crashes and there after others', async () => {
  const outcomes = new Set<string>();
  for (let seed = 0; seed < 60; seed++) {
    const disk = await afterCrash(seed, async (before) => {
      makeDurableDirectory(before, '/d');
      for (const name of ['a', 'b']) {
        const file = before.open(`/d/${name}`, { create: true });
        file.write(Buffer.from(name), 0);
        await file.sync();
      }
    });
    outcomes.add(disk.list('/d').join());
  }
  assert.deepEqual([...outcomes].sort(), ['', 'a', 'a,b', 'b']);
});

test('a rename is whole or not at all, a replaced file is the old one or the new one', async () => {
  const renamed = new Set<string>();
  const replaced = new Set<string>();
  for (let seed = 0; seed < 60; seed++) {
    const disk = await afterCrash(seed, (before) => {
      makeDurableDirectory(before, '/d');
      replaceFile(before, '/d/a', Buffer.from('first'));
      replaceFile(before, '/d/state', Buffer.from('old'));
      before.rename('/d/a', '/d/b');
      const file = before.open('/d/state.tmp', { create: true });
      file.write(Buffer.from('new'), 0);
      file.syncNow();
      before.rename('/d/state.tmp', '/d/state');
    });
    const names = disk.list('/d').filter((name) => !name.startsWith('state'));
    renamed.add(names.join());
    assert.equal(textOf(disk, `/d/${names[0]}`), 'first');
    replaced.add(textOf(disk, '/d/state'));
  }
  assert.deepEqual([...renamed].sort(), ['a', 'b']);
  assert.deepEqual([...replaced].sort(), ['new', 'old']);
});

test('a rename between directories is safe once either of them was synced', async () => {
  for (const synced of ['/one', '/two']) {
    for (let seed = 0; seed < 20; seed++) {
      const disk = await afterCrash(seed, (before) => {
        makeDurableDirectory(before, '/one');
        makeDurableDirectory(before, '/two');
        replaceFile(before, '/one/f', Buffer.from('content'));
        before.rename('/one/f', '/two/g');
        before.syncDirectory(synced);
      });
      assert.deepEqual([disk.list('/one'), disk.list('/two')], [[], ['g']]);
    }
  }
});

test('a removed directory that was not synced may come back, in part', async () => {
  const outcomes = new Set<string>();
  for (let seed = 0; seed < 80; seed++) {
    const disk = await afterCrash(seed, (before) => {
      makeDurableDirectory(before, '/d/t');
      for (const name of ['a', 'b']) replaceFile(before, `/d/t/${name}`, Buffer.from(name));
      before.remove('/d/t');
    });
    outcomes.add(disk.exists('/d/t') ? `t(${disk.list('/d/t').join()})` : 'gone');
  }
  assert.deepEqual([...outcomes].sort(), ['gone', 't()', 't(a)', 't(a,b)', 't(b)']);
});

test('a truncation that was not synced is lost after some crashes', async () => {
  const sizes = new Set<number>();
  for (let seed = 0; seed < 40; seed++) {
    const disk = await afterCrash(seed, (before) => {
      replaceFile(before, '/f', Buffer.alloc(9000, 'x'));
      before.open('/f').truncate(100);
    });
    const found = bytesOf(disk.open('/f'));
    assert.ok(found.subarray(0, 100).every((byte) => byte === 'x'.charCodeAt(0)));
    sizes.add(found.length);
  }
  assert.deepEqual([...sizes].sort(), [100, 9000]);
});

test('a crash during a sync may keep what it carried, or part of it, or nothing', async () => {
  const kept = new Set<string>();
  for (let seed = 0; seed < 60; seed++) {
    const sim = new Simulation({ seed });
    await sim.run(async () => {
      const { disk } = sim.node('n');
      const file = disk.open('/f', { create: true });
      disk.syncDirectory('/');
      file.write(Buffer.alloc(8192, 'x'), 0);
      let synced = false;
      void file.sync().then(() => {
        synced = true;
      });
      sim.crash('n');
      await sim.sleep(1000);
      assert.equal(synced, false, 'a dead node hears of no sync');
    });
    const found = bytesOf(sim.restart('n').disk.open('/f'));
    const whole = found.length === 8192 && found.every((byte) => byte === 120);
    kept.add(found.length === 0 ? 'nothing' : whole ? 'all' : 'part');
  }
  assert.deepEqual([...kept].sort(), ['all', 'nothing', 'part']);
});

test('a killed process loses nothing that it wrote, and its lock is free', async () => {
  for (let seed = 0; seed < 10; seed++) {
    const sim = new Simulation({ seed });
    await sim.run(async () => {
      const { disk } = sim.node('n');
      disk.makeDirectory('/d');
      disk.lock('/d');
      assert.throws(() => disk.lock('/d'), /in use by another process/);
      disk.open('/d/f', { create: true }).write(Buffer.from('written'), 0);
      sim.kill('n');
    });
    const { disk } = sim.restart('n');
    assert.equal(textOf(disk, '/d/f'), 'written');
    const lock = disk.lock('/d');
    lock.release();
    disk.lock('/d');
  }
});

test('a sync takes time, and concurrent ones are all answered', async () => {
  const sim = new Simulation({ seed: 1 });
  await sim.run(async () => {
    const { disk } = sim.node('n');
    const file = disk.open('/f', { create: true });
    file.write(Buffer.from('a'), 0);
    const first = file.sync();
    file.write(Buffer.from('b'), 1);
    await Promise.all([first, file.sync(), file.sync()]);
    assert.ok(sim.nowMs > 0);
    assert.equal(Buffer.from(sim.disk('n').file('/f').durableBytes()).toString(), 'ab');
    file.close();
    await assert.rejects(file.sync(), failsWith('EBADF'));
  });
});

test('after a failed sync a later one that succeeds does not save what the failed one carried', async () => {
  let lost = 0;
  for (let seed = 0; seed < 40; seed++) {
    const disk = await afterCrash(seed, async (before, sim) => {
      const file = before.open('/f', { create: true });
      before.syncDirectory('/');
      sim.disk('n').fail({ operation: 'sync', pathEndsWith: '/f' });
      file.write(Buffer.alloc(4096, 'x'), 0);
      await assert.rejects(file.sync(), failsWith('EIO'));
      file.write(Buffer.alloc(4096, 'y'), 4096);
      await file.sync();
    });
    const found = bytesOf(disk.open('/f'));
    assert.equal(found.length, 8192);
    assert.ok(found.subarray(4096).every((byte) => byte === 'y'.charCodeAt(0)));
    if (!found.subarray(0, 4096).every((byte) => byte === 'x'.charCodeAt(0))) lost++;
  }
  assert.ok(lost > 5 && lost < 40, String(lost));
});

test('a full disk takes what fits and fails with ENOSPC; room that is freed is used again', async () => {
  const sim = new Simulation({ seed: 1 });
  await sim.run(async () => {
    const { disk } = sim.node('n');
    sim.disk('n').conditions.capacityBytes = 1000;
    const file = disk.open('/f', { create: true });
    file.write(Buffer.alloc(900, 1), 0);
    assert.throws(() => file.write(Buffer.alloc(200, 2), 900), failsWith('ENOSPC'));
    assert.equal(file.size(), 1000);
    file.write(Buffer.alloc(1000, 3), 0);
    file.truncate(10);
    file.write(Buffer.alloc(900, 4), 10);
    assert.equal(sim.disk('n').usedBytes(), 910);
  });
});

test('planned failures hit the operation, the path and the count they were planned for', async () => {
  const sim = new Simulation({ seed: 1 });
  await sim.run(async () => {
    const { disk } = sim.node('n');
    const planned = sim.disk('n');
    planned.fail({ operation: 'write', pathEndsWith: '.log', skip: 1, count: 2, code: 'ENOSPC' });
    planned.fail({ operation: 'syncDirectory' });
    const log = disk.open('/a.log', { create: true });
    const index = disk.open('/a.index', { create: true });
    log.write(Buffer.from('1'), 0);
    for (const _ of [1, 2]) {
      index.write(Buffer.from('x'), 0);
      assert.throws(() => log.write(Buffer.from('2'), 1), failsWith('ENOSPC'));
    }
    log.write(Buffer.from('3'), 1);
    assert.throws(() => disk.syncDirectory('/'), failsWith('EIO'));
    disk.syncDirectory('/');
    planned.fail({ operation: 'sync' });
    assert.throws(() => log.syncNow(), failsWith('EIO'));
    log.syncNow();
  });
});

/** One file under a random schedule; remembers what any byte may be. */
async function schedule(sim: Simulation): Promise<CrashReport> {
  const { random } = sim;
  return sim.run(async () => {
    let { disk } = sim.node('n');
    makeDurableDirectory(disk, '/d');
    let file = disk.open('/d/f', { create: true });
    disk.syncDirectory('/d');
    /** What each position was ever made since it was last certain; the last one is what the node sees. */
    let history: Set<number>[] = [];
    let certain: number[] = [];
    let sizes = new Set([0]);
    let model: number[] = [];
    const settle = (): void => {
      certain = [...model];
      history = model.map((byte) => new Set([byte]));
      sizes = new Set([model.length]);
    };
    for (let round = 0; round < 4; round++) {
      let running: Promise<void> | undefined;
      for (let step = random.between(1, 25); step > 0; step--) {
        const kind = random.below(8);
        if (kind < 5) {
          const position = random.between(0, model.length);
          const bytes = Buffer.alloc(random.between(1, 9000), random.between(1, 255));
          file.write(bytes, position);
          for (let at = 0; at < bytes.length; at++) {
            model[position + at] = bytes[at]!;
            history[position + at] = (history[position + at] ?? new Set([0])).add(bytes[at]!);
          }
        } else if (kind === 5) {
          const size = random.between(0, model.length);
          file.truncate(size);
          for (let at = size; at < model.length; at++) history[at]!.add(0);
          model.length = size;
        } else if (kind === 6 && running === undefined) {
          running = file.sync();
        } else {
          await running;
          running = undefined;
          await file.sync();
          settle();
        }
        sizes.add(model.length);
      }
      assert.deepEqual(bytesOf(file), Buffer.from(model));
      sim.crash('n');
      disk = sim.restart('n').disk;
      file = disk.open('/d/f');
      const found = bytesOf(file);
      const shortest = Math.min(...sizes, certain.length);
      const longest = Math.max(...sizes);
      assert.ok(found.length >= shortest && found.length <= longest, `${found.length} in ${shortest}..${longest}`);
      for (const [at, byte] of found.entries()) {
        const possible = history[at];
        // Garbage is possible only where nothing was ever promised, and in whole sectors.
        if (possible?.has(byte) === true || at >= Math.floor(certain.length / 512) * 512) continue;
        assert.equal(byte, 0, `byte ${at} of ${certain.length} certain ones was never ${byte}`);
        assert.ok(possible?.has(0) === true || at >= shortest, `byte ${at} was never zero`);
      }
      const untouched = certain.findIndex((byte, at) => history[at]!.size === 1 && at < shortest && found[at] !== byte);
      assert.equal(untouched, -1, `byte ${untouched} was synced and not touched since`);
      model = [...found];
      // What is found after a crash is on the device.
      settle();
    }
    const sum: CrashReport = { namesLost: 0, pagesLost: 0, pagesTorn: 0, pagesDamaged: 0, truncationsLost: 0 };
    for (const report of sim.disk('n').crashes) {
      for (const name of Object.keys(sum) as (keyof CrashReport)[]) sum[name] += report[name];
    }
    return sum;
  });
}

test('random writes, truncations, syncs and crashes: the synced is always there, the rest can be explained', async () => {
  const sum: CrashReport = { namesLost: 0, pagesLost: 0, pagesTorn: 0, pagesDamaged: 0, truncationsLost: 0 };
  for (let seed = 0; seed < 60; seed++) {
    const report = await schedule(new Simulation({ seed }));
    for (const name of Object.keys(sum) as (keyof CrashReport)[]) sum[name] += report[name];
  }
  for (const [name, count] of Object.entries(sum)) {
    if (name !== 'namesLost') assert.ok(count > 5, `${name} happened ${count} times only`);
  }
});

test('a schedule with crashes is the same run twice for each seed', async () => {
  const digests = new Set<string>();
  for (let seed = 0; seed < 4; seed++) digests.add((await playTwice({ seed }, schedule)).digest);
  assert.equal(digests.size, 4);
});
