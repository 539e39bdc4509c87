/**
 * One broker, from start to close: puts the parts together in the order in which each can trust the one before. The data
 * directory is locked; the metadata log is replayed; the listener is bound, so that the address to register is known;
 * the broker registers, opens its partitions, loads its coordinators, and only then is shown to clients.
 */
import { CLUSTER_METADATA, ConfigResource, Controller, type MetadataImage } from '../controller/index.ts';
import { BufferPool, type Logger, MemoryDisk, ONE_UUID, type Ports, randomUuid, silentLogger } from '../core/index.ts';
import { defaultLogConfig, PartitionLog } from '../log/index.ts';
import type { BrokerConfigInput } from './config/broker-configs.ts';
import { BrokerConfiguration } from './config/broker-configuration.ts';
import { brokerRules } from './config/broker-rules.ts';
import { warningsFor } from './config/effects.ts';
import { groupRules } from './config/group-rules.ts';
import { dataDirectoryOf, nodeIdOf } from './config/identity.ts';
import { type ListenerPlan, planListeners } from './config/listeners.ts';
import { refuseWrongConfig } from './config/problems.ts';
import { Coordinators } from './coordinators.ts';
import { DataDirectory } from './data-directory.ts';
import { handlers } from './handlers/registry.ts';
import { InternalTopics } from './internal-topics.ts';
import { LogLevels } from './log-levels.ts';
import { LogManager } from './log-manager/log-manager.ts';
import { refuseDamagedMetadata } from './metadata-damage.ts';
import { MetadataSnapshots } from './metadata-snapshots.ts';
import { makeDispatch } from './network/dispatch.ts';
import { bracketed, Listeners } from './network/listeners.ts';
import { FetchSessions } from './partition/fetch-sessions.ts';
import { Partition } from './partition/partition.ts';
import { PartitionRecordLog } from './partition/partition-record-log.ts';
import { Partitions } from './partition/partitions.ts';
import { WaitingFetches } from './partition/waiting-fetches.ts';
import type { BrokerServices } from './services.ts';
import { setAsideStrays } from './stray-directories.ts';
import { TransactionVerification } from './transaction-verification.ts';

export interface BrokerOptions {
  /** Address to listen on. @default '127.0.0.1' */
  readonly host?: string;
  /** 0 picks a free one. @default 0 */
  readonly port?: number;
  /** What clients are told to connect to. @default host and the port that was bound */
  readonly advertisedHost?: string;
  readonly advertisedPort?: number;
  /** Where everything is kept; made where it is missing. Without one all is in memory and gone after `close`. */
  readonly dataDirectory?: string;
  /** The same as `node.id` in `config`: one of them is given. @default 1 */
  readonly nodeId?: number;
  /** Kafka's property names; see BrokerConfig. An unknown one is refused. */
  readonly config?: BrokerConfigInput;
  /** Clock, timers, random, network, disk. @default the machine's own */
  readonly ports?: Partial<Ports>;
  /** @default silent */
  readonly logger?: Logger;
  /** The least level that reaches the logger, until somebody changes it (`kafka-configs`, broker-loggers). @default 'debug' */
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

/** Memory for requests and reads that is kept for the next ones. */
const FREE_BUFFERS_MAX = 16 * 1024 * 1024;

/** How long `close` waits for requests under way, milliseconds. */
const CLOSE_GRACE_MS = 2000;
const MEMORY_DIRECTORY = '/data';
/** As in Kafka: the metadata log is never refused for a large batch. */
const METADATA_BATCH_MAX = 64 * 1024 * 1024;

/** What the options and properties come to. */
interface Resolved {
  readonly configuration: BrokerConfiguration;
  readonly plans: readonly ListenerPlan[];
  readonly dataDirectory: string;
}

export async function startBroker(options: BrokerOptions, defaultPorts: Ports): Promise<RunningBroker> {
  refuseWrongConfig(options.config, options);
  const configuration = new BrokerConfiguration(options.config);
  const dataDirectory = dataDirectoryOf(options, configuration);
  const plans = planListeners(options, configuration);
  const ports: Ports = {
    ...defaultPorts,
    ...options.ports,
    ...(dataDirectory === undefined ? { disk: new MemoryDisk() } : {}),
  };
  const undo: (() => unknown)[] = [];
  try {
    return await assemble(
      options,
      { configuration, plans, dataDirectory: dataDirectory ?? MEMORY_DIRECTORY },
      ports,
      undo,
    );
  } catch (error) {
    for (const step of undo.reverse()) {
      try {
        await step();
      } catch (failure) {
        options.logger?.warn(`cleaning up after a failed start: ${String(failure)}`);
      }
    }
    throw error;
  }
}

async function assemble(
  options: BrokerOptions,
  { configuration, plans, dataDirectory }: Resolved,
  ports: Ports,
  undo: (() => unknown)[],
): Promise<RunningBroker> {
  const { clock, timers, random, disk } = ports;
  const config = configuration.values;
  const logger = new LogLevels(options.logger ?? silentLogger, options.logLevel ?? 'debug');
  const nodeId = nodeIdOf(options, configuration);
  for (const warning of warningsFor(configuration)) logger.warn(warning);
  const directory = DataDirectory.open(disk, dataDirectory, nodeId, random);
  undo.push(() => directory.release());

  const logs = new LogManager({ ...ports, logger, configuration, directory: directory.path });
  undo.push(() => logs.stop());
  const metadataLog = new Partition({
    topic: CLUSTER_METADATA,
    topicId: ONE_UUID,
    index: 0,
    leaderEpoch: 0,
    log: PartitionLog.open({
      disk,
      clock,
      directory: directory.partitionDirectory(CLUSTER_METADATA, 0),
      config: { ...defaultLogConfig, maxMessageBytes: METADATA_BATCH_MAX },
      topicId: ONE_UUID,
      logger,
      ...logs.optionsFor(CLUSTER_METADATA, 0),
      // Everything else hangs on it, and it is small: it is checked whole at each start.
      recoveryPoint: undefined,
      cleanShutdown: false,
    }),
    logger,
    // Whatever is said of records: a topic that was created is there after a power failure.
    syncAcksAll: true,
  });
  undo.push(() => metadataLog.close());
  const controller: Controller = await Controller.open({
    log: new PartitionRecordLog(metadataLog),
    clock,
    timers,
    random,
    logger,
    snapshots: {
      store: new MetadataSnapshots({ disk, timers, logger, partition: metadataLog }),
      maxBytesBetween: config['metadata.log.max.record.bytes.between.snapshots'],
      maxIntervalMs: config['metadata.log.max.snapshot.interval.ms'],
    },
    defaults: {
      numPartitions: config['num.partitions'],
      replicationFactor: config['default.replication.factor'],
    },
    configRules: new Map([
      [ConfigResource.BROKER, brokerRules(configuration, nodeId, () => controller.image)],
      [ConfigResource.GROUP, groupRules(config)],
    ]),
    onFailure: (error) => logger.error(`the metadata log failed, restart the broker: ${error.message}`, { error }),
  });
  undo.push(() => controller.close());
  refuseDamagedMetadata(disk, directory, controller.image);
  const applyDynamicConfigs = (image: MetadataImage) => {
    const set = (name: string) => image.configsOf(ConfigResource.BROKER, name);
    configuration.applyDynamic(set(String(nodeId)), set(''));
  };
  applyDynamicConfigs(controller.image);

  let services: BrokerServices | undefined;
  let begin!: () => void;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const buffers = new BufferPool(FREE_BUFFERS_MAX);
  const listeners = await Listeners.open({
    plans,
    config,
    ports,
    logger,
    dispatchFor: (listenerName) => makeDispatch(handlers, () => services, begun, listenerName, buffers),
    buffers,
  });
  undo.push(() => listeners.close(0));
  const { advertised } = listeners;
  configuration.tell({
    'process.roles': 'broker,controller',
    'node.id': String(nodeId),
    'broker.id': String(nodeId),
    'controller.listener.names': 'CONTROLLER',
    listeners: listeners.text,
    'advertised.listeners': advertised.map(({ name, host, port }) => `${name}://${bracketed(host)}:${port}`).join(','),
    'log.dirs': dataDirectory,
  });
  const epoch = await controller.registerBroker({
    brokerId: nodeId,
    incarnationId: randomUuid(random),
    endpoints: advertised,
    rack: config['broker.rack'],
    stoppedCleanly: logs.cleanShutdown,
  });

  const partitions = new Partitions({ disk, clock, logger, directory, logs, configuration, nodeId });
  undo.push(() => partitions.close());
  setAsideStrays(disk, directory, controller.image, logger);
  partitions.load(controller.image);
  const internalTopics = new InternalTopics(controller, config);
  const coordinators = new Coordinators({ config, ports, logger, nodeId, controller, partitions, internalTopics });
  undo.push(() => coordinators.close());
  controller.subscribe((delta, image) => {
    if (delta.brokerConfigsChanged) applyDynamicConfigs(image);
    partitions.apply(delta, image);
  });
  controller.subscribe((delta) => logs.topicsChanged(delta));
  await coordinators.load();
  await controller.unfenceBroker(nodeId, epoch);

  const waitingFetches = new WaitingFetches(timers);
  const fetchSessions = new FetchSessions({
    slots: config['max.incremental.fetch.session.cache.slots'],
    clock,
    random,
  });
  services = {
    config,
    configuration,
    nodeId,
    clusterId: directory.meta.clusterId,
    clock,
    timers,
    random,
    disk,
    dataDirectory: directory.path,
    directoryId: directory.meta.directoryId,
    logger,
    logLevels: logger,
    controller,
    image: controller.image,
    metadataLog,
    partitions,
    logs,
    waitingFetches,
    buffers,
    fetchSessions,
    internalTopics,
    groups: coordinators.groups,
    transactions: coordinators.transactions,
    markers: coordinators.markers,
    verification: new TransactionVerification(coordinators.transactions, timers, config),
  };
  logs.start(() => partitions.all(), controller.image, [metadataLog]);
  begin();
  logger.info(`broker ${nodeId} listens on ${listeners.text}`, { clusterId: directory.meta.clusterId });
  return {
    host: advertised[0]!.host,
    port: advertised[0]!.port,
    nodeId,
    clusterId: directory.meta.clusterId,
    usage: () => ({
      ...listeners.usage,
      waitingFetches: waitingFetches.size,
      fetchSessions: fetchSessions.count,
    }),
    close: async () => {
      const closing = listeners.close(CLOSE_GRACE_MS);
      waitingFetches.answerAll();
      coordinators.close();
      await closing;
      services = undefined;
      controller.close();
      await logs.stop();
      const { closed, whole } = await partitions.close();
      await metadataLog.close();
      logs.finish([...closed, metadataLog], whole, epoch);
      directory.release();
    },
  };
}

/** What peers hold of a broker at the moment. */
export interface BrokerUsage {
  readonly connections: number;
  /** Bytes of requests that are received, in part at least, and not yet answered. */
  readonly requestBytes: number;
  /** Bytes of answers that peers have not taken. */
  readonly answerBytes: number;
  readonly waitingFetches: number;
  readonly fetchSessions: number;
}

export interface RunningBroker {
  readonly host: string;
  readonly port: number;
  readonly nodeId: number;
  readonly clusterId: string;
  usage(): BrokerUsage;
  close(): Promise<void>;
}
