/** What the handlers work with: the parts of one running broker. */
import type { Controller, MetadataImage } from '../controller/index.ts';
import type { GroupCoordinator, TransactionCoordinator } from '../coordinator/index.ts';
import type { BufferPool, Clock, Disk, Logger, Random, Timers, Uuid } from '../core/index.ts';
import type { BrokerConfig } from './config/broker-configs.ts';
import type { BrokerConfiguration } from './config/broker-configuration.ts';
import type { InternalTopics } from './internal-topics.ts';
import type { LogLevels } from './log-levels.ts';
import type { LogManager } from './log-manager/log-manager.ts';
import type { FetchSessions } from './partition/fetch-sessions.ts';
import type { Partition } from './partition/partition.ts';
import type { Partitions } from './partition/partitions.ts';
import type { WaitingFetches } from './partition/waiting-fetches.ts';
import type { TransactionMarkers } from './transaction-markers.ts';
import type { TransactionVerification } from './transaction-verification.ts';

export interface BrokerServices {
  /** What holds now, by name. */
  readonly config: BrokerConfig;
  /** The same with its sources. */
  readonly configuration: BrokerConfiguration;
  readonly nodeId: number;
  readonly clusterId: Uuid;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly disk: Disk;
  /** Where everything is kept, and the id of that place. */
  readonly dataDirectory: string;
  readonly directoryId: Uuid;
  readonly logger: Logger;
  readonly logLevels: LogLevels;
  readonly controller: Controller;
  /** What is committed of the cluster's metadata. */
  readonly image: MetadataImage;
  /** `__cluster_metadata-0`; it is no topic that clients see. */
  readonly metadataLog: Partition;
  readonly partitions: Partitions;
  readonly logs: LogManager;
  readonly waitingFetches: WaitingFetches;
  /** For what is read to be sent: give it back once it has left. */
  readonly buffers: BufferPool;
  readonly fetchSessions: FetchSessions;
  readonly internalTopics: InternalTopics;
  readonly groups: GroupCoordinator;
  readonly transactions: TransactionCoordinator;
  readonly markers: TransactionMarkers;
  readonly verification: TransactionVerification;
}
