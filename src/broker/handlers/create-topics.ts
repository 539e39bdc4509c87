/**
 * CreateTopics (key 19), versions 2-7. Left out: `timeoutMs`, but that one of 0 or less is over at once, as in Kafka; the
 * answer comes once the topics are there.
 */
import { type CreatedTopic, isInternalTopic } from '../../controller/index.ts';
import { ErrorCode, KafkaError } from '../../core/index.ts';
import { createTopics } from '../../wire/index.ts';
import { describedTopic } from '../topic-configuration.ts';
import { handler } from './handler.ts';

export const createTopicsHandler = handler(createTopics, async (request, _call, broker) => {
  const refuseAll = (errorCode: number, errorMessage: string | null) => ({
    topics: request.topics.map(({ name }) => ({ name, errorCode, errorMessage })),
  });
  if (request.timeoutMs <= 0) return refuseAll(ErrorCode.REQUEST_TIMED_OUT, null);
  let created: CreatedTopic[];
  try {
    created = await broker.controller.createTopics(request.topics, { validateOnly: request.validateOnly });
  } catch (error) {
    if (!KafkaError.is(error)) throw error;
    return refuseAll(error.errorCode, error.message);
  }
  const given = new Map(request.topics.map(({ name, configs }) => [name, configs]));
  return {
    topics: created.map((topic) => {
      const { name, topicId, errorCode, errorMessage, numPartitions, replicationFactor } = topic;
      if (errorCode !== ErrorCode.NONE) return { name, errorCode, errorMessage };
      const set = new Map((given.get(name) ?? []).map((config) => [config.name, config.value ?? '']));
      return {
        name,
        topicId,
        errorMessage: null,
        numPartitions,
        replicationFactor,
        configs: isInternalTopic(name)
          ? []
          : describedTopic(set, broker.configuration)
              .map(({ name, value, source }) => ({ name, value, configSource: source }))
              .sort((a, b) => (a.name < b.name ? -1 : 1)),
      };
    }),
  };
});
