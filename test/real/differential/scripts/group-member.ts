/** A member of a classic group for scenes. */
import { consumerProtocolSubscription, encodeVersioned, joinGroup, syncGroup } from '../../../../src/wire/index.ts';
import type { AskOptions, Caller } from '../harness/caller.ts';

const METADATA = encodeVersioned(consumerProtocolSubscription, 1, { topics: ['a-topic'] });
const MEMBER_ID_REQUIRED = 79;

export interface Join extends AskOptions {
  readonly version?: number;
  readonly memberId?: string;
  readonly instance?: string | null;
  readonly protocols?: readonly string[];
  readonly type?: string;
  readonly sessionTimeoutMs?: number;
  readonly rebalanceTimeoutMs?: number;
}

export function join(on: Caller, groupId: string, options: Join = {}) {
  const { version = 9, memberId = '', instance = null, protocols = ['range'], type = 'consumer' } = options;
  return on.call(
    joinGroup,
    version,
    {
      groupId,
      sessionTimeoutMs: options.sessionTimeoutMs ?? 10_000,
      rebalanceTimeoutMs: options.rebalanceTimeoutMs ?? 10_000,
      memberId,
      groupInstanceId: instance,
      protocolType: type,
      protocols: protocols.map((name) => ({ name, metadata: METADATA })),
    },
    options,
  );
}

/** Joins, with the member id that the group asks for. */
export async function enter(on: Caller, groupId: string, options: Join = {}) {
  const first = await join(on, groupId, options);
  if (first.errorCode !== MEMBER_ID_REQUIRED) return first;
  return join(on, groupId, { ...options, memberId: first.memberId });
}

export interface Sync extends AskOptions {
  readonly version?: number;
  readonly instance?: string | null;
  readonly type?: string | null;
  readonly protocol?: string | null;
}

export function sync(
  on: Caller,
  groupId: string,
  generationId: number,
  memberId: string,
  assigned: readonly string[] = [],
  options: Sync = {},
) {
  const { version = 5, instance = null, type = 'consumer', protocol = 'range' } = options;
  return on.call(
    syncGroup,
    version,
    {
      groupId,
      generationId,
      memberId,
      groupInstanceId: instance,
      protocolType: type,
      protocolName: protocol,
      assignments: assigned.map((member, index) => ({ memberId: member, assignment: Buffer.from(`part ${index}`) })),
    },
    options,
  );
}
