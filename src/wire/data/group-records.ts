/**
 * Keys and values of `__consumer_offsets`. A key's version says what kind of key it is: 0 and 1 an offset (0 is only read),
 * 2 a group. Left out: the keys and values of the consumer, share and streams protocols.
 */
import { array, bytes, type Infer, type InferInput, int32, int64, message, string, uuid } from '../schema.ts';

export const offsetCommitKey = message('OffsetCommitKey', {
  versions: '0-1',
  flexible: 'none',
  fields: { group: string(), topic: string(), partition: int32() },
});

/** Written as version 4, which adds the topic's id; older ones are read. */
export const offsetCommitValue = message('OffsetCommitValue', {
  versions: '0-4',
  flexible: '4+',
  fields: {
    /** Of the next record to read. */
    offset: int64(),
    leaderEpoch: int32({ versions: '3+', default: -1 }),
    metadata: string(),
    /** Milliseconds since 1970. */
    commitTimestamp: int64(),
    /** When the offset goes; -1: as the broker is configured. */
    expireTimestamp: int64({ versions: '1', default: -1 }),
    topicId: uuid({ versions: '4+', tag: 0 }),
  },
});

export const groupMetadataKey = message('GroupMetadataKey', {
  versions: '2',
  flexible: 'none',
  fields: { group: string() },
});

/** Written as version 3; 4 is the same with tags. */
export const groupMetadataValue = message('GroupMetadataValue', {
  versions: '0-4',
  flexible: '4+',
  fields: {
    protocolType: string(),
    generation: int32(),
    /** The assignor in use. */
    protocol: string({ nullable: '0+' }),
    /** The leader's member id. */
    leader: string({ nullable: '0+' }),
    /** Milliseconds since 1970. */
    currentStateTimestamp: int64({ versions: '2+', default: -1 }),
    members: array({
      memberId: string(),
      groupInstanceId: string({ versions: '3+', nullable: '3+', default: null }),
      clientId: string(),
      clientHost: string(),
      /** Milliseconds. */
      rebalanceTimeout: int32({ versions: '1+', default: -1 }),
      /** Milliseconds. */
      sessionTimeout: int32(),
      subscription: bytes(),
      assignment: bytes(),
    }),
  },
});

export type OffsetCommitKey = Infer<typeof offsetCommitKey>;
export type OffsetCommitKeyInput = InferInput<typeof offsetCommitKey>;
export type OffsetCommitValue = Infer<typeof offsetCommitValue>;
export type OffsetCommitValueInput = InferInput<typeof offsetCommitValue>;
export type GroupMetadataKey = Infer<typeof groupMetadataKey>;
export type GroupMetadataKeyInput = InferInput<typeof groupMetadataKey>;
export type GroupMetadataValue = Infer<typeof groupMetadataValue>;
export type GroupMetadataValueInput = InferInput<typeof groupMetadataValue>;
