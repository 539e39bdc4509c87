/** One member of a classic group. */
import type { JoinGroupResponse, SyncGroupResponse } from './messages.ts';

export interface Protocol {
  readonly name: string;
  readonly metadata: Uint8Array;
}

export interface Member {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: string;
  rebalanceTimeoutMs: number;
  sessionTimeoutMs: number;
  readonly protocolType: string;
  /** In the member's order of preference. */
  protocols: readonly Protocol[];
  /** Of the current generation; empty until it is stable. */
  assignment: Uint8Array;
  /** Answers the parked JoinGroup. */
  awaitingJoin: ((response: JoinGroupResponse) => void) | undefined;
  /** Answers the parked SyncGroup. */
  awaitingSync: ((response: SyncGroupResponse) => void) | undefined;
  /** Its first JoinGroup is not answered yet, so it cannot send heartbeats. */
  isNew: boolean;
}

export const NO_BYTES: Uint8Array = new Uint8Array(0);

export function protocolMetadata(member: Member, name: string | undefined): Uint8Array {
  return member.protocols.find((protocol) => protocol.name === name)?.metadata ?? NO_BYTES;
}

/** Whether a new JoinGroup says the same as the member's last one: same protocols, same metadata, same order. */
export function sameProtocols(member: Member, protocols: readonly Protocol[]): boolean {
  return (
    member.protocols.length === protocols.length &&
    member.protocols.every((mine, at) => {
      const other = protocols[at]!;
      return mine.name === other.name && Buffer.compare(mine.metadata, other.metadata) === 0;
    })
  );
}

/** The request's buffers belong to its frame: what is kept is copied. */
export function copyProtocols(protocols: readonly Protocol[]): Protocol[] {
  return protocols.map(({ name, metadata }) => ({ name, metadata: Uint8Array.from(metadata) }));
}
