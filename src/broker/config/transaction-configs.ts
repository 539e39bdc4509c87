/** Transactions and their topic. Kafka’s broker properties (https://kafka.apache.org/43/configuration/broker-configs/). */
import { boolean, int, short, withoutEffect } from '../../controller/index.ts';

export const transactionConfigs = {
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': int(
    '10000',
    'How often transactions past their timeout are looked for.',
    { min: 1 },
  ),
  'transaction.max.timeout.ms': int('900000', 'The longest transaction timeout a producer may ask for.', { min: 1 }),
  'transaction.remove.expired.transaction.cleanup.interval.ms': int(
    '3600000',
    'How often transactional ids that are too old are looked for.',
    { min: 1 },
  ),
  'transaction.state.log.num.partitions': int('50', 'Partitions of __transaction_state when it is created.', {
    min: 1,
  }),
  'transaction.state.log.replication.factor': short('3', 'Replicas of __transaction_state when it is created.', {
    min: 1,
  }),
  'transaction.state.log.segment.bytes': int('104857600', 'Segment size of __transaction_state.', { min: 1 }),
  'transactional.id.expiration.ms': int('604800000', 'How long an idle transactional id is remembered.', { min: 1 }),
  'transaction.state.log.min.isr': int('2', 'min.insync.replicas of __transaction_state.', { min: 1 }),
  'add.partitions.to.txn.retry.backoff.max.ms': int(
    '100',
    'How long the broker goes on asking a busy coordinator about a partition.',
    { min: 0 },
  ),
  'add.partitions.to.txn.retry.backoff.ms': int('20', 'How long it waits before it asks again.', { min: 1 }),
  ...withoutEffect('256 KiB are read in a turn, so that others have theirs', {
    'transaction.state.log.load.buffer.size': int('5242880', 'Bytes read at a time when transactions are loaded.', {
      min: 1,
    }),
  }),
  ...withoutEffect('two-phase commit (KIP-939) is not served', {
    'transaction.two.phase.commit.enable': boolean(
      'false',
      'Whether a transaction may be left prepared for as long as it takes.',
    ),
  }),
};
