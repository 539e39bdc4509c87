/**
 * DeleteRecords (key 21), versions 0-2: the log of a partition begins at a later offset from now on; -1 stands for the
 * high watermark. Whole segments before it are removed. A topic that is only compacted refuses it (POLICY_VIOLATION). A
 * partition that is named twice is answered once, for the last. The last stable offset is never before the new start,
 * while Kafka 4.3 leaves it there until the next append. Left out: `timeoutMs`; there is no follower to wait for.
 */
import { isInternalTopic } from '../../controller/index.ts';
import { ErrorCode, KafkaError } from '../../core/index.ts';
import { type DeleteRecordsRequest, type DeleteRecordsResponseInput, deleteRecords } from '../../wire/index.ts';
import type { BrokerServices } from '../services.ts';
import { hasCleanupPolicy } from '../topic-configuration.ts';
import { handler } from './handler.ts';

type TopicAnswer = NonNullable<DeleteRecordsResponseInput['topics']>[number];
type Answer = NonNullable<TopicAnswer['partitions']>[number];

export const deleteRecordsHandler = handler(deleteRecords, (request, _call, broker) => {
  const topics = [...asked(request)].map(([name, offsets]) => ({
    name,
    partitions: [...offsets].map(([index, offset]) => deleteBefore(name, index, offset, broker)),
  }));
  broker.logs.startOffsetsMoved();
  return { topics };
});

/** By topic and partition. */
function asked(request: DeleteRecordsRequest): ReadonlyMap<string, ReadonlyMap<number, number>> {
  const topics = new Map<string, Map<number, number>>();
  for (const { name, partitions } of request.topics) {
    for (const { partitionIndex, offset } of partitions) {
      const offsets = topics.get(name) ?? new Map<number, number>();
      topics.set(name, offsets.set(partitionIndex, offset));
    }
  }
  return topics;
}

function deleteBefore(name: string, partitionIndex: number, offset: number, broker: BrokerServices): Answer {
  const refuse = (errorCode: number): Answer => ({ partitionIndex, lowWatermark: -1, errorCode });
  const partition = broker.partitions.find(name, partitionIndex);
  if (typeof partition === 'number') return refuse(partition);
  if (isInternalTopic(name) || !hasCleanupPolicy(broker.image, name, broker.configuration, 'delete')) {
    return refuse(ErrorCode.POLICY_VIOLATION);
  }
  try {
    return { partitionIndex, lowWatermark: partition.deleteRecords(offset) };
  } catch (error) {
    if (!KafkaError.is(error)) throw error;
    return refuse(error.errorCode);
  }
}
