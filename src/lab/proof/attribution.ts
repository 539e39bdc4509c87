/**
 * Says which fault a loss or a duplicate came from. While the pipeline runs, each fault that happens notes the inputs it
 * touched: those in the requests that the broker never got (they may be missing), those in the requests whose replies were
 * lost (they may be there twice), and those of the batch that died (both). After the count, each missing or surplus copy
 * goes to the first fault that may have caused it, as often as it touched that input.
 */
import { decodeRecords } from '../../records/index.ts';
import type { FaultHit, ProxiedRequest } from '../proxy/index.ts';
import { type FaultKind, faultKinds, type PlannedFault } from './plan.ts';
import { idOf, type Tally } from './tally.ts';

/** `unplanned`: the pipeline started over without a fault of the plan (a rebalance, an error of its clients). */
export type CauseKind = FaultKind | 'unplanned';

/** What all faults of one kind did under one guarantee. */
export interface FaultReport {
  readonly fault: CauseKind;
  readonly planned: number;
  readonly happened: number;
  /** Output records that were under way in what was lost, cut, delayed or killed. */
  readonly records: number;
  /** Records that are lost, or duplicated, because of it. */
  readonly lost: number;
  readonly duplicated: number;
  /** The same in words. */
  readonly effect: string;
}

interface Happening {
  readonly kind: CauseKind;
  /** By output topic: ids of records that never arrived, repeated where touched again. */
  readonly missed: readonly number[][];
  /** The same, of records that arrived and whose sender was not told. */
  readonly unconfirmed: readonly number[][];
  /** Ids of the pipeline's batch of that moment: for what the requests alone do not tell. */
  readonly batch: readonly number[];
  records: number;
  lost: number;
  duplicated: number;
}

export class Attribution {
  private readonly topics: readonly string[];
  private readonly inputs: number;
  private readonly plan: readonly PlannedFault[];
  private readonly happenings: Happening[] = [];

  constructor(plan: readonly PlannedFault[], topics: readonly string[], inputs: number) {
    this.plan = plan;
    this.topics = topics;
    this.inputs = inputs;
  }

  /** A rule of the proxy took a frame while the pipeline worked on `batch`. */
  hit(kind: FaultKind, hit: FaultHit, batch: readonly number[]): void {
    const happening = this.note(kind, batch);
    if (kind === 'reply-delayed' || kind === 'fetch-cut') return;
    const arrived = hit.direction === 'response';
    this.touch(happening, arrived ? happening.unconfirmed : happening.missed, hit.request);
    for (const request of hit.unanswered) this.touch(happening, happening.unconfirmed, request);
    for (const request of hit.swallowed) this.touch(happening, happening.missed, request);
  }
  /** The instance died, or was given up, with these inputs in hand. */
  gone(kind: 'killed' | 'unplanned', batch: readonly number[]): void {
    const happening = this.note(kind, batch);
    happening.records += batch.length * this.topics.length;
  }
  happened(kind: CauseKind): number {
    return this.happenings.filter((happening) => happening.kind === kind).length;
  }

  private note(kind: CauseKind, batch: readonly number[]): Happening {
    const byTopic = () => this.topics.map((): number[] => []);
    const happening = { kind, missed: byTopic(), unconfirmed: byTopic(), batch, records: 0, lost: 0, duplicated: 0 };
    this.happenings.push(happening);
    return happening;
  }
  private touch(happening: Happening, ids: readonly number[][], request: ProxiedRequest): void {
    for (const { topic, records, batch } of request.produced()) {
      happening.records += records;
      const at = this.topics.indexOf(topic);
      if (at === -1) continue;
      for (const { key } of decodeRecords(batch)) {
        const id = idOf(key, this.inputs);
        if (id !== -1) ids[at]!.push(id);
      }
    }
  }

  /** `tallies` are in the order of the topics. */
  explain(tallies: readonly Tally[]): FaultReport[] {
    const unexplained = { lost: 0, duplicated: 0 };
    tallies.forEach((tally, topic) => {
      const left = surplusOf(tally);
      for (const happening of this.happenings) {
        for (const id of happening.missed[topic]!) if ((left.get(id) ?? 0) < 0) take(left, id, happening);
        for (const id of happening.unconfirmed[topic]!) if ((left.get(id) ?? 0) > 0) take(left, id, happening);
        if (happening.kind === 'killed' || happening.kind === 'unplanned') {
          for (const id of happening.batch) take(left, id, happening);
        }
      }
      // What the requests do not tell: frames that were under way to the proxy when it cut their connection.
      for (const happening of this.happenings) for (const id of happening.batch) take(left, id, happening);
      for (const surplus of left.values()) {
        if (surplus < 0) unexplained.lost++;
        else unexplained.duplicated += surplus;
      }
    });
    const reports = faultKinds.map((kind) => this.report(kind));
    const unplanned = this.report('unplanned', unexplained);
    if (unplanned.happened + unplanned.lost + unplanned.duplicated > 0) reports.push(unplanned);
    return reports;
  }

  private report(kind: CauseKind, more = { lost: 0, duplicated: 0 }): FaultReport {
    const sums = { happened: 0, records: 0, lost: more.lost, duplicated: more.duplicated };
    for (const happening of this.happenings) {
      if (happening.kind !== kind) continue;
      sums.happened++;
      sums.records += happening.records;
      sums.lost += happening.lost;
      sums.duplicated += happening.duplicated;
    }
    const planned = this.plan.filter((fault) => fault.kind === kind).length;
    const partial = { fault: kind, planned, ...sums };
    return { ...partial, effect: effectOf(partial) };
  }
}

/** By id: -1 where it is missing, else the copies beyond the first; ids with exactly one copy are left out. */
function surplusOf(tally: Tally): Map<number, number> {
  const left = new Map<number, number>();
  for (let id = 0; id < tally.inputs; id++) {
    const surplus = tally.copiesOf(id) - 1;
    if (surplus !== 0) left.set(id, surplus);
  }
  return left;
}

function take(left: Map<number, number>, id: number, happening: Happening): void {
  const surplus = left.get(id);
  if (surplus === undefined) return;
  if (surplus < 0) happening.lost++;
  else happening.duplicated++;
  if (surplus === -1 || surplus === 1) left.delete(id);
  else left.set(id, surplus - 1);
}

const whatHappened: Readonly<Record<CauseKind, string>> = {
  'ack-lost': 'The broker stored the records, its reply to Produce was dropped and the connection cut',
  'connection-cut': 'The connection was cut with a Produce request on its way, before the broker got it',
  'commit-reply-lost': 'The commit was done, its reply was dropped and the connection cut',
  'fetch-cut': 'The connection was cut under a Fetch, its records were thrown away',
  'reply-delayed': 'The reply to Produce was held back',
  killed: 'The instance was killed between processing and commit, another took over',
  unplanned: 'The pipeline started over without a fault of the plan',
};

function effectOf({ fault, planned, happened, lost, duplicated }: Omit<FaultReport, 'effect'>): string {
  const count = (records: number, what: string) => `${records.toLocaleString('en')} ${what}`;
  if (happened === 0 && lost + duplicated === 0) {
    return planned === 0 ? 'It did not happen' : 'It never happened: the input ended first';
  }
  const effects = [];
  if (lost > 0) effects.push(count(lost, 'lost'));
  if (duplicated > 0) effects.push(count(duplicated, 'duplicated'));
  return `${whatHappened[fault]}: ${effects.length === 0 ? 'nothing lost, nothing duplicated' : effects.join(', ')}`;
}
