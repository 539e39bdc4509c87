/** A directory that can no longer be written in, under one partition. Played on brokers of its own. */
import {
  describeTopicPartitions,
  electLeaders,
  fetch,
  listOffsets,
  type MetadataResponse,
  metadata,
} from '../../../../src/wire/index.ts';
import { script } from '../harness/script.ts';
import { batch, fetchRequest, send } from './requests.ts';

const SEGMENT_BYTES = 1024 * 1024;

export const storageScript = script('storage', {
  'a segment that cannot be made takes its partition offline, and no other': async (on) => {
    const configs = { 'segment.bytes': String(SEGMENT_BYTES), 'max.message.bytes': String(SEGMENT_BYTES) };
    const topic = { name: 'storage', id: await on.topic('storage', { partitions: 2, configs }) };
    const large = batch(['x'.repeat(SEGMENT_BYTES * 0.6)]);
    for (const partition of [0, 1]) await send(on, topic, large.slice(), { partition, as: 'into the first segment' });
    const broken = await on.breakPartition(topic.name);
    await send(on, topic, large.slice(), { partition: broken, as: 'which needs another segment' });
    await send(on, topic, large.slice(), { partition: 1 - broken, as: 'to the other partition' });
    await send(on, topic, batch(['small']), { partition: broken, as: 'after it' });
    const partitions = [{ partitionIndex: broken, timestamp: -1 }];
    await on.call(listOffsets, 7, { replicaId: -1, topics: [{ name: topic.name, partitions }] });
    await on.call(fetch, 12, fetchRequest(topic, [{ partition: broken, fetchOffset: 0, partitionMaxBytes: 100 }]));
    const described = { topics: [{ name: topic.name }], allowAutoTopicCreation: false };
    for (const version of on.versions(metadata)) {
      const leaderless = (answer: MetadataResponse) =>
        answer.topics[0]!.partitions.some(
          ({ partitionIndex, leaderId }) => partitionIndex === broken && leaderId === -1,
        );
      await on.until(metadata, version, described, leaderless, { as: 'once it has no leader' });
    }
    await on.call(describeTopicPartitions, 0, { topics: described.topics, responsePartitionLimit: 10, cursor: null });
    for (const electionType of [0, 1]) {
      for (const topicPartitions of [[{ topic: topic.name, partitions: [broken, 1 - broken] }], null]) {
        await on.call(electLeaders, 2, { electionType, topicPartitions, timeoutMs: 5000 });
      }
    }
  },
});
