/**
 * The states of a transactional id (KIP-98, KIP-360, KIP-890). Each transition is one record in `__transaction_state`,
 * written and replayed before anything else happens to the id.
 *
 * | State              | Legal from                                         | What the transition writes                           |
 * |--------------------|----------------------------------------------------|------------------------------------------------------|
 * | 0 Empty            | (nothing), Empty, CompleteCommit, CompleteAbort    | InitProducerId: the producer id and its new epoch    |
 * | 1 Ongoing          | Empty, Ongoing, CompleteCommit, CompleteAbort      | the partitions so far; the start, when it is the first |
 * | 2 PrepareCommit    | Ongoing                                            | the decision; TV2: epoch + 1, on overflow the next id |
 * | 3 PrepareAbort     | Ongoing; TV2: Empty, CompleteCommit, CompleteAbort | the same; an abort by the coordinator: epoch + 1     |
 * | 4 CompleteCommit   | PrepareCommit                                      | no partitions; on overflow the next id with epoch 0  |
 * | 5 CompleteAbort    | PrepareAbort                                       | the same                                             |
 * | 6 Dead             | Empty, CompleteCommit, CompleteAbort               | a tombstone                                          |
 * | 7 PrepareEpochFence| Ongoing                                            | never: fencing and PrepareAbort are one record here  |
 *
 * The decision is durable with Prepare*: from there on the only way is forward, after a restart too. The client is
 * answered then; the markers go out after that, and Complete* follows when every partition has acknowledged its own.
 */
import { assert, MalformedBytesError } from '../../core/index.ts';

export type TransactionState =
  | 'Empty'
  | 'Ongoing'
  | 'PrepareCommit'
  | 'PrepareAbort'
  | 'CompleteCommit'
  | 'CompleteAbort'
  | 'Dead'
  | 'PrepareEpochFence';

/** By the number in the records. */
const states: readonly TransactionState[] = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
  'Dead',
  'PrepareEpochFence',
];

const legalFrom: Readonly<Record<TransactionState, readonly TransactionState[]>> = {
  Empty: ['Empty', 'CompleteCommit', 'CompleteAbort'],
  Ongoing: ['Empty', 'Ongoing', 'CompleteCommit', 'CompleteAbort'],
  PrepareCommit: ['Ongoing'],
  PrepareAbort: ['Ongoing', 'Empty', 'CompleteCommit', 'CompleteAbort'],
  CompleteCommit: ['PrepareCommit'],
  CompleteAbort: ['PrepareAbort'],
  Dead: ['Empty', 'CompleteCommit', 'CompleteAbort'],
  PrepareEpochFence: ['Ongoing'],
};

export function mayBecome(from: TransactionState, to: TransactionState): boolean {
  return legalFrom[to].includes(from);
}

export function assertMayBecome(from: TransactionState, to: TransactionState): void {
  assert(mayBecome(from, to), `a transaction may not go from ${from} to ${to}`);
}

export function isStateName(name: string): name is TransactionState {
  return (states as readonly string[]).includes(name);
}

export function stateNumber(state: TransactionState): number {
  return states.indexOf(state);
}

/** @throws MalformedBytesError */
export function stateOfNumber(number: number): TransactionState {
  const state = states[number];
  if (state === undefined) throw new MalformedBytesError(`there is no transaction state ${number}`);
  return state;
}

export function isPrepared(state: TransactionState): state is 'PrepareCommit' | 'PrepareAbort' {
  return state === 'PrepareCommit' || state === 'PrepareAbort';
}
