/** The producer's options and the contradictions that it refuses (KIP-679, https://kafka.apache.org/documentation/#producerconfigs). */
import { ConfigurationError } from '../errors.ts';
import type { PartitionChoice } from '../producer/records.ts';
import type { TraceContextHook } from '../trace-context.ts';
import { autoCreate, type ClientConfig, commonOptions, normaliseClient, type Surroundings } from './common.ts';
import { consumerOptions } from './consumer.ts';
import { boolean, choice, define, type GivenNotTaken, type GivenOptions, integer, text } from './normalise.ts';
import { producerNotTaken } from './not-taken.ts';
import { type NoPreset, type ProducerPreset, withPreset } from './presets.ts';

export const compressionTypes = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
export type CompressionType = (typeof compressionTypes)[number];
export type Acks = 0 | 1 | 'all';
/** Null: Kafka's own way. */
export type PartitionerClass = 'roundrobin' | PartitionChoice | null;

const ROUND_ROBIN = 'org.apache.kafka.clients.producer.RoundRobinPartitioner';

export const producerOptions = {
  ...commonOptions,
  acks: choice<Acks, Acks | -1>(
    'Who must have a record before it counts as sent: 0 nobody, 1 the leader, `all` the in-sync replicas.',
    'all',
    [0, 1, 'all'],
    { '-1': 'all' },
  ),
  'enable.idempotence': boolean('Each record lands once, in order, whatever is sent again.', true),
  'transactional.id': text('Makes the producer transactional; the same id fences the producer that had it.', null),
  'transaction.timeout.ms': integer('A transaction open for longer is aborted by the coordinator.', 60_000, 1),
  'linger.ms': integer('How long a batch waits for more records.', 5),
  'batch.size': integer('A batch is sent once it has this many bytes.', 16_384, 1),
  'buffer.memory': integer(
    'Bytes that may wait to be sent before send() asks the caller to wait.',
    33_554_432,
    1,
    2 ** 40,
  ),
  'max.block.ms': integer('How long metadata and the transaction’s calls may take.', 60_000),
  'max.request.size': integer('The largest request, and the largest record, bytes.', 1_048_576, 1024),
  'max.in.flight.requests.per.connection': integer('Requests sent to a broker before the first is answered.', 5, 1),
  retries: integer('How often a batch is sent again; bounded by delivery.timeout.ms as well.', 2_147_483_647),
  'delivery.timeout.ms': integer('A record not acknowledged this long after send() has failed.', 120_000, 1),
  'compression.type': choice<CompressionType>('The codec of the batches.', 'none', compressionTypes),
  'compression.gzip.level': choice<number>(
    'How hard gzip packs, 1 to 9; -1: as zlib does by itself.',
    -1,
    [-1, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  ),
  'compression.zstd.level': integer('How hard zstd packs.', 3, -131_072, 22),
  'partitioner.class': define<PartitionerClass, PartitionerClass | `org.apache.kafka.${string}`>(
    'Which partition a record goes to that names none: left out, by key and else adaptively sticky; `roundrobin`, one after ' +
      'the other; or a function.',
    null,
    (value) => {
      if (value === null || typeof value === 'function') return value as PartitionerClass;
      if (value === 'roundrobin' || value === ROUND_ROBIN) return 'roundrobin';
      throw new Error('roundrobin or a function is wanted');
    },
  ),
  'partitioner.ignore.keys': boolean('Records with a key go where those without go.', false),
  'partitioner.adaptive.partitioning.enable': boolean(
    'Records without a key go rather where fewer batches wait (KIP-794).',
    true,
  ),
  'partitioner.availability.timeout.ms': integer(
    'A broker that could take nothing for this long gets no records without a key; 0: it gets them all the same.',
    0,
  ),
  'allow.auto.create.topics': autoCreate,
};

/** What is not a property of Kafka's. */
interface ProducerExtras extends Surroundings {
  /** Asked for the trace context of each record, which is written into its headers unless it has one. */
  readonly traceContext?: TraceContextHook | undefined;
}

type ProducerProperties = GivenOptions<typeof producerOptions> &
  GivenNotTaken<typeof producerNotTaken> &
  ProducerExtras;

export type ProducerOptions = ProducerProperties & NoPreset;
/** With a preset; what contradicts it does not compile. */
export type ProducerPresetOptions = ProducerProperties & ProducerPreset;
export type ProducerConfig = ClientConfig<typeof producerOptions>;

/**
 * @returns the options in full, and what was switched off because of what was given
 * @throws ConfigurationError naming both options and the cure
 */
export function normaliseProducerOptions(given: ProducerOptions | ProducerPresetOptions): {
  config: ProducerConfig;
  warnings: string[];
} {
  const extras = ['preset', 'traceContext'];
  const completed = withPreset('producer', given);
  const { config: options, given: set } = normaliseClient(
    producerOptions,
    completed,
    'the producer',
    producerNotTaken,
    extras,
    { client: 'the consumer', table: consumerOptions },
  );
  if (given.traceContext !== undefined && typeof given.traceContext !== 'function') {
    throw new ConfigurationError('traceContext: a function that returns a record’s context is wanted');
  }
  const warnings: string[] = [];
  const adjusted = { ...options };
  const transactional = options.transactionalId !== null;

  if (transactional && set.has('enable.idempotence') && !options.enableIdempotence) {
    refuse('transactional.id', 'enable.idempotence=false', 'leave enable.idempotence at true');
  }
  const asked = transactional || (set.has('enable.idempotence') && options.enableIdempotence);
  const asker = transactional ? 'transactional.id' : 'enable.idempotence=true';
  if (options.enableIdempotence) {
    if (options.maxInFlightRequestsPerConnection > 5) {
      refuse(
        asker === 'transactional.id' ? asker : 'enable.idempotence',
        `max.in.flight.requests.per.connection=${options.maxInFlightRequestsPerConnection}`,
        'use at most 5 in flight, or set enable.idempotence=false',
      );
    }
    if (options.acks !== 'all') {
      if (asked) refuse(asker, `acks=${options.acks}`, `set acks=all, or leave ${asker} out`);
      adjusted.enableIdempotence = false;
      warnings.push(`acks=${options.acks} switches enable.idempotence off: retries may duplicate or reorder records`);
    }
    if (options.retries === 0) {
      if (asked) refuse(asker, 'retries=0', `leave retries at its default, or leave ${asker} out`);
      adjusted.enableIdempotence = false;
      warnings.push('retries=0 switches enable.idempotence off');
    }
  }
  if (options.partitionerClass !== null) {
    const chosen = `partitioner.class=${typeof options.partitionerClass === 'string' ? options.partitionerClass : 'a function'}`;
    for (const name of ['partitioner.ignore.keys', 'partitioner.availability.timeout.ms'] as const) {
      if (set.has(name))
        refuse(chosen, name, 'only the partitioner that is used without partitioner.class looks at it');
    }
    if (set.has('partitioner.adaptive.partitioning.enable') && options.partitionerAdaptivePartitioningEnable) {
      refuse(chosen, 'partitioner.adaptive.partitioning.enable=true', 'leave one of them out');
    }
  }
  if (options.partitionerAvailabilityTimeoutMs > 0 && !options.partitionerAdaptivePartitioningEnable) {
    refuse(
      `partitioner.availability.timeout.ms=${options.partitionerAvailabilityTimeoutMs}`,
      'partitioner.adaptive.partitioning.enable=false',
      'only adaptive partitioning looks at it: leave one of them out',
    );
  }
  const least = options.lingerMs + options.requestTimeoutMs;
  if (options.deliveryTimeoutMs < least) {
    if (set.has('delivery.timeout.ms')) {
      refuse(
        `delivery.timeout.ms=${options.deliveryTimeoutMs}`,
        `linger.ms + request.timeout.ms = ${least}`,
        'raise delivery.timeout.ms to at least their sum, or lower request.timeout.ms',
      );
    }
    adjusted.deliveryTimeoutMs = least;
  }
  return { config: adjusted, warnings };
}

function refuse(one: string, other: string, cure: string): never {
  throw new ConfigurationError(`${one} contradicts ${other}: ${cure}`);
}
