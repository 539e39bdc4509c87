/** The node itself and the controller beside it. Kafka’s broker properties (https://kafka.apache.org/43/configuration/broker-configs/). */
import { boolean, int, LONG_MAX, list, long, string, withoutEffect } from '../../controller/index.ts';

export const clusterConfigs = {
  'metadata.log.max.record.bytes.between.snapshots': long(
    '20971520',
    'Bytes of metadata after which a snapshot is written.',
    { min: 1 },
  ),
  'metadata.log.max.snapshot.interval.ms': long('3600000', 'The longest time without a snapshot.', { min: 0 }),
  'broker.id': int('-1', 'The older name of node.id.'),
  'broker.rack': string(null, 'Where the broker stands, for those who choose the nearest.'),
  'controller.listener.names': list(
    null,
    'The listeners of the controller; they are not opened, the controller is in this process.',
    { required: true },
  ),
  'node.id': int(null, 'The number of this node, for ever: it is written into the data directory.', {
    min: 0,
    required: true,
  }),
  'process.roles': list(null, 'What the process is: broker and controller, as a lone node must be.', {
    oneOf: ['broker', 'controller'],
    required: true,
  }),
  ...withoutEffect('the controller is in this process and alone', {
    'auto.leader.rebalance.enable': boolean('true', 'Whether leadership goes back to preferred replicas by itself.'),
    'broker.heartbeat.interval.ms': int('2000', 'How often a broker reports to the controller.'),
    'broker.session.timeout.ms': int('9000', 'How long the controller believes in a silent broker.'),
    'controlled.shutdown.enable': boolean('true', 'Whether a broker hands over its leadership before it ends.'),
    'controller.performance.always.log.threshold.ms': long(
      '2000',
      'Controller events that take longer are always logged.',
      { min: 0, internal: true },
    ),
    'controller.performance.sample.period.ms': long('60000', 'How often the controller’s times are logged.', {
      min: 100,
      internal: true,
    }),
    'controller.quorum.append.linger.ms': int('25', 'How long records of the quorum are gathered.', { min: 0 }),
    'controller.quorum.auto.join.enable': boolean('false', 'Whether a new controller becomes a voter by itself.'),
    'controller.quorum.bootstrap.servers': list('', 'Where the quorum can be found.'),
    'controller.quorum.election.backoff.max.ms': int('1000', 'The longest pause before another election.', { min: 0 }),
    'controller.quorum.election.timeout.ms': int('1000', 'How long a candidate waits for votes.', { min: 0 }),
    'controller.quorum.fetch.max.bytes': int('1048576', 'The most that a quorum fetch answers, in bytes.', { min: 1 }),
    'controller.quorum.fetch.snapshot.max.bytes': int(
      '1048576',
      'The most of a snapshot that one answer holds, in bytes.',
      { min: 1 },
    ),
    'controller.quorum.fetch.timeout.ms': int('2000', 'How long a follower is content without the leader.', { min: 0 }),
    'controller.quorum.request.timeout.ms': int('2000', 'How long a request within the quorum may take.', { min: 0 }),
    'controller.quorum.retry.backoff.ms': int('20', 'The pause before such a request is sent again.', { min: 0 }),
    'controller.quorum.voters': list('', 'The voters, id@host:port.'),
    'controller.quota.window.num': int('11', 'Samples kept for the quota on changes of the cluster.', { min: 1 }),
    'controller.quota.window.size.seconds': int('1', 'Length of each such sample.', { min: 1 }),
    'controller.socket.timeout.ms': int('30000', 'How long a connection to the controller may be silent.'),
    'initial.broker.registration.timeout.ms': int('60000', 'How long a broker tries to register before it ends.'),
    'inter.broker.listener.name': string(null, 'The listener that brokers use among themselves.'),
    'leader.imbalance.check.interval.seconds': long(
      '300',
      'How often the controller looks for leadership to give back.',
      { min: 1 },
    ),
    'metadata.max.idle.interval.ms': int('500', 'How often the metadata log gets a record although nothing happens.', {
      min: 0,
    }),
    'security.inter.broker.protocol': string('PLAINTEXT', 'The protocol that brokers speak among themselves.', {
      oneOf: ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'],
    }),
    'server.max.startup.time.ms': long(LONG_MAX, 'How long the start may take before the process ends.', {
      min: 0,
      internal: true,
    }),
    'unclean.leader.election.interval.ms': long(
      '300000',
      'How often the controller looks for partitions without a leader.',
      { min: 1, internal: true },
    ),
    'unstable.api.versions.enable': boolean('false', 'Whether unfinished versions of the protocol are spoken.', {
      internal: true,
    }),
    'unstable.feature.versions.enable': boolean('false', 'Whether unfinished levels of features are supported.', {
      internal: true,
    }),
  }),
  ...withoutEffect('the metadata log is cut at its snapshots', {
    'internal.metadata.delete.delay.millis': long('60000', 'How long a deleted metadata segment stays on disk.', {
      internal: true,
    }),
    'internal.metadata.log.segment.bytes': int(null, 'Segment size of the metadata log, for tests.', {
      internal: true,
    }),
    'internal.metadata.max.batch.size.in.bytes': int('8388608', 'The largest batch of the metadata log.', {
      internal: true,
    }),
    'metadata.log.dir': string(null, 'A directory of its own for the metadata log.'),
    'metadata.log.segment.bytes': int('1073741824', 'Segment size of the metadata log.', { min: 8388608 }),
    'metadata.log.segment.ms': long('604800000', 'Milliseconds after which the metadata log begins a new segment.'),
    'metadata.max.retention.bytes': long('104857600', 'Bytes of metadata that are kept.'),
    'metadata.max.retention.ms': long('604800000', 'Milliseconds for which metadata is kept.'),
  }),
};
