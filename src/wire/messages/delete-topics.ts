/**
 * DeleteTopics (key 20). Versions 1-6; 0 was removed in Kafka 4.0. Since 6 by name or by id (`topics`), before it by name
 * (`topicNames`). Left out: nothing.
 */
import { api, array, type Infer, type InferInput, int16, int32, message, string, uuid } from '../schema.ts';

export const deleteTopicsRequest = message('DeleteTopicsRequest', {
  versions: '1-6',
  flexible: '4+',
  fields: {
    /** Each by its name or by its id; null and the zero id stand for "not by this". */
    topics: array({ name: string({ nullable: '6+', default: null }), topicId: uuid() }, { versions: '6+' }),
    topicNames: array(string(), { versions: '0-5' }),
    timeoutMs: int32(),
  },
});

export const deleteTopicsResponse = message('DeleteTopicsResponse', {
  versions: '1-6',
  flexible: '4+',
  fields: {
    throttleTimeMs: int32(),
    responses: array({
      name: string({ nullable: '6+' }),
      topicId: uuid({ versions: '6+' }),
      errorCode: int16(),
      errorMessage: string({ versions: '5+', nullable: '5+', default: null }),
    }),
  },
});

export const deleteTopics = api({
  key: 20,
  name: 'DeleteTopics',
  request: deleteTopicsRequest,
  response: deleteTopicsResponse,
});

export type DeleteTopicsRequest = Infer<typeof deleteTopicsRequest>;
export type DeleteTopicsRequestInput = InferInput<typeof deleteTopicsRequest>;
export type DeleteTopicsResponse = Infer<typeof deleteTopicsResponse>;
export type DeleteTopicsResponseInput = InferInput<typeof deleteTopicsResponse>;
