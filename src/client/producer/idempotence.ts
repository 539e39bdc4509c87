/** The producer id and epoch of a producer that is idempotent without transactions: asked for once, raised locally (KIP-360). */
import { initProducerId } from '../../wire/index.ts';
import { brokerError, type ClientError } from '../errors.ts';
import type { Cluster } from '../metadata/cluster.ts';
import type { ProducerConfig } from '../options/producer.ts';
import type { ProducerIdentity } from './partition-queue.ts';

const EPOCH_MAX = 32_767;

export class IdempotentIdentity {
  current: ProducerIdentity | undefined;
  private asking = false;
  private readonly cluster: Cluster;
  private readonly config: ProducerConfig;
  private readonly settled: (failure: ClientError | undefined) => void;

  /** `settled` is called after each answer; its failure is not worth another try. */
  constructor(cluster: Cluster, config: ProducerConfig, settled: (failure: ClientError | undefined) => void) {
    this.cluster = cluster;
    this.config = config;
    this.settled = settled;
  }

  /** Begins to ask for an id unless there is one or the question is out. */
  ensure(): void {
    if (this.current !== undefined || this.asking) return;
    this.asking = true;
    this.ask().then(
      (identity) => {
        this.asking = false;
        this.current = identity;
        this.settled(undefined);
      },
      (error) => {
        this.asking = false;
        if (!this.cluster.signal.aborted) this.settled(error as ClientError);
      },
    );
  }

  /** The next epoch; a new id once epochs are used up or the broker does not know the id (then undefined for now). */
  raise(): ProducerIdentity | undefined {
    const { current } = this;
    if (current === undefined) return undefined;
    if (current.epoch >= EPOCH_MAX) {
      this.discard();
      return undefined;
    }
    this.current = { producerId: current.producerId, epoch: current.epoch + 1 };
    return this.current;
  }
  discard(): void {
    this.current = undefined;
    this.ensure();
  }

  private ask(): Promise<ProducerIdentity> {
    const deadline = this.cluster.deadline(Number.POSITIVE_INFINITY);
    return this.cluster.retry('InitProducerId', deadline, async () => {
      const connection = await this.cluster.anyConnection();
      const answer = await connection.request(
        initProducerId,
        connection.version(initProducerId),
        { transactionalId: null, transactionTimeoutMs: this.config.transactionTimeoutMs },
        { timeoutMs: this.config.requestTimeoutMs },
      );
      if (answer.errorCode !== 0) throw brokerError(answer.errorCode, 'InitProducerId', null, { fatal: true });
      return { producerId: answer.producerId, epoch: answer.producerEpoch };
    });
  }
}
