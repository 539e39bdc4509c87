/**
 * WriteTxnMarkers (key 27), versions 1-2: appends the markers of other coordinators, and those of `kafka-transactions.sh
 * abort`. A marker for no partition at all is not in the answer. A producer id that comes twice is answered twice; Kafka
 * 4.3 never answers it. Left out: nothing.
 */
import { ErrorCode } from '../../core/index.ts';
import { type WriteTxnMarkersRequest, writeTxnMarkers } from '../../wire/index.ts';
import { handler } from './handler.ts';

export const writeTxnMarkersHandler = handler(writeTxnMarkers, async (request, _call, { markers }) => ({
  markers: await Promise.all(
    request.markers.filter(hasPartitions).map(async (marker) => {
      const { producerId, producerEpoch, coordinatorEpoch, transactionVersion, topics } = marker;
      const codes = await markers.write({
        producerId,
        producerEpoch,
        coordinatorEpoch,
        kind: marker.transactionResult ? 'commit' : 'abort',
        transactionVersion,
        partitions: topics.flatMap(({ name, partitionIndexes }) =>
          partitionIndexes.map((partition) => ({ topic: name, partition })),
        ),
      });
      return {
        producerId,
        topics: topics.map(({ name, partitionIndexes }) => ({
          name,
          partitions: partitionIndexes.map((partitionIndex) => ({
            partitionIndex,
            errorCode: codes.get(`${name}-${partitionIndex}`) ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
          })),
        })),
      };
    }),
  ),
}));

function hasPartitions({ topics }: WriteTxnMarkersRequest['markers'][number]): boolean {
  return topics.some(({ partitionIndexes }) => partitionIndexes.length > 0);
}
