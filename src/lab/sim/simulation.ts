/**
 * A world of nodes that is a function of its seed: virtual time, a network and disks with faults, crashes and
 * restarts. Whatever runs on its ports runs the same way every time.
 *
 * The loop takes the next event out of the heap, runs it, and then lets every promise job run to its end before it
 * takes another: promise jobs are the only asynchrony there is, and they are done when Node's event loop turns
 * (`drainTurn`). Real clocks, timers and randomness refuse to work meanwhile.
 */
import type { Ports } from '../../core/index.ts';
import { drainTurn, forbidAmbient, promptCrypto } from '../../node/index.ts';
import { SimulatedDisk } from './disk.ts';
import { Life } from './life.ts';
import { SimulatedNetwork } from './network.ts';
import { NetworkCore } from './network-core.ts';
import { Scheduler, TURN_MS } from './scheduler.ts';
import { SeededRandom } from './seeded-random.ts';
import { describeEntry, hashText, Trace } from './trace.ts';

export interface SimulationOptions {
  /** Everything follows from it. */
  readonly seed: number | string;
  /** How many of the last events can be read again, 300 where it is absent. */
  readonly keepEvents?: number;
  /**
   * Lets real clocks, timers and randomness work during a run, where they are known to have no part in it. They are
   * forbidden where this is absent.
   */
  readonly allowAmbient?: boolean;
  /** The wall clock at virtual time 0, milliseconds since 1970; the start of 2024 where it is absent. */
  readonly startTimeMs?: number;
}

export interface RunLimits {
  /** The virtual time (since the start of the simulation) by which it must be done; 10 minutes from now if absent. */
  readonly untilMs?: number;
  /** A bound on the real work, 5 million if absent. */
  readonly mostEvents?: number;
}

/** The run can not go on: nothing will happen any more, or the limit is reached. */
export class SimulationStuckError extends Error {
  override readonly name = 'SimulationStuckError';
}

/** A machine: what outlives the processes that run on it. */
interface Host {
  readonly name: string;
  readonly disk: SimulatedDisk;
  readonly clockSkew: { ms: number };
  lives: number;
  powered: boolean;
  life: Life;
  ports: Ports;
}

const DEFAULT_LIMIT_MS = 600_000;
const DEFAULT_MOST_EVENTS = 5_000_000;
const DEFAULT_KEPT_EVENTS = 300;
const DEFAULT_START_MS = 1_704_067_200_000;

export class Simulation {
  readonly seed: string;
  /** Draws for the scenario itself: which fault, when, how many. */
  readonly random: SeededRandom;
  readonly network: SimulatedNetwork;
  readonly trace: Trace;
  private readonly scheduler: Scheduler;
  private readonly networkCore: NetworkCore;
  private readonly hosts = new Map<string, Host>();
  private readonly world = new Life(0, '', 0);
  private readonly allowAmbient: boolean;
  private readonly startTimeMs: number;
  private lives = 1;
  private running = false;

  constructor(options: SimulationOptions) {
    this.seed = String(options.seed);
    this.allowAmbient = options.allowAmbient ?? false;
    this.startTimeMs = options.startTimeMs ?? DEFAULT_START_MS;
    this.trace = new Trace(options.keepEvents ?? DEFAULT_KEPT_EVENTS);
    this.scheduler = new Scheduler(hashText(this.seed));
    this.random = this.stream('scenario');
    this.networkCore = new NetworkCore(
      this.scheduler,
      this.stream('network'),
      this.trace,
      this.world,
      (name) => this.hosts.get(name)?.powered === true,
      () => this.nodes(),
    );
    this.network = new SimulatedNetwork(this.networkCore);
  }

  /** Virtual milliseconds since the start. */
  get nowMs(): number {
    return this.scheduler.nowMs;
  }

  /** A hash of every draw and every event so far. */
  digest(): string {
    return this.trace.digest();
  }

  /** The ports of a node, which starts when it is named for the first time. Its name is its host name. */
  node(name: string): Ports {
    const known = this.hosts.get(name);
    if (known === undefined) return this.start(name).ports;
    if (!known.life.alive) throw new Error(`node ${name} is down: restart it first`);
    return known.ports;
  }

  /** The disk of a node, running or not: to plan faults, or to look at what is safe. */
  disk(name: string): SimulatedDisk {
    return this.host(name).disk;
  }

  /** The names of all nodes so far. */
  nodes(): string[] {
    return [...this.hosts.keys()];
  }

  isUp(name: string): boolean {
    return this.host(name).life.alive;
  }

  /** The wall clock of a node goes wrong by this much from now on. */
  skewClock(name: string, skewMs: number): void {
    this.host(name).clockSkew.ms = skewMs;
  }

  /**
   * The power of a node fails. Its timers, connections and unfinished syncs die in silence, and its disk keeps what
   * was synced, and of the rest what luck decides. The others hear nothing until they try to reach it.
   */
  crash(name: string): void {
    const host = this.end(name, 'crash');
    host.powered = false;
    this.networkCore.powerLost(host.life);
    host.disk.powerLost();
  }

  /** The process of a node is killed: its disk keeps all that was written, and its connections are reset. */
  kill(name: string): void {
    const host = this.end(name, 'kill');
    this.networkCore.processDied(host.life);
    host.disk.processDied(host.life);
  }

  /** A new life of a node that was crashed or killed, on its old disk. */
  restart(name: string): Ports {
    const host = this.host(name);
    if (host.life.alive) throw new Error(`node ${name} is running`);
    host.powered = true;
    host.lives++;
    host.life = this.newLife(name, host.lives);
    host.ports = this.portsFor(host.life, host);
    this.networkCore.cameBack(name);
    return host.ports;
  }

  /** Resolves after this much virtual time. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.scheduler.after(ms, this.world, 'sleep', '', resolve));
  }

  /**
   * Runs `program` to its end, with all that happens on the nodes meanwhile, and returns what it returns. What is
   * still to happen then happens in the next `run`.
   * @throws SimulationStuckError when nothing is left to happen, or a limit is reached, while it still waits
   * @throws whatever the program, a timer or a socket's handler throws, with the seed added to its message
   */
  async run<T>(program: () => Promise<T> | T, limits: RunLimits = {}): Promise<T> {
    if (this.running) throw new Error('a run is going on already');
    this.running = true;
    let ambientUse: Error | undefined;
    const allow = this.allowAmbient
      ? () => {}
      : forbidAmbient((error) => {
          ambientUse ??= error;
        });
    try {
      return await this.loop(program, limits, () => {
        if (ambientUse !== undefined) throw ambientUse;
      });
    } catch (error) {
      throw this.explain(error);
    } finally {
      allow();
      this.running = false;
    }
  }

  private async loop<T>(program: () => Promise<T> | T, limits: RunLimits, check: () => void): Promise<T> {
    const untilMs = limits.untilMs ?? this.nowMs + DEFAULT_LIMIT_MS;
    let left = limits.mostEvents ?? DEFAULT_MOST_EVENTS;
    let outcome: { value: T } | { error: unknown } | undefined;
    const finished = async (): Promise<void> => {
      try {
        outcome = { value: await program() };
      } catch (error) {
        outcome = { error };
      }
    };
    void finished();
    for (;;) {
      await drainTurn();
      check();
      if (outcome !== undefined) {
        if ('error' in outcome) throw outcome.error;
        return outcome.value;
      }
      const next = this.scheduler.peek();
      if (next === undefined) throw this.stuck('nothing is left to happen');
      if (next.timeMs > untilMs) throw this.stuck(`the limit of ${untilMs} ms of virtual time is reached`);
      if (left-- === 0) throw this.stuck('the limit of events is reached');
      this.step();
    }
  }

  private step(): void {
    const event = this.scheduler.next()!;
    this.scheduler.nowMs = event.timeMs;
    this.trace.note(event.timeMs, event.kind, event.life.label, event.subject);
    const { run } = event;
    event.run = undefined;
    run?.();
  }

  private stuck(why: string): SimulationStuckError {
    const pending = this.scheduler
      .pending()
      .sort((a, b) => a.timeMs - b.timeMs)
      .slice(0, 5)
      .map((event) => `  ${event.timeMs.toFixed(3)} ms ${event.life.label} ${event.kind} ${event.subject}`);
    const last = this.trace
      .entries()
      .slice(-10)
      .map((entry) => `  ${describeEntry(entry)}`);
    return new SimulationStuckError(
      [`${why} while the program still waits`, 'the last entries:', ...last, 'to happen next:', ...pending].join('\n'),
    );
  }

  private explain(error: unknown): unknown {
    if (error instanceof Error) {
      const when = `seed ${this.seed}, virtual time ${this.nowMs.toFixed(3)} ms, entry ${this.trace.count}`;
      error.message = `${error.message}\n(${when})`;
    }
    return error;
  }

  private host(name: string): Host {
    const host = this.hosts.get(name);
    if (host === undefined) throw new Error(`there is no node ${name}`);
    return host;
  }

  private start(name: string): Host {
    const disk = new SimulatedDisk(this.scheduler, this.stream(`disk of ${name}`), this.trace);
    const clockSkew = { ms: 0 };
    const life = this.newLife(name, 1);
    const ports = this.portsFor(life, { disk, clockSkew });
    const host = { name, disk, clockSkew, lives: 1, powered: true, life, ports };
    this.hosts.set(name, host);
    return host;
  }

  private newLife(name: string, number: number): Life {
    const life = new Life(this.lives++, name, number);
    this.trace.note(this.nowMs, 'start', life.label, '');
    return life;
  }

  private end(name: string, kind: string): Host {
    const host = this.host(name);
    if (!host.life.alive) throw new Error(`node ${name} is down already`);
    this.trace.note(this.nowMs, kind, host.life.label, '');
    host.life.alive = false;
    return host;
  }

  private portsFor(life: Life, host: Pick<Host, 'disk' | 'clockSkew'>): Ports {
    const { scheduler } = this;
    return {
      clock: {
        now: () => Math.floor(this.startTimeMs + scheduler.nowMs + host.clockSkew.ms),
        monotonic: () => scheduler.nowMs,
      },
      timers: {
        after: (delayMs, run) => scheduler.after(delayMs, life, 'timer', '', run),
        defer: (run) => void scheduler.after(TURN_MS, life, 'defer', '', run),
      },
      random: this.stream(life.label),
      network: this.networkCore.portFor(life),
      disk: host.disk.portFor(life),
      crypto: promptCrypto,
    };
  }

  private stream(name: string): SeededRandom {
    return new SeededRandom(this.seed, name, (value) => this.trace.note(this.scheduler.nowMs, 'draw', '', name, value));
  }
}
