/**
 * Appends the markers that end a transaction to partitions that this broker leads, for its own coordinator and for
 * WriteTxnMarkers. A marker counts once it is committed; on `__consumer_offsets` also once the group coordinator has
 * settled the offsets that were pending, for until then a reader of offsets could still miss them.
 */
import { CONSUMER_OFFSETS } from '../controller/index.ts';
import type { GroupCoordinator, MarkersToWrite } from '../coordinator/index.ts';
import { type Clock, ErrorCode, KafkaError, type Logger } from '../core/index.ts';
import { encodeControlBatch } from '../records/index.ts';
import type { Partition } from './partition/partition.ts';
import type { Partitions } from './partition/partitions.ts';

export class TransactionMarkers {
  private readonly partitions: Partitions;
  private readonly groups: GroupCoordinator;
  private readonly clock: Clock;
  private readonly logger: Logger;

  constructor(parts: { partitions: Partitions; groups: GroupCoordinator; clock: Clock; logger: Logger }) {
    this.partitions = parts.partitions;
    this.groups = parts.groups;
    this.clock = parts.clock;
    this.logger = parts.logger;
  }

  /** The error code of each partition by `topic-partition`. Never rejects. */
  async write(markers: Omit<MarkersToWrite, 'transactionalId'>): Promise<Map<string, number>> {
    const codes = markers.partitions.map(async ({ topic, partition }): Promise<[string, number]> => {
      const found = this.partitions.find(topic, partition);
      const code = typeof found === 'number' ? found : await this.append(found, markers);
      return [`${topic}-${partition}`, code];
    });
    return new Map(await Promise.all(codes));
  }

  private async append(partition: Partition, markers: Omit<MarkersToWrite, 'transactionalId'>): Promise<number> {
    const { kind, coordinatorEpoch, producerId, producerEpoch, transactionVersion } = markers;
    const timestamp = this.clock.now();
    const batch = encodeControlBatch({ kind, coordinatorEpoch, producerId, producerEpoch, timestamp });
    try {
      const { lastOffset } = partition.append(batch, -1, {
        origin: 'coordinator',
        producerIdTransactionVersion: transactionVersion >= 2 ? 2 : 1,
      });
      // In the same turn: whoever reads the group's state from now on finds the marker applied.
      const settled =
        partition.topic === CONSUMER_OFFSETS
          ? this.groups.completeTransaction(partition.index, producerId, producerEpoch, kind)
          : undefined;
      await partition.committed(lastOffset + 1);
      return (await settled) ?? ErrorCode.NONE;
    } catch (error) {
      if (KafkaError.is(error)) return error.errorCode;
      this.logger.error(`a marker could not be appended to ${partition.name}: ${String(error)}`, { error });
      return ErrorCode.UNKNOWN_SERVER_ERROR;
    }
  }
}
