/**
 * DeleteTopics (key 20), versions 1-6: by name, since 6 by id too. Left out: `timeoutMs`, but that one of 0 or less is over
 * at once, as in Kafka.
 */
import { ErrorCode, KafkaError, ZERO_UUID } from '../../core/index.ts';
import { deleteTopics } from '../../wire/index.ts';
import { handler } from './handler.ts';

export const deleteTopicsHandler = handler(deleteTopics, async (request, { apiVersion }, broker) => {
  const asked = apiVersion >= 6 ? request.topics : request.topicNames.map((name) => ({ name, topicId: ZERO_UUID }));
  const refuseAll = (errorCode: number, errorMessage: string | null) => ({
    responses: asked.map(({ name, topicId }) => ({ name, topicId, errorCode, errorMessage })),
  });
  if (!broker.config['delete.topic.enable']) {
    // Before version 3 there was no code for it.
    const errorCode = apiVersion >= 3 ? ErrorCode.TOPIC_DELETION_DISABLED : ErrorCode.INVALID_REQUEST;
    return refuseAll(errorCode, 'delete.topic.enable is false on this broker');
  }
  if (request.timeoutMs <= 0) return refuseAll(ErrorCode.REQUEST_TIMED_OUT, null);
  try {
    return { responses: await broker.controller.deleteTopics(asked) };
  } catch (error) {
    if (!KafkaError.is(error)) throw error;
    return refuseAll(error.errorCode, error.message);
  }
});
