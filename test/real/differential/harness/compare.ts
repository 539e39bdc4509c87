/**
 * Two transcripts of one scene, field by field. What may differ is in a list of differences; all that differs otherwise is
 * reported as `3. Produce v7: responses[0].partitionResponses[1].errorCode: ours 3, Kafka's 1`.
 */
import { ZERO_UUID } from '../../../../src/core/index.ts';
import { comparable } from './comparable.ts';
import { nameOf, type Step } from './transcript.ts';

/** How a pair of values is allowed to differ. */
export type Allowance =
  /** Ids that each side chooses: the first one that a scene shows is the first on the other side, and so on. */
  | { readonly kind: 'names'; readonly domain: string }
  /** Each side's own clock. At most a minute apart. */
  | { readonly kind: 'time' }
  /** Both null, both empty, or both something. */
  | { readonly kind: 'text' }
  /** The same elements in another order; they are matched by these fields, or by themselves where there are none. */
  | { readonly kind: 'order'; readonly by: readonly string[] }
  /** Kafka's has the beginning of another batch at its end. */
  | { readonly kind: 'cut' }
  /** Anything that this holds for. */
  | { readonly kind: 'holds'; readonly holds: (ours: unknown, kafkas: unknown) => boolean };

export interface Difference {
  /** Names of APIs; all where it is left out. */
  readonly apis?: readonly string[];
  /** `responses[].partitions[].errorMessage`; a leading `**.` stands for any path. */
  readonly path: string;
  /** Words of the step's name or of the scene's, where the difference is that of one situation. */
  readonly where?: RegExp;
  readonly allow: Allowance;
  /** The two may also happen to be the same: the entry need not be needed. */
  readonly byChance?: true;
  readonly why: string;
}

type Names = Map<string, { readonly ours: Map<unknown, number>; readonly kafkas: Map<unknown, number> }>;

/** Compares scenes by one list, and remembers which of its entries were needed. */
export class Comparison {
  private readonly list: readonly Difference[];
  private readonly needed = new Set<Difference>();

  constructor(list: readonly Difference[]) {
    this.list = list;
  }

  /** Entries that no answer has needed so far. */
  unneeded(): Difference[] {
    return this.list.filter((difference) => !this.needed.has(difference) && difference.byChance !== true);
  }

  /** What differs in a scene, a line each; the same in several versions is one line. */
  scene(scene: string, ours: readonly Step[], kafkas: readonly Step[]): string[] {
    const found: Found[] = [];
    const names: Names = new Map();
    for (let at = 0; at < Math.max(ours.length, kafkas.length); at++) {
      const mine = ours[at];
      const theirs = kafkas[at];
      if (mine === undefined || theirs === undefined || nameOf(mine) !== nameOf(theirs)) {
        const asked = (step: Step | undefined) => (step === undefined ? 'no more' : nameOf(step));
        const difference = `ours asks ${asked(mine)}, Kafka's ${asked(theirs)}`;
        return [...folded(found), `step ${at + 1}: ${difference}`];
      }
      const list = this.list.filter(
        ({ apis, where }) =>
          (apis?.includes(mine.apiName) ?? true) && (where?.test(`${scene} > ${nameOf(mine)}`) ?? true),
      );
      const pair = new Pair(list, names, this.needed);
      for (const difference of pair.compare(mine, theirs)) found.push({ at, step: mine, difference });
    }
    return folded(found);
  }
}

interface Found {
  readonly at: number;
  readonly step: Step;
  readonly difference: string;
}

/** `7. Produce v3-v5 a stale epoch: responses[0].partitionResponses[1].errorCode: ours 3, Kafka's 1` */
function folded(found: readonly Found[]): string[] {
  const same = Map.groupBy(found, ({ step, difference }) => JSON.stringify([step.apiName, step.as, difference]));
  return [...same.values()].map((all) => {
    const { at, step, difference } = all[0]!;
    const versions = all.map(({ step: { version } }) => version).filter((version) => version >= 0);
    const text = [step.apiName, ranges([...new Set(versions)]), step.as];
    return `${at + 1}. ${text.filter((part) => part !== '').join(' ')}: ${difference}`;
  });
}

/** `v3-v7, v9` */
function ranges(versions: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const version of versions.toSorted((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === version - 1) last[1] = version;
    else runs.push([version, version]);
  }
  return runs.map(([low, high]) => (low === high ? `v${low}` : `v${low}-v${high}`)).join(', ');
}

/** The two outcomes of one step. */
class Pair {
  private readonly list: readonly Difference[];
  private readonly names: Names;
  private readonly needed: Set<Difference>;
  private readonly lines: string[] = [];

  constructor(list: readonly Difference[], names: Names, needed: Set<Difference>) {
    this.list = list;
    this.names = names;
    this.needed = needed;
  }

  compare(ours: Step, kafkas: Step): readonly string[] {
    this.value('', comparable(ours), comparable(kafkas));
    return this.lines;
  }

  private value(path: string, ours: unknown, kafkas: unknown): void {
    const allowed = this.list.find((difference) => matches(difference.path, path));
    if (allowed?.allow.kind === 'names') {
      // Also where both sides happen to have chosen the same: the order of first sight is what is compared.
      if (!this.sameName(allowed.allow.domain, ours, kafkas)) this.differ(path, ours, kafkas);
      else if (ours !== kafkas) this.needed.add(allowed);
      return;
    }
    if (allowed?.allow.kind === 'cut' && Array.isArray(ours) && Array.isArray(kafkas) && isCut(kafkas)) {
      if (!isCut(ours)) this.needed.add(allowed);
      this.elements(path, ours, isCut(ours) ? kafkas : kafkas.slice(0, -1));
      return;
    }
    if (allowed?.allow.kind === 'order') {
      if (Array.isArray(ours) && Array.isArray(kafkas)) {
        this.inOrder(path, allowed, allowed.allow.by, ours, kafkas);
        return;
      }
    } else if (allowed !== undefined && !equal(ours, kafkas) && bridges(allowed.allow, ours, kafkas)) {
      this.needed.add(allowed);
      return;
    }
    if (Array.isArray(ours) && Array.isArray(kafkas)) this.elements(path, ours, kafkas);
    else if (isRecord(ours) && isRecord(kafkas)) this.fields(path, ours, kafkas);
    else if (!equal(ours, kafkas)) this.differ(path, ours, kafkas);
  }

  private elements(path: string, ours: readonly unknown[], kafkas: readonly unknown[]): void {
    if (ours.length !== kafkas.length) {
      this.lines.push(
        `${path}: ours has ${ours.length}, Kafka's ${kafkas.length}: ours ${show(ours)}, Kafka's ${show(kafkas)}`,
      );
      return;
    }
    for (const [at, element] of ours.entries()) this.value(`${path}[${at}]`, element, kafkas[at]);
  }

  private fields(path: string, ours: Record<string, unknown>, kafkas: Record<string, unknown>): void {
    for (const name of new Set([...Object.keys(ours), ...Object.keys(kafkas)])) {
      this.value(path === '' ? name : `${path}.${name}`, ours[name], kafkas[name]);
    }
  }

  /** Pairs the elements up by their keys; those of one side alone are reported. */
  private inOrder(
    path: string,
    allowed: Difference,
    by: readonly string[],
    ours: readonly unknown[],
    kafkas: readonly unknown[],
  ): void {
    const keyOf = (side: 'ours' | 'kafkas') => (element: unknown) =>
      by.length === 0
        ? JSON.stringify(element)
        : by.map((name) => (isRecord(element) ? this.nameOf(side, `${path}[].${name}`, element[name]) : '')).join(' ');
    const [mine, theirs] = [keyOf('ours'), keyOf('kafkas')];
    if (!equal(ours.map(mine), kafkas.map(theirs))) this.needed.add(allowed);
    const others = new Map<string, unknown[]>();
    for (const element of kafkas) others.set(theirs(element), [...(others.get(theirs(element)) ?? []), element]);
    for (const element of ours) {
      const found = others.get(mine(element))?.shift();
      this.value(`${path}[${mine(element)}]`, element, found);
    }
    for (const [key, left] of others) for (const element of left) this.value(`${path}[${key}]`, undefined, element);
  }

  /** A value, or, of an id that the scene has shown before, which of them it is. */
  private nameOf(side: 'ours' | 'kafkas', path: string, value: unknown): unknown {
    const allow = this.list.find((difference) => matches(difference.path, path))?.allow;
    if (allow?.kind !== 'names' || isNone(value)) return value;
    return this.names.get(allow.domain)?.[side].get(value) ?? value;
  }

  private sameName(domain: string, ours: unknown, kafkas: unknown): boolean {
    let known = this.names.get(domain);
    if (known === undefined) {
      known = { ours: new Map(), kafkas: new Map() };
      this.names.set(domain, known);
    }
    if (isNone(ours) || isNone(kafkas)) return ours === kafkas;
    return indexOf(known.ours, ours) === indexOf(known.kafkas, kafkas);
  }

  private differ(path: string, ours: unknown, kafkas: unknown): void {
    this.lines.push(`${path}: ours ${show(ours)}, Kafka's ${show(kafkas)}`);
  }
}

/** Of batches, as comparable.ts has them. */
function isCut(batches: readonly unknown[]): boolean {
  const last = batches.at(-1);
  return isRecord(last) && Object.hasOwn(last, 'bytesAfter');
}

/** Values that name nothing are compared as they are. */
function isNone(value: unknown): boolean {
  return value === undefined || value === null || value === -1 || value === '' || value === ZERO_UUID;
}

function indexOf(known: Map<unknown, number>, value: unknown): number {
  const index = known.get(value) ?? known.size;
  known.set(value, index);
  return index;
}

const A_MINUTE_MS = 60_000;

function bridges(allow: Allowance, ours: unknown, kafkas: unknown): boolean {
  switch (allow.kind) {
    case 'time':
      return typeof ours === 'number' && typeof kafkas === 'number' && Math.abs(ours - kafkas) <= A_MINUTE_MS;
    case 'text':
      return isText(ours) && isText(kafkas);
    case 'holds':
      return allow.holds(ours, kafkas);
    default:
      return false;
  }
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

/** Indexes do not count. */
function matches(pattern: string, path: string): boolean {
  const plain = path.replace(/\[[^\]]*\]/g, '[]');
  if (!pattern.startsWith('**.')) return plain === pattern;
  const end = pattern.slice(3);
  return plain === end || plain.endsWith(`.${end}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function equal(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

const SHOWN_MAX = 300;

function show(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}…`;
}
