/**
 * One partition of `__transaction_state`: its transactional ids, changed by replay alone, and what a transition sets in
 * motion: a prepared transaction's markers, then its completion.
 */
import { type Clock, ErrorCode, type ErrorName, type Logger, type Timers } from '../../core/index.ts';
import type { KafkaRecord } from '../../records/index.ts';
import type { Decision, Replayed, StateMachine } from '../../replay/index.ts';
import { abortByCoordinator, complete, kindOf } from './end-txn.ts';
import { MarkerCarrier, type WriteMarkers } from './markers.ts';
import type { TransactionConfig } from './transaction-config.ts';
import { partitionsOf, type TransactionMetadata } from './transaction-metadata.ts';
import { readTransactionRecord, transactionRecord, transactionTombstone } from './transaction-records.ts';
import { isPrepared } from './transaction-state.ts';
import type { Verdict } from './verdict.ts';

/** What the log says. */
export class TransactionLogState implements StateMachine {
  readonly transactions = new Map<string, TransactionMetadata>();

  replay(record: KafkaRecord): void {
    const read = readTransactionRecord(record.key, record.value);
    if (read === undefined) return;
    if (read.metadata === undefined) this.transactions.delete(read.transactionalId);
    else this.transactions.set(read.transactionalId, read.metadata);
  }
}

export interface TransactionShardOptions {
  readonly replayed: Replayed<TransactionLogState>;
  readonly config: TransactionConfig;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly coordinatorEpoch: number;
  readonly writeMarkers: WriteMarkers;
  /** The finalized `transaction.version`. */
  readonly transactionVersion: () => number;
}

/** What the client is told. */
export interface Answer {
  readonly error: ErrorName;
  readonly producerId: number;
  readonly producerEpoch: number;
}

export class TransactionShard {
  readonly replayed: Replayed<TransactionLogState>;
  private readonly options: TransactionShardOptions;
  private readonly carrier: MarkerCarrier;
  /** Transactions that are decided and not complete, for who waits for that. */
  private readonly completing = new Map<string, PromiseWithResolvers<void>>();

  constructor(options: TransactionShardOptions) {
    this.options = options;
    this.replayed = options.replayed;
    this.carrier = new MarkerCarrier(options.writeMarkers, options.timers, options.logger);
  }

  /** After the load: what was prepared is completed, and the clocks run. */
  start(): void {
    this.replayed
      .read(({ transactions }) => [...transactions])
      .then((loaded) => {
        for (const [transactionalId, metadata] of loaded) {
          if (isPrepared(metadata.state)) this.rollForward(transactionalId, metadata);
        }
      })
      .catch(() => undefined);
    const { config } = this.options;
    this.repeat('abort timed out', config['transaction.abort.timed.out.transaction.cleanup.interval.ms'], (state) =>
      this.abortTimedOut(state),
    );
    this.repeat('expire ids', config['transaction.remove.expired.transaction.cleanup.interval.ms'], (state) =>
      this.removeExpired(state),
    );
  }

  stop(): void {
    this.carrier.stop();
    this.replayed.unload();
    for (const transactionalId of [...this.completing.keys()]) this.completed(transactionalId);
  }

  /** Judges a request over what is known of its transactional id, writes, and answers once that is committed. */
  decide(
    transactionalId: string,
    judge: (current: TransactionMetadata | undefined, now: number) => Verdict,
  ): Promise<Answer> {
    return this.replayed.write<Answer>(({ transactions }) => {
      const { write, ...answer } = judge(transactions.get(transactionalId), this.options.clock.now());
      if (write === undefined) return { records: [], response: answer };
      return { ...this.transition(transactionalId, write), response: answer };
    });
  }

  /** Looks at what is known of a transactional id; answers once all that is committed. */
  ask<T>(transactionalId: string, look: (current: TransactionMetadata | undefined) => T): Promise<T> {
    return this.replayed.read(({ transactions }) => look(transactions.get(transactionalId)));
  }

  /** Resolves when the transaction that is being ended has ended, or nobody here knows any more; undefined: there is none. */
  completion(transactionalId: string): Promise<void> | undefined {
    return this.completing.get(transactionalId)?.promise;
  }

  private completed(transactionalId: string): void {
    this.completing.get(transactionalId)?.resolve();
    this.completing.delete(transactionalId);
  }

  private transition(transactionalId: string, to: TransactionMetadata): Decision<undefined> {
    const valueVersion = this.options.transactionVersion() === 0 && to.clientTransactionVersion < 2 ? 0 : 1;
    const records = [transactionRecord(transactionalId, to, valueVersion)];
    if (!isPrepared(to.state)) return { records, response: undefined };
    if (!this.completing.has(transactionalId)) this.completing.set(transactionalId, Promise.withResolvers());
    return { records, response: undefined, afterCommit: () => this.rollForward(transactionalId, to) };
  }

  /** The decision is committed: the markers go out, and when all are acknowledged the transaction is complete. */
  private rollForward(transactionalId: string, prepared: TransactionMetadata): void {
    const { state, producerId, producerEpoch, clientTransactionVersion } = prepared;
    if (!isPrepared(state)) return;
    const { coordinatorEpoch } = this.options;
    const markers = {
      transactionalId,
      producerId,
      producerEpoch,
      coordinatorEpoch,
      kind: kindOf(state),
      transactionVersion: clientTransactionVersion,
      partitions: partitionsOf(prepared),
    };
    // A timer's write is decided again when the log refuses it.
    this.carrier.carry(markers, () => {
      const completion = (log: TransactionLogState) => this.decideCompletion(log, transactionalId);
      this.replayed
        .write((log) => completion(log) ?? { records: [], response: undefined })
        .catch((error: unknown) => {
          this.options.logger.warn(`the completion of ${transactionalId} was refused, and is written again`, { error });
          this.replayed.schedule(`complete ${transactionalId}`, 100, completion);
        })
        .finally(() => this.completed(transactionalId));
    });
  }

  private decideCompletion(state: TransactionLogState, transactionalId: string): Decision<unknown> | undefined {
    const current = state.transactions.get(transactionalId);
    if (current === undefined || !isPrepared(current.state)) return undefined;
    return this.transition(transactionalId, complete(current, this.options.clock.now()));
  }

  /** Transactions whose time is up are fenced and aborted; each is a decision of its own. */
  private abortTimedOut(state: TransactionLogState): void {
    const now = this.options.clock.now();
    for (const [transactionalId, metadata] of state.transactions) {
      const { startTimestamp, transactionTimeoutMs } = metadata;
      if (metadata.state !== 'Ongoing' || startTimestamp + transactionTimeoutMs >= now) continue;
      this.options.logger.info(`the transaction of ${transactionalId} took longer than ${transactionTimeoutMs} ms`);
      this.replayed
        .write(() => this.transition(transactionalId, abortByCoordinator(metadata, now)))
        .catch((error: unknown) => {
          this.options.logger.warn(`${transactionalId} could not be aborted yet`, { error });
        });
    }
  }

  private removeExpired(state: TransactionLogState): void {
    const oldest = this.options.clock.now() - this.options.config['transactional.id.expiration.ms'];
    const expired: string[] = [];
    for (const [transactionalId, metadata] of state.transactions) {
      const { state: current, lastUpdateTimestamp } = metadata;
      const idle = current === 'Empty' || current === 'CompleteCommit' || current === 'CompleteAbort';
      if (idle && lastUpdateTimestamp <= oldest) expired.push(transactionalId);
    }
    if (expired.length === 0) return;
    this.replayed
      .write(() => ({ records: expired.map(transactionTombstone), response: undefined, atomic: false }))
      .catch((error: unknown) => {
        this.options.logger.warn('expired transactional ids could not be removed yet', { error });
      });
  }

  private repeat(key: string, intervalMs: number, run: (state: TransactionLogState) => void): void {
    this.replayed.schedule(key, intervalMs, (state) => {
      this.repeat(key, intervalMs, run);
      run(state);
      return undefined;
    });
  }
}

export function codeOf(answer: { readonly error: ErrorName }): number {
  return ErrorCode[answer.error];
}
