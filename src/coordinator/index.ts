/** The group and transaction coordinators: their state lives in `__consumer_offsets` and `__transaction_state`. */

export { type GroupConfig, groupConfigDefaults } from './group/group-config.ts';
export { GroupCoordinator, type GroupCoordinatorOptions } from './group/group-coordinator.ts';
export { javaHashCode, partitionFor } from './partition-for.ts';
export type { RequestContext } from './request-context.ts';
