/** What the classic protocol's rules may use of the shard that they run in. */
import type { Random } from '../../core/index.ts';
import type { ClassicGroup } from './classic-group.ts';
import type { GroupConfig } from './group-config.ts';

export interface GroupRuntime {
  readonly config: GroupConfig;
  readonly random: Random;
  readonly groups: Map<string, ClassicGroup>;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `run` in a while; a timer with the same key is replaced. */
  schedule(key: string, delayMs: number, run: () => void): void;
  cancel(key: string): void;
  /** Writes the group with these assignments; resolves when it is committed. */
  persist(group: ClassicGroup, assignments: ReadonlyMap<string, Uint8Array>): Promise<void>;
  /** The group, also one of which only committed offsets are known (it has no members then). */
  find(groupId: string): ClassicGroup | undefined;
  /** Drops a group that has no members and nothing in the log. */
  forgetIfUnused(group: ClassicGroup): void;
}

/** How long a JoinGroup of a member that does not know its id may be parked, milliseconds. */
export const NEW_MEMBER_JOIN_TIMEOUT_MS = 300_000;

export const joinTimer = (groupId: string): string => `join ${groupId}`;
export const syncTimer = (groupId: string): string => `sync ${groupId}`;
export const heartbeatTimer = (groupId: string, memberId: string): string => `heartbeat ${groupId} ${memberId}`;
