/**
 * Calls about several things: each is asked for where it belongs, again while it fails for now, and reported by itself, so
 * that no failure hides what succeeded. Knows no API.
 */
import { errorName, isRetriable, KafkaError } from '../../core/index.ts';
import { type Address, type Connection, where } from '../connections/connection.ts';
import {
  asClientError,
  brokerError,
  ClientError,
  isRetriableError,
  PartialFailureError,
  TimeoutError,
  UnknownTopicError,
} from '../errors.ts';
import { within } from '../support/async.ts';
import type { AdminCall } from './call.ts';

/** What became of one item: done, to be asked again, or refused for good. */
export type Outcome<V> = { readonly done: V } | { readonly again: ClientError } | { readonly refused: ClientError };

/** By label, which is what `PartialFailureError.failures` is keyed by. */
export type Items<I> = ReadonlyMap<string, I>;

/** Where to ask. */
export interface Place extends Address {
  /** Of the broker, where it is known. */
  readonly id?: number;
}

/** Where each item is to be asked for, found anew for each attempt; an outcome where that is not known. */
export type Route<I> = (call: AdminCall, items: Items<I>) => Promise<ReadonlyMap<string, Place | Outcome<never>>>;

/** One request, about items that belong to the same broker. What it leaves out is refused. */
export type Question<I, V> = (
  connection: Connection,
  items: Items<I>,
  place: Place,
) => Promise<ReadonlyMap<string, Outcome<V>>>;

export interface Settled<V> {
  /** In the order asked. */
  readonly results: ReadonlyMap<string, V>;
  readonly failures: ReadonlyMap<string, ClientError>;
}

/** @throws ClientError INVALID_REQUEST for one that is named twice: what is asked of it would not be clear */
export function labelled<I>(items: Iterable<I>, label: (item: I) => string): Map<string, I> {
  const found = new Map<string, I>();
  for (const item of items) {
    const name = label(item);
    if (found.has(name)) throw new ClientError('INVALID_REQUEST', `${name} is named twice in one call: name it once`);
    found.set(name, item);
  }
  return found;
}

/** What an answer's error code means for its item; 0 is not one. `isFinal`: asking again does not help. */
export function refusal(code: number, what: string, detail?: string | null, isFinal = false): Outcome<never> {
  if (errorName(code) === 'UNKNOWN_TOPIC_OR_PARTITION') return { refused: new UnknownTopicError(what) };
  const error = brokerError(code, what, detail);
  return isRetriable(code) && !isFinal ? { again: error } : { refused: error };
}

/** @throws the signal's reason; ClosedError; what is no error of Kafka's */
export async function settle<I, V>(
  call: AdminCall,
  what: string,
  items: Items<I>,
  route: Route<I>,
  ask: Question<I, V>,
): Promise<Settled<V>> {
  const decided = new Map<string, V>();
  const failures = new Map<string, ClientError>();
  const reasons = new Map<string, ClientError>();
  let left = items;
  for (let attempts = 1; left.size > 0; attempts++) {
    const outcomes = await attempt(call, what, left, route, ask);
    const again = new Map<string, I>();
    for (const [label, item] of left) {
      const outcome = outcomes.get(label) ?? refusal(-1, `${what} of ${label}`, 'it is not in the answer');
      if ('done' in outcome) {
        decided.set(label, outcome.done);
      } else if ('refused' in outcome) {
        failures.set(label, outcome.refused);
      } else if (call.leftMs > 0) {
        reasons.set(label, outcome.again);
        again.set(label, item);
      } else {
        failures.set(label, overdue(`${what} of ${label}`, reasons.get(label) ?? outcome.again));
      }
    }
    left = again;
    if (left.size > 0) await call.cluster.pause(attempts, call.deadline);
  }
  const results = new Map<string, V>();
  for (const label of items.keys()) if (decided.has(label)) results.set(label, decided.get(label)!);
  return { results, failures };
}

/** @throws PartialFailureError when anything failed, with `results` of what did not */
export function resultsOf<V>(what: string, { results, failures }: Settled<V>): V[] {
  const list = [...results.values()];
  if (failures.size > 0) throw new PartialFailureError(what, failures, list);
  return list;
}

/** The same where each item's result is a list: one list of all. @throws PartialFailureError */
export function flatResultsOf<V>(what: string, { results, failures }: Settled<readonly V[]>): V[] {
  const list = [...results.values()].flat();
  if (failures.size > 0) throw new PartialFailureError(what, failures, list);
  return list;
}

/** `settle` and `resultsOf` in one. */
export async function askEach<I, V>(
  call: AdminCall,
  what: string,
  items: Items<I>,
  route: Route<I>,
  ask: Question<I, V>,
): Promise<V[]> {
  return resultsOf(what, await settle(call, what, items, route, ask));
}

async function attempt<I, V>(
  call: AdminCall,
  what: string,
  items: Items<I>,
  route: Route<I>,
  ask: Question<I, V>,
): Promise<ReadonlyMap<string, Outcome<V>>> {
  const outcomes = new Map<string, Outcome<V>>();
  const groups = new Map<string, { place: Place; items: Map<string, I> }>();
  const places = await attempted(call, what, items, () => route(call, items));
  for (const [label, place] of places) {
    if (!('host' in place)) {
      outcomes.set(label, place);
      continue;
    }
    const group = groups.get(where(place)) ?? { place, items: new Map<string, I>() };
    groups.set(where(place), group);
    group.items.set(label, items.get(label)!);
  }
  await Promise.all(
    [...groups.values()].map(async ({ place, items: theirs }) => {
      const answers = await attempted(call, what, theirs, async () =>
        ask(await call.cluster.pool.connect('main', place), theirs, place),
      );
      for (const [label, outcome] of answers) outcomes.set(label, outcome);
    }),
  );
  return outcomes;
}

/** A failure of the whole attempt is one of each of its items. */
async function attempted<I, T>(
  call: AdminCall,
  what: string,
  items: Items<I>,
  work: () => Promise<ReadonlyMap<string, T>>,
): Promise<ReadonlyMap<string, T | Outcome<never>>> {
  const late = () => new TimeoutError(`${what} was not answered in time`);
  try {
    return await within(call.cluster.runtime.timers, call.leftMs, work(), late, call.deadline.signal);
  } catch (error) {
    call.throwIfOver();
    if (!KafkaError.is(error)) throw error;
    const failure = asClientError(error);
    const outcome = isRetriableError(error) ? { again: failure } : { refused: failure };
    return new Map([...items.keys()].map((label) => [label, outcome]));
  }
}

function overdue(what: string, last: ClientError): ClientError {
  if (last.code === 'UNKNOWN_TOPIC_OR_PARTITION') return new UnknownTopicError(what);
  return new TimeoutError(`${what} took too long (last: ${last.message})`, { cause: last });
}
