/** Listeners, connections and requests. Kafka’s broker properties (https://kafka.apache.org/43/configuration/broker-configs/). */
import { int, list, long, string, withoutEffect } from '../../controller/index.ts';

export const networkConfigs = {
  'advertised.listeners': list(null, 'What clients are told to connect to; the listeners themselves unless given.'),
  'connections.max.idle.ms': long('600000', 'A connection without a request for this long is closed; -1: never.'),
  'fetch.max.bytes': int('57671680', 'The most that one Fetch answers, in bytes.', { min: 1024 }),
  'listener.security.protocol.map': string(
    'SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT',
    'Which protocol each named listener speaks. PLAINTEXT alone is spoken here.',
    { update: 'per-broker' },
  ),
  listeners: list(
    'PLAINTEXT://:9092',
    'The addresses to listen on, NAME://host:port. Those in controller.listener.names are not opened.',
    { update: 'per-broker' },
  ),
  'max.connections': int('2147483647', 'Connections at one time; more are closed at once.', {
    min: 0,
    update: 'cluster-wide',
  }),
  'max.incremental.fetch.session.cache.slots': int('1000', 'Fetch sessions kept at one time.', { min: 0 }),
  'max.connections.per.ip': int('2147483647', 'Connections at one time from one address.', {
    min: 0,
    update: 'cluster-wide',
  }),
  'max.connections.per.ip.overrides': string('', 'The same for single addresses, address:count.', {
    update: 'cluster-wide',
  }),
  'max.request.partition.size.limit': int(
    '2000',
    'The most partitions that one request for topic partitions answers.',
    { min: 1 },
  ),
  'queued.max.request.bytes': long('-1', 'Bytes of requests that are received and not yet answered; -1: 512 MiB.'),
  'queued.max.requests': int('500', 'Requests of one connection that are handled and not yet answered.', { min: 1 }),
  'socket.request.max.bytes': int('104857600', 'The largest request, in bytes.', { min: 1 }),
  'max.connection.creation.rate': int(
    '2147483647',
    'New connections served in a second; those who come too early wait.',
    {
      min: 0,
      update: 'cluster-wide',
    },
  ),
  'socket.listen.backlog.size': int(
    '50',
    'Connections that may wait for their turn by max.connection.creation.rate. The system keeps others until they are accepted, up to 1024.',
    { min: 1 },
  ),
  ...withoutEffect('the system chooses: Node cannot set the buffers of a TCP socket', {
    'socket.receive.buffer.bytes': int(
      '102400',
      'The system’s receive buffer of a connection; -1: the system’s choice.',
    ),
    'socket.send.buffer.bytes': int('102400', 'The system’s send buffer of a connection; -1: the system’s choice.'),
  }),
  ...withoutEffect('one thread does all', {
    'background.threads': int('10', 'Threads for odd jobs.', { min: 1, update: 'cluster-wide' }),
    'num.io.threads': int('8', 'Threads that handle requests.', { min: 1, update: 'cluster-wide' }),
    'num.network.threads': int('3', 'Threads that read and write connections.', { min: 1, update: 'cluster-wide' }),
  }),
  ...withoutEffect('a waiting request is forgotten as soon as it is answered', {
    'delete.records.purgatory.purge.interval.requests': int(
      '1',
      'How many answered DeleteRecords may pile up before they are forgotten.',
    ),
    'fetch.purgatory.purge.interval.requests': int(
      '1000',
      'How many answered fetches may pile up before they are forgotten.',
    ),
    'producer.purgatory.purge.interval.requests': int(
      '1000',
      'How many answered produce requests may pile up before they are forgotten.',
    ),
  }),
  ...withoutEffect('the broker makes no connections', {
    'request.timeout.ms': int('30000', 'How long the broker waits for an answer to a request of its own.'),
    'socket.connection.setup.timeout.max.ms': long(
      '30000',
      'The longest a connection of the broker’s own may take to come about.',
    ),
    'socket.connection.setup.timeout.ms': long('10000', 'How long a first attempt may take.'),
    'early.start.listeners': list(null, 'Listeners that are opened before authorization is ready.'),
  }),
};
