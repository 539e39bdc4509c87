/**
 * The active controller: decides what becomes of the cluster's metadata and writes it to `__cluster_metadata`. It has
 * two images. The one its decisions are made over already holds records that are appended and not yet committed. The
 * one others see is built from committed records alone, read back from the log, as a second broker would read them.
 */
import {
  type Clock,
  KafkaError,
  type Logger,
  type Random,
  silentLogger,
  type Timers,
  type Uuid,
} from '../core/index.ts';
import { batchesOf, decodeRecords, type KafkaRecord } from '../records/index.ts';
import { type Decision, type RecordLog, Replayed, type StateMachine } from '../replay/index.ts';
import { decodeMetadataRecord } from '../wire/index.ts';
import { type AlteredResource, decideAlterConfigs, type ResourceChange, type RulesByType } from './alter-configs.ts';
import { clientMetricsRules } from './client-metrics-configs.ts';
import { decideCreatePartitions, type GrownTopic, type MorePartitions } from './create-partitions.ts';
import { type CreatedTopic, decideCreateTopics, type NewTopic, type TopicDefaults } from './create-topics.ts';
import { type DeletedTopic, decideDeleteTopics, type TopicToDelete } from './delete-topics.ts';
import {
  decideElectLeaders,
  type ElectionResult,
  type ElectionType,
  type OfflineReplicas,
  type PartitionsOfTopic,
} from './elect-leaders.ts';
import { supportedFeatures } from './features.ts';
import { type BrokerEndpoint, ConfigResource, type MetadataDelta, MetadataImage } from './image.ts';
import { encodeMetadata, type NewMetadataRecord } from './metadata-records.ts';
import type { SnapshotStore } from './snapshot.ts';
import { Snapshots } from './snapshots.ts';
import { decideUpdateFeatures, type FeatureUpdate } from './update-features.ts';

/** As many producer ids as Kafka gives out at once. */
export const PRODUCER_ID_BLOCK = 1000;
const MAX_METADATA_BATCH_BYTES = 8 * 1024 * 1024;

export interface ControllerOptions {
  /** `__cluster_metadata-0`. */
  readonly log: RecordLog;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly defaults: TopicDefaults;
  /** What may be set on brokers and groups. None: nothing. */
  readonly configRules?: RulesByType;
  readonly logger?: Logger;
  /** Without it the log is kept whole. */
  readonly snapshots?: SnapshotOptions;
  /** Levels to finalize on a fresh log in place of the usual ones. */
  readonly initialFeatures?: ReadonlyMap<string, number>;
  /** The metadata log failed: nothing can be decided any more. */
  readonly onFailure?: (error: Error) => void;
}

export interface BrokerRegistration {
  readonly brokerId: number;
  readonly incarnationId: Uuid;
  readonly endpoints: readonly BrokerEndpoint[];
  readonly rack: string | null;
  /** All that its logs held before is there. */
  readonly stoppedCleanly: boolean;
}

/** Bytes and time after which a snapshot is written: `metadata.log.max.record.bytes.between.snapshots` and so on. */
export interface SnapshotOptions {
  readonly store: SnapshotStore;
  readonly maxBytesBetween: number;
  readonly maxIntervalMs: number;
}

class MetadataState implements StateMachine {
  readonly image = new MetadataImage();
  replay(record: KafkaRecord): void {
    if (record.value !== null) this.image.replay(decodeMetadataRecord(record.value), record.offset);
    this.image.takeDelta();
  }
}

type Subscriber = (delta: MetadataDelta, image: MetadataImage) => void;

export class Controller {
  /** What is committed. Only `MetadataImage.replay` changes it. */
  readonly image = new MetadataImage();
  private readonly log: RecordLog;
  private readonly random: Random;
  private readonly defaults: TopicDefaults;
  private readonly configRules: RulesByType;
  private readonly logger: Logger;
  private readonly runtime: Replayed<MetadataState>;
  private readonly subscribers = new Set<Subscriber>();
  /** Offset of the first batch that `image` has not seen. */
  private published: number;
  private readonly snapshots: Snapshots | undefined;

  private constructor(options: ControllerOptions) {
    this.log = options.log;
    this.random = options.random;
    this.defaults = options.defaults;
    this.configRules = new Map([[ConfigResource.CLIENT_METRICS, clientMetricsRules], ...(options.configRules ?? [])]);
    this.logger = options.logger ?? silentLogger;
    const state = new MetadataState();
    const { log, clock, timers, snapshots } = options;
    this.snapshots =
      snapshots === undefined ? undefined : new Snapshots({ ...snapshots, clock, timers, logger: this.logger });
    const restored = this.snapshots?.restore([state.image, this.image], log.endOffset);
    if (restored === undefined && log.startOffset > 0) {
      throw new KafkaError(
        'KAFKA_STORAGE_ERROR',
        `the metadata log begins at offset ${log.startOffset}, and there is no sound snapshot of what was before`,
      );
    }
    this.image.takeDelta();
    this.published = restored ?? log.startOffset;
    this.runtime = new Replayed({
      name: '__cluster_metadata-0',
      log,
      state,
      ...(restored === undefined ? {} : { startAt: restored }),
      clock: options.clock,
      timers: options.timers,
      logger: this.logger,
      maxBatchBytes: MAX_METADATA_BATCH_BYTES,
      ...(options.onFailure === undefined ? {} : { onFailure: options.onFailure }),
    });
  }

  /** Replays the log; a fresh one gets the initial feature levels. */
  static async open(options: ControllerOptions): Promise<Controller> {
    const controller = new Controller(options);
    await controller.runtime.load();
    await options.log.committed();
    controller.publish(options.log.endOffset);
    if (options.log.endOffset === 0) await controller.bootstrap(options.initialFeatures);
    return controller;
  }

  /** Called with each committed change, in order, before the one who asked for it is answered. */
  subscribe(subscriber: Subscriber): () => void {
    this.subscribers.add(subscriber);
    return () => this.subscribers.delete(subscriber);
  }

  /**
   * The answers stand in the order of the request; topics that are named twice are refused at the end, each once.
   * @throws KafkaError POLICY_VIOLATION for a request that is too large as a whole
   */
  createTopics(topics: readonly NewTopic[], options?: { readonly validateOnly?: boolean }): Promise<CreatedTopic[]> {
    return this.write((image) => {
      const { results, records } = decideCreateTopics(image, topics, this.defaults, this.random);
      return { records: options?.validateOnly === true ? [] : records, response: results };
    });
  }

  deleteTopics(topics: readonly TopicToDelete[]): Promise<DeletedTopic[]> {
    return this.write((image) => {
      const { results, records } = decideDeleteTopics(image, topics);
      return { records, response: results };
    });
  }

  /** The answers stand in the order of the request. */
  alterConfigs(
    resources: readonly ResourceChange[],
    options?: { readonly validateOnly?: boolean },
  ): Promise<AlteredResource[]> {
    return this.write((image) => {
      const { results, records } = decideAlterConfigs(image, resources, this.configRules);
      return { records: options?.validateOnly === true ? [] : records, response: results };
    });
  }

  /** Topics that are named twice are refused first, each once. */
  createPartitions(
    topics: readonly MorePartitions[],
    options?: { readonly validateOnly?: boolean },
  ): Promise<GrownTopic[]> {
    return this.write((image) => {
      const { results, records } = decideCreatePartitions(image, topics);
      return { records: options?.validateOnly === true ? [] : records, response: results };
    });
  }

  /** `asked` null: all partitions. */
  electLeaders(
    type: ElectionType,
    asked: readonly PartitionsOfTopic[] | null,
    isOffline: OfflineReplicas,
  ): Promise<ElectionResult[]> {
    return this.write((image) => {
      const { results, records } = decideElectLeaders(image, type, asked, isOffline);
      return { records, response: results };
    });
  }

  /** A block of producer ids that nobody else ever gets. */
  allocateProducerIds(brokerId: number): Promise<{ first: number; count: number }> {
    return this.write((image) => {
      const first = image.nextProducerId;
      const brokerEpoch = image.brokers.get(brokerId)?.epoch ?? -1;
      const nextProducerId = first + PRODUCER_ID_BLOCK;
      return {
        records: [{ type: 'ProducerIdsRecord', value: { brokerId, brokerEpoch, nextProducerId } }],
        response: { first, count: PRODUCER_ID_BLOCK },
      };
    });
  }

  /**
   * Registers a broker that starts, fenced. After a crash it becomes leader of its partitions anew: a new leader epoch
   * begins, so that whoever read what the crash took away finds out. A clean stop takes nothing away, and a restart of many
   * partitions need not write of each. Resolves with the broker's epoch.
   */
  registerBroker(registration: BrokerRegistration): Promise<number> {
    return this.write((image) => {
      const brokerEpoch = this.log.endOffset;
      const records: NewMetadataRecord[] = [
        {
          type: 'RegisterBrokerRecord',
          value: {
            brokerId: registration.brokerId,
            incarnationId: registration.incarnationId,
            brokerEpoch,
            endPoints: registration.endpoints.map((endpoint) => ({ ...endpoint, securityProtocol: 0 })),
            features: supportedFeatures.map(({ name, min, max }) => ({
              name,
              minSupportedVersion: min,
              maxSupportedVersion: max,
            })),
            rack: registration.rack,
            fenced: true,
          },
        },
      ];
      for (const topic of registration.stoppedCleanly ? [] : image.topics.values()) {
        for (const partition of topic.partitions) {
          if (partition.leader !== registration.brokerId) continue;
          records.push({
            type: 'PartitionChangeRecord',
            value: { topicId: topic.id, partitionId: partition.index, leader: registration.brokerId },
          });
        }
      }
      return { records, response: brokerEpoch };
    });
  }

  /** The broker is ready: from now on it is shown to clients. */
  unfenceBroker(brokerId: number, brokerEpoch: number): Promise<void> {
    return this.write((image) => {
      const broker = image.brokers.get(brokerId);
      if (broker === undefined)
        throw new KafkaError('BROKER_ID_NOT_REGISTERED', `broker ${brokerId} is not registered`);
      if (broker.epoch !== brokerEpoch) {
        throw new KafkaError('STALE_BROKER_EPOCH', `broker ${brokerId} has epoch ${broker.epoch}, not ${brokerEpoch}`);
      }
      const record: NewMetadataRecord = {
        type: 'BrokerRegistrationChangeRecord',
        value: { brokerId, brokerEpoch, fenced: -1 },
      };
      return { records: broker.fenced ? [record] : [], response: undefined };
    });
  }

  /** Finalizes levels of features, all of them or none. @throws KafkaError INVALID_UPDATE_VERSION */
  updateFeatures(updates: readonly FeatureUpdate[], options?: { readonly validateOnly?: boolean }): Promise<void> {
    return this.write((image) => {
      const [controllerId = -1] = image.brokers.keys();
      const records = decideUpdateFeatures(image, updates, controllerId);
      return { records: options?.validateOnly === true ? [] : records, response: undefined };
    });
  }

  /** Refuses every later call. */
  close(): void {
    this.snapshots?.close();
    this.runtime.unload();
    this.subscribers.clear();
  }

  private bootstrap(levels: ReadonlyMap<string, number> | undefined): Promise<void> {
    return this.write(() => ({
      records: supportedFeatures
        .map(({ name, initial }) => ({ name, featureLevel: levels?.get(name) ?? initial }))
        .filter(({ featureLevel }) => featureLevel > 0)
        .map((value): NewMetadataRecord => ({ type: 'FeatureLevelRecord', value })),
      response: undefined,
    }));
  }

  private write<T>(
    decide: (image: MetadataImage) => { records: readonly NewMetadataRecord[]; response: T },
  ): Promise<T> {
    let end = 0;
    return this.runtime
      .write((state): Decision<T> => {
        const { records, response } = decide(state.image);
        return {
          records: records.map((record) => ({ key: null, value: encodeMetadata(record) })),
          response,
          afterAppend: () => {
            end = this.log.endOffset;
          },
          afterCommit: () => this.publish(end),
        };
      })
      .catch((error: unknown) => {
        // The runtime speaks of coordinators; a lost controller is NOT_CONTROLLER to clients.
        if (KafkaError.is(error) && error.code === 'NOT_COORDINATOR') {
          throw new KafkaError('NOT_CONTROLLER', 'the metadata log can no longer be written', { cause: error });
        }
        throw error;
      });
  }

  /** Replays committed batches below `end` into the image that others see. */
  private publish(end: number): void {
    if (end <= this.published) return;
    for (const chunk of this.log.readAll(this.published)) {
      for (const { bytes, header } of batchesOf(chunk)) {
        const { isControl, lastOffset } = header;
        if (lastOffset >= end) {
          this.announce();
          return;
        }
        this.published = lastOffset + 1;
        this.snapshots?.grown(bytes.length, header.maxTimestamp);
        if (isControl) continue;
        for (const record of decodeRecords(bytes)) {
          if (record.value !== null) this.image.replay(decodeMetadataRecord(record.value), record.offset);
        }
      }
    }
    this.announce();
  }

  private announce(): void {
    this.snapshots?.published(this.image);
    const delta = this.image.takeDelta();
    for (const subscriber of this.subscribers) {
      try {
        subscriber(delta, this.image);
      } catch (error) {
        this.logger.error(`a subscriber of the metadata failed: ${String(error)}`, { error });
      }
    }
  }
}
