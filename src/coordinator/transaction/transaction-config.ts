/** The transaction coordinator's settings, under Kafka's names and with Kafka's defaults. */
export interface TransactionConfig {
  /** Longest `transaction.timeout.ms` that a producer may ask for. */
  readonly 'transaction.max.timeout.ms': number;
  /** How long a transactional id is kept after its last use. */
  readonly 'transactional.id.expiration.ms': number;
  /** How often transactions whose time is up are looked for. */
  readonly 'transaction.abort.timed.out.transaction.cleanup.interval.ms': number;
  /** How often expired transactional ids are looked for. */
  readonly 'transaction.remove.expired.transaction.cleanup.interval.ms': number;
}

export const transactionConfigDefaults: TransactionConfig = {
  'transaction.max.timeout.ms': 900_000,
  'transactional.id.expiration.ms': 604_800_000,
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': 10_000,
  'transaction.remove.expired.transaction.cleanup.interval.ms': 3_600_000,
};
