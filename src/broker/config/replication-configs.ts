/** Copies on other brokers, and quotas. Kafka’s broker properties (https://kafka.apache.org/43/configuration/broker-configs/). */
import { int, javaClass, long, string, withoutEffect } from '../../controller/index.ts';

export const replicationConfigs = {
  'replica.high.watermark.checkpoint.interval.ms': long('5000', 'How often the high watermarks are written down.'),
  ...withoutEffect('one broker: there is nothing to copy', {
    'num.replica.fetchers': int('1', 'Threads that copy from one other broker.', { min: 1, update: 'cluster-wide' }),
    'replica.fetch.backoff.ms': int('1000', 'The pause after a failed copy.', { min: 0 }),
    'replica.fetch.max.bytes': int('1048576', 'Bytes of one partition in a copying fetch.', { min: 0 }),
    'replica.fetch.min.bytes': int('1', 'Bytes a copying fetch waits for.'),
    'replica.fetch.response.max.bytes': int('10485760', 'Bytes of one copying fetch.', { min: 0 }),
    'replica.fetch.wait.max.ms': int('500', 'How long a copying fetch waits.'),
    'replica.lag.time.max.ms': long('30000', 'How far behind a replica in sync may be.'),
    'replica.selector.class': string(null, 'The class that sends readers to a nearer replica.'),
    'replica.socket.receive.buffer.bytes': int('65536', 'The system’s receive buffer of a copying connection.'),
    'replica.socket.timeout.ms': int('30000', 'How long a copying request may take.'),
    'replication.quota.window.num': int('11', 'Samples kept for the quota on copying.', { min: 1 }),
    'replication.quota.window.size.seconds': int('1', 'Length of each such sample.', { min: 1 }),
  }),
  ...withoutEffect('no quotas yet', {
    'client.quota.callback.class': javaClass(null, 'A class that decides on quotas.'),
    'quota.window.num': int('11', 'Samples kept for the quotas of clients.', { min: 1 }),
    'quota.window.size.seconds': int('1', 'Length of each such sample.', { min: 1 }),
  }),
};
