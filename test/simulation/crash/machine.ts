/**
 * A broker whose machine fails at one chosen change of its disk, and comes back. The changes are counted; a run from the
 * same seed makes the same ones, so a first run tells how many there are to crash at.
 */
import type { DiskChange, Simulation } from '../../../src/lab/index.ts';
import { batchesIn, type ReadBatch } from '../requests.ts';
import { BROKER, startBroker } from '../world.ts';

export interface Crash {
  /** Which change is not made any more, from 1. */
  readonly at: number;
  /** `power`: what was not synced is left to luck. `kill`: the page cache survives. */
  readonly how: 'power' | 'kill';
  /** Of the write at which it happens, so many bytes are written all the same. */
  readonly tornBytes?: number;
}

/** Every log of the data directory, by the name of its partition. */
export type Logs = ReadonlyMap<string, readonly ReadBatch[]>;

type Settings = Parameters<typeof startBroker>[1];

const DATA = '/data';
/** One partition each: few changes, and all that matters. */
const SETTINGS = { 'offsets.topic.num.partitions': 1, 'transaction.state.log.num.partitions': 1 };

export class CrashMachine {
  /** The changes of all lives. */
  readonly changes: DiskChange[] = [];
  /** Lives that have ended. */
  crashes = 0;
  readonly firstCrash: Promise<void>;
  private readonly sim: Simulation;
  private readonly plan: readonly Crash[];
  private readonly settings: Settings;
  /** Of this life. */
  private counted = 0;
  private served = true;
  private logsAtCrash: Logs = new Map();
  private tellFirst!: () => void;
  private tellCrashed: () => void = () => {};

  /** One crash for each life of the broker; the life after the last crash goes on. */
  constructor(sim: Simulation, plan: readonly Crash[], settings: Settings = {}) {
    this.sim = sim;
    this.plan = plan;
    this.settings = { ...SETTINGS, ...settings };
    this.firstCrash = new Promise((resolve) => {
      this.tellFirst = resolve;
    });
    sim.node(BROKER);
    sim.disk(BROKER).onChange = (change) => this.changing(change);
  }

  /**
   * Keeps the broker up while `work` goes on. `recovered` is told of the logs before a crash and after the start that
   * followed, when nobody has appended yet but the broker itself.
   * @throws what the start of the broker throws when it did not crash meanwhile, what `recovered` or `work` throws
   */
  during<T>(work: Promise<T>, recovered: (before: Logs, after: Logs) => void): Promise<T> {
    return Promise.race([work, this.keepRunning(recovered)]);
  }

  private async keepRunning(recovered: (before: Logs, after: Logs) => void): Promise<never> {
    for (;;) {
      const life = this.crashes;
      const crashed = new Promise<void>((resolve) => {
        this.tellCrashed = resolve;
      });
      const started = startBroker(this.sim.node(BROKER), this.settings).catch((error) => {
        if (this.crashes === life) throw error;
      });
      await Promise.race([started, crashed]);
      if (this.crashes === life) {
        this.served = true;
        if (life > 0) recovered(this.logsAtCrash, this.logs());
        this.sim.network.heal();
      }
      await crashed;
      this.sim.restart(BROKER);
      // Clients come when the logs have been looked at.
      this.sim.network.isolate(BROKER);
    }
  }

  /** What the files hold now, whole batches only. */
  private logs(): Logs {
    const { disk } = this.sim.node(BROKER);
    const found = new Map<string, ReadBatch[]>();
    if (!disk.exists(DATA)) return found;
    for (const name of disk.list(DATA).filter((each) => /^.+-\d+$/.test(each))) {
      const batches: ReadBatch[] = [];
      for (const file of disk.list(`${DATA}/${name}`).filter((each) => each.endsWith('.log'))) {
        const bytes = this.sim.disk(BROKER).file(`${DATA}/${name}/${file}`);
        const content = Buffer.alloc(bytes.size);
        bytes.read(content, 0);
        batches.push(...batchesIn(content));
      }
      found.set(name, batches);
    }
    return found;
  }

  private changing(change: DiskChange): void {
    const crash = this.plan[this.crashes];
    this.counted++;
    this.changes.push(change);
    if (crash === undefined || this.counted !== crash.at) return;
    const { sim } = this;
    if (crash.tornBytes !== undefined && change.bytes !== undefined) {
      sim.disk(BROKER).file(change.path).write(change.bytes.subarray(0, crash.tornBytes), change.position!);
    }
    // A crash during recovery finds what the one before has left: that is still the measure.
    if (this.served) this.logsAtCrash = this.logs();
    this.served = false;
    this.crashes++;
    this.counted = 0;
    if (crash.how === 'power') {
      sim.crash(BROKER);
      // Nobody would be told: the clients are spared their timeouts.
      for (const node of sim.nodes()) if (node !== BROKER) sim.network.cut(node, BROKER);
    } else {
      sim.kill(BROKER);
    }
    this.tellFirst();
    this.tellCrashed();
  }
}
