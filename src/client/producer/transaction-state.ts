/**
 * The states of a transactional producer. The table is the rule: whatever is not in it is refused.
 *
 *   state            entered from                                 by
 *   uninitialized    -                                            construction
 *   initializing     uninitialized, aborting                      initTransactions(); an abort that must raise the epoch (TV1)
 *   ready            initializing, committing, aborting           the coordinator's answer
 *   in transaction   ready                                        begin()
 *   committing       in transaction                               commit(); stays so when it times out
 *   aborting         in transaction, abortable error              abort()
 *   abortable error  in transaction, committing                   a batch, partition or offset that was refused
 *   fatal            any                                          fencing, lost authorization, an impossible answer
 *
 * From initializing a failure returns to uninitialized, so that initTransactions() may be tried again.
 */
import { type ClientError, IllegalStateError } from '../errors.ts';

export type TransactionStateName =
  | 'uninitialized'
  | 'initializing'
  | 'ready'
  | 'in transaction'
  | 'committing'
  | 'aborting'
  | 'abortable error'
  | 'fatal';

const enteredFrom: Readonly<Record<TransactionStateName, readonly TransactionStateName[]>> = {
  uninitialized: ['initializing'],
  initializing: ['uninitialized', 'aborting'],
  ready: ['initializing', 'committing', 'aborting'],
  'in transaction': ['ready'],
  committing: ['in transaction'],
  aborting: ['in transaction', 'abortable error'],
  'abortable error': ['in transaction', 'committing'],
  fatal: [
    'uninitialized',
    'initializing',
    'ready',
    'in transaction',
    'committing',
    'aborting',
    'abortable error',
    'fatal',
  ],
};

/** What to do instead, by the state that forbids a call. */
const cures: Readonly<Record<TransactionStateName, string>> = {
  uninitialized: 'call initTransactions() first',
  initializing: 'wait for initTransactions()',
  ready: 'call begin() first',
  'in transaction': 'commit or abort the open transaction first',
  committing: 'the commit is not decided: call commit() again, or close the producer',
  aborting: 'wait for abort()',
  'abortable error': 'abort the transaction',
  fatal: 'close the producer',
};

export class TransactionState {
  private current: TransactionStateName = 'uninitialized';
  private failure: ClientError | undefined;

  get name(): TransactionStateName {
    return this.current;
  }
  /** Why the state is `abortable error` or `fatal`. */
  get error(): ClientError | undefined {
    return this.failure;
  }

  is(...names: readonly TransactionStateName[]): boolean {
    return names.includes(this.current);
  }
  allows(next: TransactionStateName): boolean {
    return enteredFrom[next].includes(this.current);
  }

  /** @throws IllegalStateError when the table does not have the step */
  enter(next: TransactionStateName, error?: ClientError): void {
    if (!this.allows(next)) {
      throw new IllegalStateError(`the producer cannot go from "${this.current}" to "${next}": ${cures[this.current]}`);
    }
    if (this.current === 'fatal') return;
    this.current = next;
    this.failure = error;
  }

  /**
   * Refuses a call unless the state is one of these.
   * @throws the error that broke the transaction; IllegalStateError with the cure
   */
  require(call: string, ...names: readonly TransactionStateName[]): void {
    if (names.includes(this.current)) return;
    if (this.failure !== undefined) throw this.failure;
    throw new IllegalStateError(
      `${call} is not possible while the producer is "${this.current}": ${cures[this.current]}`,
    );
  }
}
