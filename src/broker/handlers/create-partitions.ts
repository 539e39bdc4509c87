/**
 * CreatePartitions (key 37), versions 0-3: more partitions for topics, placed by the request or by the controller. More
 * than 10,000 at once are POLICY_VIOLATION, where Kafka 4.3 answers UNKNOWN_SERVER_ERROR. Left out: `timeoutMs`, but that
 * one of 0 or less is over at once, as in Kafka; the answer comes once the partitions are there.
 */
import { ErrorCode, KafkaError } from '../../core/index.ts';
import { createPartitions } from '../../wire/index.ts';
import { handler } from './handler.ts';

export const createPartitionsHandler = handler(createPartitions, async (request, _call, { controller }) => {
  const { topics, timeoutMs, validateOnly } = request;
  const refuseAll = (errorCode: number, errorMessage: string | null) => ({
    results: topics.map(({ name }) => ({ name, errorCode, errorMessage })),
  });
  if (timeoutMs <= 0) return refuseAll(ErrorCode.REQUEST_TIMED_OUT, null);
  try {
    return { results: await controller.createPartitions(topics, { validateOnly }) };
  } catch (error) {
    if (!KafkaError.is(error)) throw error;
    return refuseAll(error.errorCode, error.message);
  }
});
