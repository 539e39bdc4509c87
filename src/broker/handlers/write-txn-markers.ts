/**
 * WriteTxnMarkers (key 27), versions 1-2: appends the markers of other coordinators, and those of `kafka-transactions.sh
 * abort`. Left out: nothing.
 */
import { ErrorCode } from '../../core/index.ts';
import { writeTxnMarkers } from '../../wire/index.ts';
import { handler } from './handler.ts';

export const writeTxnMarkersHandler = handler(writeTxnMarkers, async (request, _call, { markers }) => ({
  markers: await Promise.all(
    request.markers.map(async (marker) => {
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
