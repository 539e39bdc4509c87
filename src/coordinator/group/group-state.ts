/**
 * The states of a classic group and its members.
 *
 * | State               | Legal from                                          | What it is                                    |
 * |---------------------|-----------------------------------------------------|-----------------------------------------------|
 * | Empty               | PreparingRebalance                                  | no members; offsets may remain. Written       |
 * | PreparingRebalance  | Stable, CompletingRebalance, Empty                  | joins are collected                           |
 * | CompletingRebalance | PreparingRebalance                                  | joins answered, the leader's sync is awaited  |
 * | Stable              | CompletingRebalance                                 | assigned. Written before the syncs are answered |
 * | Dead                | every one                                           | removed, or moved to another coordinator      |
 *
 * Only the states that say "written" are in the log: a group that was rebalancing when its coordinator stopped is
 * loaded as it was before that rebalance, and its members find out by their next request.
 */
import { assert } from '../../core/index.ts';

export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead';

const legalFrom: Readonly<Record<GroupState, readonly GroupState[]>> = {
  Empty: ['PreparingRebalance'],
  PreparingRebalance: ['Stable', 'CompletingRebalance', 'Empty'],
  CompletingRebalance: ['PreparingRebalance'],
  Stable: ['CompletingRebalance'],
  Dead: ['Empty', 'PreparingRebalance', 'CompletingRebalance', 'Stable', 'Dead'],
};

export function mayBecome(from: GroupState, to: GroupState): boolean {
  return legalFrom[to].includes(from);
}

export function assertMayBecome(groupId: string, from: GroupState, to: GroupState): void {
  assert(mayBecome(from, to), `group ${groupId} may not go from ${from} to ${to}`);
}
