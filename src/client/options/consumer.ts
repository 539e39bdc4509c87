/** The consumer's options and the contradictions that it refuses (https://kafka.apache.org/documentation/#consumerconfigs). */
import { ConfigurationError } from '../errors.ts';
import { autoCreate, type ClientConfig, commonOptions, normaliseClient, type Surroundings } from './common.ts';
import { boolean, choice, type GivenNotTaken, type GivenOptions, integer, list, text } from './normalise.ts';
import { consumerNotTaken } from './not-taken.ts';
import { offsetReset } from './offset-reset.ts';
import { type ConsumerPreset, type NoPreset, withPreset } from './presets.ts';

export const assignorNames = ['range', 'roundrobin', 'sticky', 'cooperative-sticky'] as const;
export type AssignorName = (typeof assignorNames)[number];
export type IsolationLevel = 'read_uncommitted' | 'read_committed';

const javaAssignors: Readonly<Record<string, AssignorName>> = {
  'org.apache.kafka.clients.consumer.RangeAssignor': 'range',
  'org.apache.kafka.clients.consumer.RoundRobinAssignor': 'roundrobin',
  'org.apache.kafka.clients.consumer.StickyAssignor': 'sticky',
  'org.apache.kafka.clients.consumer.CooperativeStickyAssignor': 'cooperative-sticky',
};

export const consumerOptions = {
  ...commonOptions,
  'group.id': text('The group that shares the partitions and keeps the offsets.', null),
  'group.instance.id': text('Makes the member static: it may restart within session.timeout.ms unnoticed.', null),
  'isolation.level': choice<IsolationLevel>(
    'read_committed hides records of transactions that are open or aborted.',
    'read_uncommitted',
    ['read_uncommitted', 'read_committed'],
  ),
  'auto.offset.reset': offsetReset,
  'enable.auto.commit': boolean('poll() commits what earlier polls returned, now and then.', true),
  'auto.commit.interval.ms': integer('How often.', 5_000),
  'session.timeout.ms': integer('A member without heartbeats for this long is removed from the group.', 45_000, 1),
  'heartbeat.interval.ms': integer('How often the member says that it is alive.', 3_000, 1),
  'max.poll.interval.ms': integer('A member that does not poll for this long leaves the group.', 300_000, 1),
  'max.poll.records': integer('The most records that one poll returns.', 500, 1),
  'partition.assignment.strategy': list<AssignorName>(
    'How the group’s leader shares the partitions, by preference: `range`, `roundrobin`, `sticky`, `cooperative-sticky`. ' +
      'With cooperative-sticky alone, members keep reading what stays theirs while the group moves.',
    ['range'],
    (value) => {
      const known = assignorNames.find((name) => name === value) ?? javaAssignors[value];
      if (known === undefined) throw new Error(`one of ${assignorNames.join(', ')} is wanted`);
      return known;
    },
  ),
  'fetch.min.bytes': integer('The broker waits until it has this much.', 1, 0),
  'fetch.max.wait.ms': integer('The broker waits no longer than this.', 500),
  'fetch.max.bytes': integer('About the most that one fetch brings, and that waits unread.', 52_428_800, 0),
  'max.partition.fetch.bytes': integer('About the most that one fetch brings of a partition.', 1_048_576, 0),
  'exclude.internal.topics': boolean('A pattern matches none of Kafka’s own topics.', true),
  'check.crcs': boolean('Verifies each batch’s checksum.', true),
  'default.api.timeout.ms': integer('How long commit(), committed() and the like may take.', 60_000, 1),
  'allow.auto.create.topics': autoCreate,
};

type ConsumerProperties = GivenOptions<typeof consumerOptions> & GivenNotTaken<typeof consumerNotTaken> & Surroundings;

export type ConsumerOptions = ConsumerProperties & NoPreset;
/** With a preset; what contradicts it does not compile. */
export type ConsumerPresetOptions = ConsumerProperties & ConsumerPreset;
export type ConsumerConfig = ClientConfig<typeof consumerOptions>;

/** @throws ConfigurationError naming both options and the cure */
export function normaliseConsumerOptions(given: ConsumerOptions | ConsumerPresetOptions): ConsumerConfig {
  const completed = withPreset('consumer', given);
  const { config: options, given: set } = normaliseClient(
    consumerOptions,
    completed,
    'the consumer',
    consumerNotTaken,
    ['preset'],
  );
  const adjusted = { ...options };
  if (options.groupId === null) {
    if (set.has('enable.auto.commit') && options.enableAutoCommit) {
      throw new ConfigurationError(
        'enable.auto.commit=true needs group.id: set group.id, or leave enable.auto.commit out',
      );
    }
    if (options.groupInstanceId !== null) {
      throw new ConfigurationError('group.instance.id needs group.id: set group.id, or leave group.instance.id out');
    }
    adjusted.enableAutoCommit = false;
  }
  if (options.heartbeatIntervalMs >= options.sessionTimeoutMs) {
    throw new ConfigurationError(
      `heartbeat.interval.ms=${options.heartbeatIntervalMs} contradicts session.timeout.ms=${options.sessionTimeoutMs}: ` +
        'heartbeats must be more frequent; a third of the session timeout is usual',
    );
  }
  return adjusted;
}
