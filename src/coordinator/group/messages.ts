/** The parts of Kafka's group requests and responses that the coordinator reads and writes; Kafka's field names. */
import type { Uuid } from '../../core/index.ts';

export interface JoinGroupRequest {
  readonly groupId: string;
  readonly sessionTimeoutMs: number;
  /** -1 before version 1: the session timeout then. */
  readonly rebalanceTimeoutMs: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly protocolType: string;
  readonly protocols: readonly { readonly name: string; readonly metadata: Uint8Array }[];
}

export interface JoinGroupResponse {
  errorCode: number;
  generationId: number;
  protocolType: string | null;
  protocolName: string | null;
  leader: string;
  skipAssignment: boolean;
  memberId: string;
  members: { memberId: string; groupInstanceId: string | null; metadata: Uint8Array }[];
}

export interface SyncGroupRequest {
  readonly groupId: string;
  readonly generationId: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Uint8Array }[];
}

export interface SyncGroupResponse {
  errorCode: number;
  protocolType: string | null;
  protocolName: string | null;
  assignment: Uint8Array;
}

export interface HeartbeatRequest {
  readonly groupId: string;
  readonly generationId: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
}

export interface HeartbeatResponse {
  errorCode: number;
}

export interface LeaveGroupRequest {
  readonly groupId: string;
  /** Versions 0 to 2. */
  readonly memberId: string;
  /** Version 3 and later. */
  readonly members: readonly { readonly memberId: string; readonly groupInstanceId: string | null }[];
}

export interface LeaveGroupResponse {
  errorCode: number;
  members: { memberId: string; groupInstanceId: string | null; errorCode: number }[];
}

export interface OffsetCommitRequest {
  readonly groupId: string;
  /** The generation of a classic group; -1 for a consumer that is not in a group. */
  readonly generationIdOrMemberEpoch: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly topics: readonly {
    readonly name: string;
    /** Kept with the offset where it is given. */
    readonly topicId?: Uuid;
    readonly partitions: readonly OffsetToCommit[];
  }[];
}

export interface OffsetToCommit {
  readonly partitionIndex: number;
  readonly committedOffset: number;
  /** -1 where unknown. */
  readonly committedLeaderEpoch: number;
  readonly committedMetadata: string | null;
}

export interface OffsetCommitResponse {
  topics: { name: string; partitions: { partitionIndex: number; errorCode: number }[] }[];
}

export interface TxnOffsetCommitRequest {
  readonly transactionalId: string;
  readonly groupId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  /** -1 before version 3, and for a consumer that is not in a group. */
  readonly generationId: number;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly topics: OffsetCommitRequest['topics'];
}

export type TxnOffsetCommitResponse = OffsetCommitResponse;

interface TopicToFetch {
  readonly name: string;
  readonly partitionIndexes: readonly number[];
}

export interface OffsetFetchRequest {
  /** Versions 0 to 7. */
  readonly groupId: string;
  /** Versions 0 to 7; null: all. */
  readonly topics: readonly TopicToFetch[] | null;
  /** Version 8 and later. */
  readonly groups: readonly { readonly groupId: string; readonly topics: readonly TopicToFetch[] | null }[];
  readonly requireStable: boolean;
}

export interface FetchedTopic {
  name: string;
  partitions: {
    partitionIndex: number;
    /** -1: nothing committed. */
    committedOffset: number;
    committedLeaderEpoch: number;
    metadata: string;
    errorCode: number;
  }[];
}

export interface OffsetFetchResponse {
  /** Versions 0 to 7. */
  topics: FetchedTopic[];
  /** Versions 2 to 7. */
  errorCode: number;
  /** Version 8 and later. */
  groups: { groupId: string; topics: FetchedTopic[]; errorCode: number }[];
}

export interface DescribedGroup {
  errorCode: number;
  errorMessage: string | null;
  groupId: string;
  groupState: string;
  protocolType: string;
  protocolData: string;
  members: {
    memberId: string;
    groupInstanceId: string | null;
    clientId: string;
    clientHost: string;
    memberMetadata: Uint8Array;
    memberAssignment: Uint8Array;
  }[];
}

export interface ListedGroup {
  groupId: string;
  protocolType: string;
  groupState: string;
  groupType: string;
}

export interface OffsetDeleteRequest {
  readonly groupId: string;
  readonly topics: readonly {
    readonly name: string;
    readonly partitions: readonly { readonly partitionIndex: number }[];
  }[];
}

export interface OffsetDeleteResponse {
  /** Of the whole group. */
  errorCode: number;
  topics: { name: string; partitions: { partitionIndex: number; errorCode: number }[] }[];
}
