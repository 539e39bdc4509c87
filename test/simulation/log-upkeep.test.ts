/**
 * The life of one log on a disk that loses its power: rolls, compaction and retention, with a crash at every change that
 * they make to the disk. What was acknowledged is there afterwards, a reader of what is committed is told nothing else,
 * and the upkeep goes on.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Simulation } from '../../src/lab/index.ts';
import { type LogConfig, PartitionLog } from '../../src/log/index.ts';
import { batchesOf, decodeRecords, encodeBatch, encodeControlBatch } from '../../src/records/index.ts';

const NODE = 'broker';
const DIRECTORY = '/data/flights-0';
const HOUR = 3600_000;
/** A power failure keeps another part each time. */
const SEEDS = [1, 2, 3];
/** The steps have a time of their own. */
const ANY_TIME = { messageTimestampAfterMaxMs: Number.POSITIVE_INFINITY };
const PRODUCER = { producerId: 7, producerEpoch: 0 };

type Step =
  | {
      readonly kind: 'put';
      readonly key: string;
      readonly value: string | null;
      readonly transaction?: 'commit' | 'abort';
    }
  | { readonly kind: 'compact' | 'retain'; readonly laterMs: number };

/** What was appended and acknowledged, over all lives. */
interface Progress {
  readonly appended: Step[];
  acknowledged: number;
  cleanedUpTo: number | undefined;
  /** Under way is no append: only there it crashes. */
  upkeep: boolean;
}

const text = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString());

class Life {
  readonly log: PartitionLog;
  private now = 1_704_067_200_000;

  constructor(sim: Simulation, config: Partial<LogConfig>, progress: Progress) {
    const { disk, clock } = sim.node(NODE);
    const { cleanedUpTo } = progress;
    this.log = PartitionLog.open({
      disk,
      clock,
      directory: DIRECTORY,
      config: { ...config, ...ANY_TIME },
      cleanedUpTo,
    });
    this.log.advanceHighWatermark(this.log.endOffset);
  }

  /** One after the other, each acknowledged before the next. */
  async go(sim: Simulation, steps: readonly Step[], progress: Progress): Promise<void> {
    const pause = () => sim.sleep(0);
    for (const step of steps) {
      progress.upkeep = step.kind !== 'put';
      if (step.kind === 'put') {
        progress.appended.push(step);
        this.put(step);
        await this.log.flush();
        this.log.advanceHighWatermark(this.log.endOffset);
        progress.acknowledged = progress.appended.length;
      } else if (step.kind === 'compact') {
        this.now += step.laterMs;
        const options = { mapBytesMax: 1 << 20, chunkBytes: 300, pause, stopped: () => false };
        const result = await this.log.compact(this.now, { cleanedUpTo: progress.cleanedUpTo, ...options });
        progress.cleanedUpTo = result!.cleanedUpTo;
      } else {
        this.now += step.laterMs;
        this.log.enforceRetention(this.now);
        await this.log.dropRetired(pause);
        while (this.log.removeDeletedFiles()) await pause();
      }
    }
  }

  private put({ key, value, transaction }: Extract<Step, { kind: 'put' }>): void {
    const records = [{ timestamp: this.now, key, value }];
    if (transaction === undefined) {
      this.log.append(encodeBatch({ records }), { origin: 'client', leaderEpoch: 0 });
      return;
    }
    const verified = this.log.startVerification(PRODUCER.producerId, PRODUCER.producerEpoch, -1);
    const batch = encodeBatch({ records, ...PRODUCER, baseSequence: -1, transactional: true });
    this.log.append(batch, { origin: 'coordinator', leaderEpoch: 0, verified });
    this.mark(transaction);
  }
  private mark(kind: 'commit' | 'abort'): void {
    const marker = encodeControlBatch({ kind, coordinatorEpoch: 0, ...PRODUCER, timestamp: this.now });
    this.log.append(marker, { origin: 'coordinator', leaderEpoch: 0 });
    this.log.advanceHighWatermark(this.log.endOffset);
  }

  /** How many of the steps the log holds; a transaction that lost its marker gets it, as a coordinator sees to it. */
  finish(appended: readonly Step[]): number {
    let end = 0;
    for (const [at, step] of appended.entries()) {
      const { transaction } = step as Extract<Step, { kind: 'put' }>;
      end += 1;
      if (this.log.endOffset < end) return at;
      if (transaction === undefined) continue;
      if (this.log.endOffset === end) this.mark(transaction);
      end += 1;
    }
    return appended.length;
  }

  /** The last committed value of each key. */
  latest(): Map<string, string> {
    const { log } = this;
    const values = new Map<string, string>();
    const aborted = log.abortedTransactions(log.startOffset, log.endOffset);
    const open = new Set<number>();
    for (let next = log.startOffset; next < log.lastStableOffset; ) {
      const bytes = log.read({ fromOffset: next, maxBytes: 500, upTo: log.lastStableOffset, minOneBatch: true });
      if (bytes.length === 0) break;
      for (const { header, bytes: batch } of batchesOf(bytes)) {
        next = header.lastOffset + 1;
        while (aborted[0] !== undefined && aborted[0].firstOffset <= header.lastOffset) {
          open.add(aborted.shift()!.producerId);
        }
        if (header.isControl) open.delete(header.producerId);
        else if (!open.has(header.producerId)) {
          for (const { key, value } of decodeRecords(batch)) {
            if (value === null) values.delete(text(key)!);
            else values.set(text(key)!, text(value)!);
          }
        }
      }
    }
    return values;
  }
}

/** What a reader must find once so many of the steps are in the log. */
function expected(steps: readonly Step[]): string {
  const values = new Map<string, string>();
  for (const step of steps) {
    if (step.kind !== 'put' || step.transaction === 'abort') continue;
    if (step.value === null) values.delete(step.key);
    else values.set(step.key, step.value);
  }
  return spelled(values);
}
const spelled = (values: Map<string, string>) => JSON.stringify([...values].sort());

/**
 * Runs the steps with a crash at the change `at`, and the rest after the restart; returns how many changes there were
 * before, at most.
 */
async function withCrash(
  seed: number,
  at: number,
  config: Partial<LogConfig>,
  steps: readonly Step[],
  check: (life: Life, progress: Progress) => void,
): Promise<{ changes: number; crashed: boolean }> {
  const sim = new Simulation({ seed });
  let changes = 0;
  let crashed = false;
  await sim.run(
    async () => {
      sim.node(NODE);
      const progress: Progress = { appended: [], acknowledged: 0, cleanedUpTo: undefined, upkeep: false };
      const crash = new Promise<void>((resolve) => {
        sim.disk(NODE).onChange = () => {
          if (!progress.upkeep) return;
          changes++;
          if (changes !== at) return;
          crashed = true;
          sim.crash(NODE);
          resolve();
        };
      });
      const first = async () => {
        const life = new Life(sim, config, progress);
        await life.go(sim, steps, progress);
        check(life, progress);
      };
      await Promise.race([
        first().catch((error) => {
          if (!crashed) throw error;
        }),
        crash,
      ]);
      if (!crashed) return;
      sim.restart(NODE);
      const life = new Life(sim, config, progress);
      check(life, progress);
      const survived = life.finish(progress.appended);
      const again: Progress = { ...progress, appended: progress.appended.slice(0, survived), acknowledged: survived };
      const last = again.appended.at(-1);
      await life.go(sim, steps.slice(last === undefined ? 0 : steps.indexOf(last) + 1), again);
      check(life, again);
    },
    { untilMs: 10_000_000 },
  );
  return { changes, crashed };
}

async function atEveryChange(
  config: Partial<LogConfig>,
  steps: readonly Step[],
  check: (life: Life, progress: Progress) => void,
): Promise<void> {
  const { changes } = await withCrash(1, Number.POSITIVE_INFINITY, config, steps, check);
  assert.ok(changes > 15, `${changes} changes`);
  for (let at = 1; at <= changes; at++) {
    for (const seed of SEEDS) {
      try {
        await withCrash(seed * 1000 + at, at, config, steps, check);
      } catch (error) {
        throw new Error(`seed ${seed * 1000 + at}, crash at change ${at} of ${changes}`, { cause: error });
      }
    }
  }
}

test('a crash at every change of a compaction loses nothing and brings nothing back', async () => {
  const steps: Step[] = [];
  for (let at = 0; at < 14; at++) {
    steps.push({ kind: 'put', key: `k${at % 3}`, value: `v${at}` });
    if (at % 4 === 1)
      steps.push({ kind: 'put', key: 'k0', value: `t${at}`, transaction: at % 8 === 1 ? 'abort' : 'commit' });
  }
  steps.push({ kind: 'put', key: 'k1', value: null });
  for (let at = 0; at < 4; at++) steps.push({ kind: 'put', key: 'filler', value: `f${at}` });
  steps.push({ kind: 'compact', laterMs: 0 });
  for (let at = 0; at < 6; at++) steps.push({ kind: 'put', key: `k${at % 4}`, value: `w${at}` });
  steps.push({ kind: 'compact', laterMs: 2 * HOUR }, { kind: 'compact', laterMs: 2 * HOUR });
  const config = {
    compacted: true,
    deletes: false,
    segmentBytes: 320,
    indexIntervalBytes: 50,
    deleteRetentionMs: HOUR,
  };
  await atEveryChange(config, steps, (life, { appended, acknowledged }) => {
    const found = spelled(life.latest());
    const allowed = [];
    for (let count = acknowledged; count <= appended.length; count++) allowed.push(expected(appended.slice(0, count)));
    assert.ok(allowed.includes(found), `found ${found}, expected ${allowed.join(' or ')}`);
    assert.equal(life.log.recovery.lostBatches, 0);
  });
});

test('a crash at every change of retention leaves a log without a gap, and with its end', async () => {
  const steps: Step[] = [];
  for (let round = 0; round < 4; round++) {
    for (let at = 0; at < 5; at++) steps.push({ kind: 'put', key: 'k', value: `${round} ${at}` });
    steps.push({ kind: 'retain', laterMs: HOUR });
  }
  const config = { segmentBytes: 250, retentionMs: 2.5 * HOUR, retentionBytes: 900, fileDeleteDelayMs: 0 };
  await atEveryChange(config, steps, ({ log }, { appended, acknowledged }) => {
    assert.ok(log.endOffset >= acknowledged && log.endOffset <= appended.length, `end ${log.endOffset}`);
    assert.ok(log.endOffset - log.startOffset >= Math.min(acknowledged, 5), `start ${log.startOffset}`);
    assert.equal(log.recovery.lostBatches, 0);
    let next = log.startOffset;
    while (next < log.endOffset) {
      const bytes = log.read({ fromOffset: next, maxBytes: 500, upTo: log.endOffset, minOneBatch: true });
      for (const { header, bytes: batch } of batchesOf(bytes)) {
        assert.equal(header.baseOffset, next);
        const step = appended[next] as Extract<Step, { kind: 'put' }>;
        assert.equal(text(decodeRecords(batch)[0]!.value), step.value);
        next = header.lastOffset + 1;
      }
    }
  });
});
