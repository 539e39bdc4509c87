/**
 * Runs the pipeline of one guarantee from the first input to the last, through as many instances as it takes: brings the
 * faults of the plan when they fall due, lets a new instance take over after a kill, and starts over after an error.
 */
import type { ConsumerRecord } from '../../client/index.ts';
import type { FaultProxy, FaultRule } from '../proxy/index.ts';
import type { Attribution } from './attribution.ts';
import { type DeathAt, Instance, type InstanceOptions } from './instance.ts';
import { DELAY_MS, type PlannedFault } from './plan.ts';
import { idOf } from './tally.ts';

export interface PipelineOptions extends InstanceOptions {
  readonly proxy: FaultProxy;
  readonly plan: readonly PlannedFault[];
  readonly attribution: Attribution;
  readonly inputs: number;
  /** End offsets of the input topic, by partition. */
  readonly inputEnds: readonly number[];
  readonly signal: AbortSignal;
  /** Called with how many inputs went through. */
  readonly onProgress: (done: number) => void;
}

/** Milliseconds without a step forward. */
const STALL_MS = 60_000;
/** More than all faults together can cause. */
const UNPLANNED_MAX = 20;

export class Pipeline {
  /** By id: when a poll first returned it, by the monotonic clock; 0 before. */
  readonly takenAt: Float64Array;
  private readonly options: PipelineOptions;
  private taken = 0;
  private nextFault = 0;
  private killsDue: PlannedFault[] = [];
  private batch: number[] = [];
  private unplanned = 0;

  constructor(options: PipelineOptions) {
    this.options = options;
    this.takenAt = new Float64Array(options.inputs);
  }

  /** @throws Error when it cannot get on; the signal's reason when aborted */
  async run(): Promise<void> {
    let instance = await this.nextInstance();
    try {
      for (;;) {
        const done = await this.step(instance);
        if (done === 'all') break;
        if (done === 'more') continue;
        instance = await this.nextInstance();
      }
      await this.guarded(instance.close());
    } finally {
      instance.kill();
    }
  }

  /** `gone`: the instance is no more. */
  private async step(instance: Instance): Promise<'more' | 'all' | 'gone'> {
    const { inputEnds, attribution, onProgress } = this.options;
    try {
      const records = await this.guarded(this.takeBatch(instance));
      if (records.length === 0) return 'all';
      this.note(records);
      const kill = this.killsDue.shift();
      if (!(await this.guarded(instance.handle(records, deathOf(kill))))) {
        attribution.gone('killed', this.batch);
        return 'gone';
      }
      this.batch = [];
      onProgress(this.taken);
      return this.taken === this.options.inputs && (await instance.isAtEnd(inputEnds)) ? 'all' : 'more';
    } catch (error) {
      this.options.signal.throwIfAborted();
      if (error instanceof Stalled || ++this.unplanned > UNPLANNED_MAX) throw error;
      this.options.logger.warn('the pipeline starts over', { guarantee: this.options.guarantee, error });
      attribution.gone('unplanned', this.batch);
      this.batch = [];
      await this.guarded(instance.close()).catch(() => {});
      this.options.signal.throwIfAborted();
      instance.kill();
      return 'gone';
    }
  }

  private async nextInstance(): Promise<Instance> {
    for (;;) {
      try {
        return await this.guarded(Instance.start(this.options));
      } catch (error) {
        this.options.signal.throwIfAborted();
        if (error instanceof Stalled || ++this.unplanned > UNPLANNED_MAX) throw error;
      }
    }
  }

  /** Empty only when all inputs were handled. */
  private async takeBatch(instance: Instance): Promise<ConsumerRecord[]> {
    for (;;) {
      const records = await instance.take();
      if (records.length > 0 || (await instance.isAtEnd(this.options.inputEnds))) return records;
    }
  }

  private note(records: readonly ConsumerRecord[]): void {
    const now = this.options.ports.clock.monotonic();
    this.batch = [];
    for (const { key } of records) {
      const id = idOf(key, this.options.inputs);
      if (id === -1) throw new Error('the input topic holds a record that was not fed to it');
      this.batch.push(id);
      if (this.takenAt[id] === 0) {
        this.takenAt[id] = now;
        this.taken++;
      }
    }
    const { plan } = this.options;
    for (let fault = plan[this.nextFault]; fault !== undefined && fault.at < this.taken; fault = plan[this.nextFault]) {
      this.nextFault++;
      if (fault.kind === 'killed') this.killsDue.push(fault);
      else this.options.proxy.addRule(this.ruleFor(fault, fault.kind));
    }
  }

  private ruleFor({ topic, ordinal }: PlannedFault, kind: Exclude<PlannedFault['kind'], 'killed'>): FaultRule {
    const common = {
      name: `${kind} ${ordinal + 1}`,
      onHit: (hit: Parameters<NonNullable<FaultRule['onHit']>>[0]) => {
        this.options.attribution.hit(kind, hit, this.batch);
      },
      ...(topic === undefined ? {} : { when: (request: { topics(): string[] }) => request.topics().includes(topic) }),
    };
    switch (kind) {
      case 'ack-lost':
        return { ...common, api: 'Produce', action: 'drop-reply' };
      case 'connection-cut':
        return { ...common, api: 'Produce', action: 'cut', direction: 'request' };
      case 'commit-reply-lost':
        return { ...common, api: ['OffsetCommit', 'EndTxn'], action: 'drop-reply' };
      case 'fetch-cut':
        return { ...common, api: 'Fetch', action: 'cut', direction: 'response' };
      case 'reply-delayed':
        return { ...common, api: 'Produce', action: 'delay', direction: 'response', delayMs: DELAY_MS };
    }
  }

  /** The clients wait as long as they have to; here the run ends when it is stopped, or when nothing moves. */
  private async guarded<T>(work: Promise<T>): Promise<T> {
    const { signal, ports, guarantee } = this.options;
    signal.throwIfAborted();
    const out = Promise.withResolvers<never>();
    const aborted = (): void => out.reject(signal.reason);
    signal.addEventListener('abort', aborted);
    const timer = ports.timers.after(STALL_MS, () => {
      out.reject(new Stalled(`the ${guarantee} pipeline has not moved for ${STALL_MS / 1000} s`));
    });
    try {
      return await Promise.race([work, out.promise]);
    } finally {
      timer.cancel();
      signal.removeEventListener('abort', aborted);
    }
  }
}

class Stalled extends Error {
  override readonly name = 'Stalled';
}

/** Kills alternate, so that a transaction dies both before and after its offsets were sent. */
function deathOf(kill: PlannedFault | undefined): DeathAt | undefined {
  if (kill === undefined) return undefined;
  return kill.ordinal % 2 === 0 ? 'before-offsets' : 'after-offsets';
}
