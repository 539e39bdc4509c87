/** Plays a scenario twice from one seed and compares every draw and event of the two runs. */
import { Simulation, type SimulationOptions } from './simulation.ts';
import { firstDifference } from './trace.ts';

/** Two runs of one seed were not the same; the message shows where they parted. */
export class NotDeterministicError extends Error {
  override readonly name = 'NotDeterministicError';
}

/** Enough to find the place where two runs part in most scenarios. */
const KEPT_EVENTS = 1_000_000;

export interface Replayed<T> {
  readonly digest: string;
  readonly entries: number;
  /** What the first run returned. */
  readonly result: T;
}

/** @throws NotDeterministicError; whatever the scenario throws */
export async function playTwice<T>(
  options: SimulationOptions,
  scenario: (simulation: Simulation) => Promise<T>,
): Promise<Replayed<T>> {
  const kept = { keepEvents: KEPT_EVENTS, ...options };
  const first = new Simulation(kept);
  const result = await scenario(first);
  const second = new Simulation(kept);
  await scenario(second);
  const difference = firstDifference(first.trace, second.trace);
  if (difference !== undefined) throw new NotDeterministicError(`seed ${first.seed}: ${difference}`);
  return { digest: first.digest(), entries: first.trace.count, result };
}
