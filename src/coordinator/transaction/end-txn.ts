/**
 * EndTxn, and the steps from a decision to its end. R: the producer as it was before this coordinator last bumped its
 * epoch, so a retry; C: the current one. Anybody else: INVALID_PRODUCER_ID_MAPPING (49) by id, PRODUCER_FENCED (90) by
 * epoch.
 *
 * TV1 (EndTxn 0-4), where the epoch stays, so that only C exists:
 *
 * | State          | abort | commit |        | State         | abort | commit |
 * |----------------|-------|--------|        |---------------|-------|--------|
 * | Ongoing        | write | write  |        | PrepareAbort  | 51    | 51     |
 * | Empty          | 48    | 48     |        | PrepareCommit | 51    | 51     |
 * | CompleteAbort  | OK    | 48     |        | CompleteCommit| 48    | OK     |
 *
 * TV2 (EndTxn 5, KIP-890), where each end of a transaction bumps the epoch, so that a delayed request of an earlier one
 * is told from a request of this one. "write" bumps; aborting what is not there is allowed, and bumps too. While an end is
 * carried out everybody has to wait, strangers too (as Apache Kafka 4.3.1 answers): whoever has just committed and at once
 * aborts what it has not begun must not be fenced by itself.
 *
 * | State          | abort R / C | commit R / C |
 * |----------------|-------------|--------------|
 * | Ongoing        | 90 / write  | 90 / write   |
 * | Empty          | 90 / write  | 90 / 48      |
 * | PrepareAbort   | 51 / 51     | 51 / 51      |
 * | PrepareCommit  | 51 / 51     | 51 / 51      |
 * | CompleteAbort  | OK / write  | 48 / 48      |
 * | CompleteCommit | 48 / write  | OK / 48      |
 */
import { assert, type ErrorName, unreachable } from '../../core/index.ts';
import type { MarkerKind } from '../../replay/index.ts';
import {
  isCurrent,
  isEpochExhausted,
  isPrevious,
  LAST_USABLE_EPOCH,
  NO_PARTITIONS,
  type TransactionMetadata,
  transition,
} from './transaction-metadata.ts';
import { isPrepared } from './transaction-state.ts';
import { accept, confirm, NO_PRODUCER_ID_YET, refuse, type Verdict } from './verdict.ts';

export interface EndTxnDemand {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly kind: MarkerKind;
}

/** EndTxn of versions 0 to 4. */
export function decideEndTxnV1(current: TransactionMetadata | undefined, demand: EndTxnDemand, now: number): Verdict {
  if (current === undefined || current.producerId !== demand.producerId) return refuse('INVALID_PRODUCER_ID_MAPPING');
  if (current.producerEpoch !== demand.producerEpoch) return refuse('PRODUCER_FENCED');
  const { kind } = demand;
  const { state } = current;
  switch (state) {
    case 'Ongoing':
      return accept(
        transition(current, {
          state: kind === 'commit' ? 'PrepareCommit' : 'PrepareAbort',
          clientTransactionVersion: 0,
          lastUpdateTimestamp: now,
        }),
      );
    case 'PrepareCommit':
    case 'PrepareAbort':
      return refuse('CONCURRENT_TRANSACTIONS');
    case 'CompleteCommit':
      return kind === 'commit' ? confirm(current) : refuse('INVALID_TXN_STATE');
    case 'CompleteAbort':
      return kind === 'abort' ? confirm(current) : refuse('INVALID_TXN_STATE');
    case 'Empty':
      return refuse('INVALID_TXN_STATE');
    case 'Dead':
    case 'PrepareEpochFence':
      return refuse('UNKNOWN_SERVER_ERROR');
    default:
      return unreachable(state);
  }
}

/** EndTxn of version 5. */
export function decideEndTxnV2(
  current: TransactionMetadata | undefined,
  demand: EndTxnDemand,
  now: number,
  takeProducerId: () => number | undefined,
): Verdict {
  const { producerId, producerEpoch, kind } = demand;
  if (current === undefined) return refuse('INVALID_PRODUCER_ID_MAPPING');
  if (isPrepared(current.state)) return refuse('CONCURRENT_TRANSACTIONS');
  const isRetry = isPrevious(current, producerId, producerEpoch);
  if (!isRetry && current.producerId !== producerId) return refuse('INVALID_PRODUCER_ID_MAPPING');
  if (!isRetry && !isCurrent(current, producerId, producerEpoch)) return refuse('PRODUCER_FENCED');
  const end = () => prepareV2(current, kind, now, takeProducerId);
  const { state } = current;
  switch (state) {
    case 'Ongoing':
      return isRetry ? refuse('PRODUCER_FENCED') : end();
    case 'Empty':
      if (isRetry) return refuse('PRODUCER_FENCED');
      return kind === 'abort' ? end() : refuse('INVALID_TXN_STATE');
    case 'CompleteAbort':
      if (kind === 'commit') return refuse('INVALID_TXN_STATE');
      return isRetry ? confirm(current) : end();
    case 'CompleteCommit':
      if (isRetry) return kind === 'commit' ? confirm(current) : refuse('INVALID_TXN_STATE');
      return kind === 'abort' ? end() : refuse('INVALID_TXN_STATE');
    case 'Dead':
    case 'PrepareEpochFence':
      return refuse('UNKNOWN_SERVER_ERROR');
    default:
      return unreachable(state);
  }
}

/** The bump happens here, so that the markers carry an epoch above that of the data. */
function prepareV2(
  current: TransactionMetadata,
  kind: MarkerKind,
  now: number,
  takeProducerId: () => number | undefined,
): Verdict {
  let nextProducerId = -1;
  if (isEpochExhausted(current.producerEpoch)) {
    const taken = takeProducerId();
    if (taken === undefined) return refuse(NO_PRODUCER_ID_YET);
    nextProducerId = taken;
  }
  const prepared = transition(current, {
    state: kind === 'commit' ? 'PrepareCommit' : 'PrepareAbort',
    producerEpoch: current.producerEpoch + 1,
    previousProducerId: current.producerId,
    nextProducerId,
    clientTransactionVersion: 2,
    startTimestamp: current.state === 'Ongoing' ? current.startTimestamp : now,
    lastUpdateTimestamp: now,
  });
  const { producerId, producerEpoch } =
    nextProducerId < 0 ? prepared : { producerId: nextProducerId, producerEpoch: 0 };
  return { error: 'NONE', write: prepared, producerId, producerEpoch };
}

/**
 * The coordinator ends a transaction itself: its time is up, or another producer took over. The epoch is bumped: whoever
 * held the one before can go on only by InitProducerId (KIP-360), and that until a rival has asked for it.
 */
export function abortByCoordinator(current: TransactionMetadata, now: number): TransactionMetadata {
  return transition(current, {
    state: 'PrepareAbort',
    producerEpoch: Math.min(current.producerEpoch + 1, LAST_USABLE_EPOCH + 1),
    // With the last epoch of all nobody can go on.
    previousProducerId: current.producerEpoch < LAST_USABLE_EPOCH ? current.producerId : -1,
    nextProducerId: -1,
    lastUpdateTimestamp: now,
  });
}

/** It was given its next producer id with the answer to the EndTxn that is still being completed. */
export function isNext(current: TransactionMetadata, producerId: number, producerEpoch: number): boolean {
  return isPrepared(current.state) && producerId === current.nextProducerId && producerEpoch === 0;
}

export function kindOf(state: 'PrepareCommit' | 'PrepareAbort'): MarkerKind {
  return state === 'PrepareCommit' ? 'commit' : 'abort';
}

/** Every partition has its marker: the end. */
export function complete(current: TransactionMetadata, now: number): TransactionMetadata {
  assert(isPrepared(current.state), `only a prepared transaction can be completed, not ${current.state}`);
  const completed = transition(current, {
    state: current.state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort',
    partitions: NO_PARTITIONS,
    lastUpdateTimestamp: now,
  });
  if (current.nextProducerId < 0) return completed;
  return {
    ...completed,
    producerId: current.nextProducerId,
    producerEpoch: 0,
    previousProducerId: current.producerId,
    nextProducerId: -1,
  };
}

/** Before these versions clients know only the older name of being fenced. */
export function fencedName(error: ErrorName, apiVersion: number, knownSince: number): ErrorName {
  return error === 'PRODUCER_FENCED' && apiVersion < knownSince ? 'INVALID_PRODUCER_EPOCH' : error;
}
