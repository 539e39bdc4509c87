/** Measures a row: its sides in turn, again and again, so that what else the machine does falls on all of them. */

import type { Bench, Row, Sample, Side, Target, Unit } from './row.ts';
import { median, spread } from './statistics.ts';

export interface SideResult {
  readonly name: string;
  /** The median. */
  readonly value: number;
  readonly spread: number;
  readonly values: readonly number[];
  /** The medians of what else was measured. */
  readonly details: Readonly<Record<string, number>>;
}

export interface RowResult {
  readonly row: string;
  readonly unit: Unit;
  readonly target: Target | undefined;
  readonly note: string;
  readonly ours: SideResult;
  /** The best one first. */
  readonly peers: readonly SideResult[];
  /** Of ours to the best peer's. */
  readonly ratio: number;
  /** Undefined where there is no target. */
  readonly met: boolean | undefined;
}

export async function measureRow(
  row: Row,
  bench: Bench,
  repetitions: number,
  progress: (text: string) => void,
): Promise<RowResult> {
  await using compared = await row.prepare(bench);
  const sides = [compared.ours, ...compared.peers];
  const samples = new Map<Side, Sample[]>(sides.map((side) => [side, []]));
  const times = bench.quick ? Math.min(repetitions, row.repetitionsMax?.quick ?? repetitions) : repetitions;
  for (let n = row.warmUp === false ? 1 : 0; n <= times; n++) {
    for (const side of sides) {
      progress(n === 0 ? `${side.name}: warming` : `${side.name}: ${n} of ${times}`);
      const sample = await side.measure();
      if (n > 0) samples.get(side)!.push(sample);
    }
  }
  const results = sides.map((side) => sideResult(side.name, samples.get(side)!));
  const moreIsBetter = row.unit === 'records/s';
  const [ours, ...peers] = results;
  peers.sort((a, b) => (moreIsBetter ? b.value - a.value : a.value - b.value));
  const ratio = ours!.value / peers[0]!.value;
  const { name, unit, target } = row;
  return { row: name, unit, target, note: compared.note, ours: ours!, peers, ratio, met: isMet(ratio, target) };
}

function isMet(ratio: number, target: Target | undefined): boolean | undefined {
  if (target === undefined) return undefined;
  return 'atLeast' in target ? ratio >= target.atLeast : ratio <= target.atMost;
}

function sideResult(name: string, samples: readonly Sample[]): SideResult {
  const values = samples.map(({ value }) => value);
  const kinds = Object.keys(samples[0]!.details ?? {});
  const details = kinds.map((kind) => [kind, median(samples.map((sample) => sample.details![kind]!))] as const);
  return { name, value: median(values), spread: spread(values), values, details: Object.fromEntries(details) };
}
