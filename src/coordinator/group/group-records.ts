/** The records of `__consumer_offsets`, in Apache Kafka's own formats: keys prefixed by their type, values by a version. */

import type { Uuid } from '../../core/index.ts';
import type { DecidedRecord } from '../../replay/index.ts';
import {
  decodeVersioned,
  encodeVersioned,
  groupMetadataKey,
  groupMetadataValue,
  offsetCommitKey,
  offsetCommitValue,
  peekVersion,
} from '../../wire/index.ts';
import type { ClassicGroup } from './classic-group.ts';
import { protocolMetadata } from './member.ts';

/** As Apache Kafka 4.3 writes them: with the topic's id. */
const OFFSET_COMMIT_VALUE_VERSION = 4;
/** That every Apache Kafka since 2.3 reads. */
const GROUP_METADATA_VALUE_VERSION = 3;
const OFFSET_COMMIT_KEY_TYPE = 1;
const GROUP_METADATA_KEY_TYPE = 2;

export interface CommittedOffset {
  readonly offset: number;
  /** -1 where unknown. */
  readonly leaderEpoch: number;
  readonly metadata: string;
  /** Milliseconds since the epoch. */
  readonly commitTimestamp: number;
}

/** A group as it is kept: what survives a restart of its coordinator. */
export interface StoredGroup {
  readonly protocolType: string;
  readonly generation: number;
  readonly protocol: string | null;
  readonly leader: string | null;
  readonly currentStateTimestamp: number;
  readonly members: readonly StoredMember[];
}

export interface StoredMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  readonly rebalanceTimeout: number;
  readonly sessionTimeout: number;
  readonly subscription: Uint8Array;
  readonly assignment: Uint8Array;
}

export type GroupRecord =
  | { type: 'offset'; group: string; topic: string; partition: number; value: CommittedOffset | null }
  | { type: 'group'; group: string; value: StoredGroup | null };

/** `topicId` undefined: it is not told, as in transactions. */
export function offsetRecord(
  group: string,
  topic: string,
  partition: number,
  value: CommittedOffset,
  topicId?: Uuid,
): DecidedRecord {
  const stored = topicId === undefined ? value : { ...value, topicId };
  return {
    key: encodeVersioned(offsetCommitKey, OFFSET_COMMIT_KEY_TYPE, { group, topic, partition }),
    value: encodeVersioned(offsetCommitValue, OFFSET_COMMIT_VALUE_VERSION, stored),
  };
}

export function offsetTombstone(group: string, topic: string, partition: number): DecidedRecord {
  return {
    key: encodeVersioned(offsetCommitKey, OFFSET_COMMIT_KEY_TYPE, { group, topic, partition }),
    value: null,
  };
}

/** The group in its current generation, with these assignments by member id. */
export function groupRecord(group: ClassicGroup, assignments: ReadonlyMap<string, Uint8Array>): DecidedRecord {
  return {
    key: encodeVersioned(groupMetadataKey, GROUP_METADATA_KEY_TYPE, { group: group.groupId }),
    value: encodeVersioned(groupMetadataValue, GROUP_METADATA_VALUE_VERSION, {
      protocolType: group.protocolType ?? '',
      generation: group.generationId,
      protocol: group.protocolName ?? null,
      leader: group.leaderId ?? null,
      currentStateTimestamp: group.stateTimestamp,
      members: [...group.members.values()].map((member) => ({
        memberId: member.memberId,
        groupInstanceId: member.groupInstanceId,
        clientId: member.clientId,
        clientHost: member.clientHost,
        rebalanceTimeout: member.rebalanceTimeoutMs,
        sessionTimeout: member.sessionTimeoutMs,
        subscription: protocolMetadata(member, group.protocolName),
        assignment: assignments.get(member.memberId),
      })),
    }),
  };
}

export function groupTombstone(group: string): DecidedRecord {
  return { key: encodeVersioned(groupMetadataKey, GROUP_METADATA_KEY_TYPE, { group }), value: null };
}

/**
 * Reads a record; undefined for a kind that this coordinator does not keep (a newer one's groups).
 * @throws MalformedBytesError
 */
export function readGroupRecord(key: Uint8Array | null, value: Uint8Array | null): GroupRecord | undefined {
  if (key === null) return undefined;
  const keyType = peekVersion(key);
  if (keyType === OFFSET_COMMIT_KEY_TYPE || keyType === 0) {
    const { group, topic, partition } = decodeVersioned(offsetCommitKey, key);
    return { type: 'offset', group, topic, partition, value: value && decodeVersioned(offsetCommitValue, value) };
  }
  if (keyType === GROUP_METADATA_KEY_TYPE) {
    const { group } = decodeVersioned(groupMetadataKey, key);
    return { type: 'group', group, value: value && storedGroup(value) };
  }
  return undefined;
}

function storedGroup(value: Uint8Array): StoredGroup {
  const stored = decodeVersioned(groupMetadataValue, value);
  // The decoded bytes are views of the batch: what is kept is copied.
  return {
    ...stored,
    members: stored.members.map((member) => ({
      ...member,
      subscription: Uint8Array.from(member.subscription),
      assignment: Uint8Array.from(member.assignment),
    })),
  };
}
