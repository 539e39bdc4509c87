/**
 * What consumers put into JoinGroup and SyncGroup: the coordinator only carries it. Versions 0-3. Other clients' blobs are to be
 * read leniently. Left out: nothing.
 */
import { array, bytes, type Infer, type InferInput, int32, message, string } from '../schema.ts';

export const consumerProtocolSubscription = message('ConsumerProtocolSubscription', {
  versions: '0-3',
  flexible: 'none',
  fields: {
    /** Names. */
    topics: array(string()),
    /** The assignor's own. */
    userData: bytes({ nullable: '0+', default: null }),
    /** What the member has now, for cooperative assignors (KIP-429). */
    ownedPartitions: array({ topic: string(), partitions: array(int32()) }, { versions: '1+' }),
    /** The generation in which it got them; -1 where it does not say. */
    generationId: int32({ versions: '2+', default: -1 }),
    rackId: string({ versions: '3+', nullable: '3+', default: null }),
  },
});

export const consumerProtocolAssignment = message('ConsumerProtocolAssignment', {
  versions: '0-3',
  flexible: 'none',
  fields: {
    assignedPartitions: array({ topic: string(), partitions: array(int32()) }),
    /** The assignor's own. */
    userData: bytes({ nullable: '0+', default: null }),
  },
});

/** What a `sticky` member had in the generation before, as user data of its subscription; no version stands before it. */
export const stickyAssignorUserData = message('StickyAssignorUserData', {
  versions: '1',
  flexible: 'none',
  fields: {
    previousAssignment: array({ topic: string(), partitions: array(int32()) }),
    generation: int32(),
  },
});

export type ConsumerProtocolSubscription = Infer<typeof consumerProtocolSubscription>;
export type ConsumerProtocolSubscriptionInput = InferInput<typeof consumerProtocolSubscription>;
export type ConsumerProtocolAssignment = Infer<typeof consumerProtocolAssignment>;
export type ConsumerProtocolAssignmentInput = InferInput<typeof consumerProtocolAssignment>;
