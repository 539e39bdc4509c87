/**
 * InitProducerId of a transactional id (KIP-98): a new epoch fences every earlier owner. With the producer's own id and
 * epoch in the request (KIP-360) it is that producer which asks for a new epoch, and only that one may.
 *
 * | State             | Answer                                                                                    |
 * |-------------------|-------------------------------------------------------------------------------------------|
 * | (nothing)         | a fresh producer id, epoch 0                                                              |
 * | Empty, Complete*  | epoch + 1; with an exhausted epoch a fresh id, epoch 0                                    |
 * | Ongoing           | the transaction is fenced and aborted; CONCURRENT_TRANSACTIONS, and the client comes again |
 * | Prepare*          | CONCURRENT_TRANSACTIONS                                                                   |
 *
 * With an expected id and epoch: current: as above, and the old epoch is remembered for a retry; the remembered one: the
 * current again; any other: PRODUCER_FENCED.
 */
import { unreachable } from '../../core/index.ts';
import { abortByCoordinator } from './end-txn.ts';
import {
  isCurrent,
  isEpochExhausted,
  isPrevious,
  NO_PARTITIONS,
  type TransactionMetadata,
  transition,
} from './transaction-metadata.ts';
import { accept, NO_PRODUCER_ID_YET, refuse, refuseAfter, type Verdict } from './verdict.ts';

export interface InitProducerIdDemand {
  readonly transactionTimeoutMs: number;
  /** What the producer has, when it says so. */
  readonly expected: { readonly producerId: number; readonly producerEpoch: number } | undefined;
}

export function decideInitProducerId(
  current: TransactionMetadata | undefined,
  demand: InitProducerIdDemand,
  now: number,
  takeProducerId: () => number | undefined,
): Verdict {
  const { expected, transactionTimeoutMs } = demand;
  if (current === undefined) {
    const producerId = takeProducerId();
    if (producerId === undefined) return refuse(NO_PRODUCER_ID_YET);
    return accept({
      state: 'Empty',
      producerId,
      producerEpoch: 0,
      previousProducerId: -1,
      nextProducerId: -1,
      transactionTimeoutMs,
      clientTransactionVersion: 0,
      partitions: NO_PARTITIONS,
      startTimestamp: -1,
      lastUpdateTimestamp: now,
    });
  }
  const { state, producerId, producerEpoch } = current;
  switch (state) {
    case 'PrepareCommit':
    case 'PrepareAbort':
      // Checked first: the producer may have been given the next producer id already.
      return refuse('CONCURRENT_TRANSACTIONS');
    case 'Ongoing':
      // A zombie may not abort what its successor has begun.
      if (expected !== undefined && !isCurrent(current, expected.producerId, expected.producerEpoch)) {
        return refuse('PRODUCER_FENCED');
      }
      return refuseAfter(abortByCoordinator(current, now), 'CONCURRENT_TRANSACTIONS');
    case 'Empty':
    case 'CompleteCommit':
    case 'CompleteAbort':
      break;
    case 'Dead':
    case 'PrepareEpochFence':
      return refuse('UNKNOWN_SERVER_ERROR');
    default:
      return unreachable(state);
  }
  const empty = {
    state: 'Empty',
    transactionTimeoutMs,
    partitions: NO_PARTITIONS,
    startTimestamp: -1,
    lastUpdateTimestamp: now,
  } as const;
  if (expected !== undefined && !isCurrent(current, expected.producerId, expected.producerEpoch)) {
    if (!isPrevious(current, expected.producerId, expected.producerEpoch)) return refuse('PRODUCER_FENCED');
    return accept(transition(current, empty));
  }
  if (isEpochExhausted(producerEpoch)) {
    const next = takeProducerId();
    if (next === undefined) return refuse(NO_PRODUCER_ID_YET);
    const previousProducerId = expected === undefined ? -1 : producerId;
    return accept(transition(current, { ...empty, producerId: next, producerEpoch: 0, previousProducerId }));
  }
  const previousProducerId = expected === undefined ? -1 : producerId;
  return accept(transition(current, { ...empty, producerEpoch: producerEpoch + 1, previousProducerId }));
}
