/**
 * Produce (key 0): appends record batches. Versions 3-13; 0-2 carry formats older than record batch v2 and were removed
 * in Kafka 4.0. A broker still advertises 0, or librdkafka stops compressing. Since 12 the append adds the partition to
 * the producer's transaction (KIP-890); since 13 topics go by id (KIP-516). A request with acks 0 gets no response.
 */
import {
  api,
  array,
  type Infer,
  type InferInput,
  int16,
  int32,
  int64,
  message,
  records,
  string,
  struct,
  uuid,
} from '../schema.ts';

export const produceRequest = message('ProduceRequest', {
  versions: '3-13',
  flexible: '9+',
  fields: {
    /** The producer's transactional id; null where it has none. */
    transactionalId: string({ nullable: '3+', default: null }),
    /** Who must have the records before the answer: 0 nobody, 1 the leader, -1 every in-sync replica. */
    acks: int16(),
    /** How long the broker may wait for the replicas, in milliseconds. */
    timeoutMs: int32(),
    topicData: array({
      name: string({ versions: '0-12' }),
      topicId: uuid({ versions: '13+' }),
      partitionData: array({
        /** Partition number. */
        index: int32(),
        /** Exactly one record batch. */
        records: records({ nullable: '0+' }),
      }),
    }),
  },
});

export const produceResponse = message('ProduceResponse', {
  versions: '3-13',
  flexible: '9+',
  fields: {
    responses: array({
      name: string({ versions: '0-12' }),
      topicId: uuid({ versions: '13+' }),
      partitionResponses: array({
        index: int32(),
        errorCode: int16(),
        /** Offset of the batch's first record. */
        baseOffset: int64(),
        /** When the broker stamped the batch, in ms since 1970; -1 where the topic keeps the producer's timestamps. */
        logAppendTimeMs: int64({ default: -1 }),
        /** First offset that the partition still has. */
        logStartOffset: int64({ versions: '5+', default: -1 }),
        /** The records for whose sake the whole batch was refused (KIP-467). */
        recordErrors: array(
          {
            /** Position in the batch, from 0. */
            batchIndex: int32(),
            batchIndexErrorMessage: string({ nullable: '8+', default: null }),
          },
          { versions: '8+' },
        ),
        errorMessage: string({ versions: '8+', nullable: '8+', default: null }),
        /** With NOT_LEADER_OR_FOLLOWER: who leads now (KIP-951); -1 where that is not known. */
        currentLeader: struct(
          { leaderId: int32({ default: -1 }), leaderEpoch: int32({ default: -1 }) },
          { versions: '10+', tag: 0 },
        ),
      }),
    }),
    throttleTimeMs: int32(),
    /** Addresses of the leaders named above. */
    nodeEndpoints: array(
      { nodeId: int32(), host: string(), port: int32(), rack: string({ nullable: '10+', default: null }) },
      { versions: '10+', tag: 0 },
    ),
  },
});

export const produce = api({ key: 0, name: 'Produce', request: produceRequest, response: produceResponse });

export type ProduceRequest = Infer<typeof produceRequest>;
export type ProduceRequestInput = InferInput<typeof produceRequest>;
export type ProduceResponse = Infer<typeof produceResponse>;
export type ProduceResponseInput = InferInput<typeof produceResponse>;
