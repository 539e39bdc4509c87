/**
 * ElectLeaders (key 43), versions 0-2: preferred and, since 1, unclean elections. Without a list every topic is in the
 * answer, with those partitions that needed an election. Left out: `timeoutMs`, but that one of 0 or less is over at once.
 */
import { ErrorCode, KafkaError } from '../../core/index.ts';
import { type ElectLeadersRequest, electLeaders } from '../../wire/index.ts';
import { handler } from './handler.ts';

const PREFERRED = 0;
const UNCLEAN = 1;

export const electLeadersHandler = handler(electLeaders, async (request, _call, { controller, partitions, nodeId }) => {
  const { electionType, topicPartitions, timeoutMs } = request;
  if (electionType !== PREFERRED && electionType !== UNCLEAN) {
    return refuseAll(request, ErrorCode.INVALID_REQUEST, `Unknown election type ${electionType}`);
  }
  if (timeoutMs <= 0) return refuseAll(request, ErrorCode.REQUEST_TIMED_OUT, null);
  const type = electionType === PREFERRED ? 'preferred' : 'unclean';
  try {
    const results = await controller.electLeaders(type, topicPartitions, ({ topic, index }, brokerId) => {
      return brokerId === nodeId && partitions.isOffline(topic.name, index);
    });
    return { replicaElectionResults: results };
  } catch (error) {
    if (!KafkaError.is(error)) throw error;
    return refuseAll(request, error.errorCode, error.message);
  }
});

function refuseAll({ topicPartitions }: ElectLeadersRequest, errorCode: number, errorMessage: string | null) {
  return {
    errorCode,
    replicaElectionResults: (topicPartitions ?? []).map(({ topic, partitions }) => ({
      topic,
      partitionResult: partitions.map((partitionId) => ({ partitionId, errorCode, errorMessage })),
    })),
  };
}
