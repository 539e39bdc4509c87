/** Times and counts one producer's transactions, and tells how they went. Decides nothing. */
import type { Clock } from '../../core/index.ts';
import type { ClientError } from '../errors.ts';
import type { TransactionEvent } from '../observability/events.ts';
import type { ProducerInstruments } from '../observability/producer-instruments.ts';

type Timed = 'txn-init-time' | 'txn-send-offsets-time' | 'txn-commit-time' | 'txn-abort-time';

export class TransactionWatch {
  private readonly transactionalId: string;
  private readonly clock: Clock;
  private readonly instruments: ProducerInstruments;
  private beganAt = 0;

  constructor(transactionalId: string, clock: Clock, instruments: ProducerInstruments) {
    this.transactionalId = transactionalId;
    this.clock = clock;
    this.instruments = instruments;
  }

  /** How long the step takes that succeeds. */
  async timed<T>(step: Timed, work: () => Promise<T>): Promise<T> {
    const began = this.clock.monotonic();
    const result = await work();
    this.instruments.distributions[step].add(this.clock.monotonic() - began);
    return result;
  }

  began(): void {
    this.beganAt = this.clock.monotonic();
    this.instruments.counters['txn-begin-total']++;
  }

  ended(outcome: 'committed' | 'aborted'): void {
    this.instruments.counters[outcome === 'committed' ? 'txn-commit-total' : 'txn-abort-total']++;
    this.instruments.distributions['txn-duration'].add(this.clock.monotonic() - this.beganAt);
    this.tell(outcome, undefined);
  }

  /** It can only be aborted. */
  broke(error: ClientError): void {
    this.instruments.counters['txn-broken-total']++;
    this.tell('broken', error);
  }

  /** The producer is of no more use; `open`: and with it a transaction that had not ended. */
  died(error: ClientError, open: boolean): void {
    if (open) this.broke(error);
    this.instruments.events.emit('error', { error });
  }

  private tell(outcome: TransactionEvent['outcome'], error: ClientError | undefined): void {
    const { transactionalId } = this;
    const durationMs = this.clock.monotonic() - this.beganAt;
    this.instruments.events.emit('transaction', { transactionalId, outcome, durationMs, error });
  }
}
