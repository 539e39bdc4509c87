/** OffsetFetch (key 9), versions 1-10: several groups since 8, by topic id since 10. Left out: nothing of the classic groups. */
import type { MetadataImage } from '../../controller/index.ts';
import { ErrorCode } from '../../core/index.ts';
import { type OffsetFetchRequest, type OffsetFetchResponseInput, offsetFetch } from '../../wire/index.ts';
import { handler } from './handler.ts';

type GroupRequest = OffsetFetchRequest['groups'][number];
type GroupAnswer = NonNullable<OffsetFetchResponseInput['groups']>[number];
type TopicAnswer = NonNullable<GroupAnswer['topics']>[number];

export const offsetFetchHandler = handler(
  offsetFetch,
  async (request, call, { image, groups }): Promise<OffsetFetchResponseInput> => {
    if (call.apiVersion < 10) return groups.fetchOffsets(request, call);
    const answered = await groups.fetchOffsets({ ...request, groups: request.groups.map(byName(image)) }, call);
    return {
      groups: answered.groups.map((group, index) => ({
        ...group,
        topics: [...withIds(group.topics, image), ...unknownIds(request.groups[index]!, image, group.errorCode)],
      })),
    };
  },
);

function byName(image: MetadataImage) {
  return (group: GroupRequest) => ({
    groupId: group.groupId,
    topics:
      group.topics?.flatMap(({ topicId, partitionIndexes }) => {
        const topic = image.topicById(topicId);
        return topic === undefined ? [] : [{ name: topic.name, partitionIndexes }];
      }) ?? null,
  });
}

/** Topics that were deleted have no id to be named by, and are left out. */
function withIds(topics: readonly (TopicAnswer & { readonly name: string })[], image: MetadataImage): TopicAnswer[] {
  return topics.flatMap((topic) => {
    const id = image.topic(topic.name)?.id;
    return id === undefined ? [] : [{ ...topic, topicId: id }];
  });
}

function unknownIds({ topics }: GroupRequest, image: MetadataImage, groupError: number): TopicAnswer[] {
  if (groupError !== ErrorCode.NONE) return [];
  return (topics ?? [])
    .filter(({ topicId }) => image.topicById(topicId) === undefined)
    .map(({ topicId, partitionIndexes }) => ({
      topicId,
      partitions: partitionIndexes.map((partitionIndex) => ({
        partitionIndex,
        committedOffset: -1,
        metadata: '',
        errorCode: ErrorCode.UNKNOWN_TOPIC_ID,
      })),
    }));
}
