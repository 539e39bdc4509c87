/** For tests: a transaction coordinator on virtual time over a log in memory, and partitions that remember their markers. */
import { errorName, KafkaError } from '../../core/index.ts';
import { MemoryRecordLog, Replayed, settle, VirtualTime } from '../../replay/index.ts';
import type { MarkersToWrite } from './markers.ts';
import type { TransactionConfig } from './transaction-config.ts';
import { TransactionCoordinator } from './transaction-coordinator.ts';
import { TransactionLogState } from './transaction-shard.ts';

export interface Producer {
  readonly producerId: number;
  readonly producerEpoch: number;
}

type MarkerAnswer = (markers: MarkersToWrite) => Promise<ReadonlyMap<string, number>>;

export const written: MarkerAnswer = async ({ partitions }) =>
  new Map(partitions.map(({ topic, partition }) => [`${topic}-${partition}`, 0]));

export class Scene {
  readonly time = new VirtualTime();
  log = new MemoryRecordLog();
  coordinator: TransactionCoordinator;
  /** Every request for markers, in order. */
  readonly markers: MarkersToWrite[] = [];
  answerMarkers: MarkerAnswer = written;
  /** Where the next block of producer ids starts. */
  nextProducerId = 1000;
  controllerIsAway = false;
  transactionVersion = 2;
  private readonly config: Partial<TransactionConfig>;
  private leaderEpoch = 0;

  constructor(config: Partial<TransactionConfig> = {}) {
    this.config = config;
    this.coordinator = this.newCoordinator();
  }

  static async start(config: Partial<TransactionConfig> = {}): Promise<Scene> {
    const scene = new Scene(config);
    await scene.coordinator.onElection(0, 0);
    return scene;
  }

  /** Another coordinator takes over what is in the log, or in the part of it below `upTo`. */
  async restart(upTo?: number): Promise<void> {
    this.coordinator.close();
    this.log = this.log.copy(upTo);
    this.coordinator = this.newCoordinator();
    this.leaderEpoch += 1;
    await this.coordinator.onElection(0, this.leaderEpoch);
    await settle();
  }

  private newCoordinator(): TransactionCoordinator {
    return new TransactionCoordinator({
      clock: this.time,
      timers: this.time,
      config: this.config,
      logFor: () => this.log,
      partitionCount: 1,
      allocateProducerIds: async () => {
        if (this.controllerIsAway) throw new KafkaError('NOT_CONTROLLER');
        const first = this.nextProducerId;
        this.nextProducerId += 2;
        return { first, count: 2 };
      },
      writeMarkers: (markers) => {
        this.markers.push(markers);
        return this.answerMarkers(markers);
      },
      groupPartitionFor: () => 3,
      transactionVersion: () => this.transactionVersion,
    });
  }

  /** Markers are not answered until what it returns is called, for the last request with them. */
  holdMarkers(): () => void {
    let release = () => {};
    this.answerMarkers = async (markers) => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return written(markers);
    };
    return () => release();
  }

  /** `expected` as KIP-360 has it. Answers the error's name, or the producer. */
  async init(expected?: Producer, apiVersion = 5, transactionTimeoutMs = 60_000): Promise<string | Producer> {
    const given = expected ?? { producerId: -1, producerEpoch: -1 };
    const request = { transactionalId: 'tx', transactionTimeoutMs, ...given };
    const { errorCode, ...producer } = await this.coordinator.initProducerId(request, context(apiVersion));
    return errorCode === 0 ? producer : errorName(errorCode);
  }

  async initialized(expected?: Producer): Promise<Producer> {
    const producer = await this.init(expected);
    if (typeof producer === 'string') throw new Error(producer);
    return producer;
  }

  async add(producer: Producer, partition: number, transactionVersion = 2): Promise<string> {
    const partitions = [{ topic: 'orders', partition }];
    return errorName(
      await this.coordinator.addPartitions({ transactionalId: 'tx', ...producer, partitions, transactionVersion }),
    );
  }

  async end(producer: Producer, kind: 'commit' | 'abort', apiVersion = 5): Promise<string | Producer> {
    const request = { transactionalId: 'tx', ...producer, committed: kind === 'commit' };
    const { errorCode, ...next } = await this.coordinator.endTxn(request, context(apiVersion));
    return errorCode === 0 ? next : errorName(errorCode);
  }

  async ended(producer: Producer, kind: 'commit' | 'abort', apiVersion = 5): Promise<Producer> {
    const next = await this.end(producer, kind, apiVersion);
    if (typeof next === 'string') throw new Error(next);
    return next;
  }

  async state(): Promise<string | undefined> {
    await settle();
    return (await this.coordinator.describe('tx'))?.state;
  }

  /** What a coordinator that loads the log now knows. */
  async loaded(upTo?: number): Promise<TransactionLogState> {
    const state = new TransactionLogState();
    const { time } = this;
    await Replayed.load({ name: 'loaded', log: this.log.copy(upTo), state, clock: time, timers: time });
    return state;
  }
}

export function context(apiVersion: number) {
  return { clientId: 'test', clientHost: '/127.0.0.1', apiVersion };
}

/** Markers in the shape `commit 1000/1 orders-0,orders-1`. */
export function shown({ kind, producerId, producerEpoch, partitions }: MarkersToWrite): string {
  const targets = partitions.map(({ topic, partition }) => `${topic}-${partition}`);
  return `${kind} ${producerId}/${producerEpoch} ${targets.join()}`;
}
