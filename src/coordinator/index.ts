/** The group and transaction coordinators: their state lives in `__consumer_offsets` and `__transaction_state`. */

export { type GroupConfig, groupConfigDefaults } from './group/group-config.ts';
export { GroupCoordinator, type GroupCoordinatorOptions } from './group/group-coordinator.ts';
export { javaHashCode, partitionFor } from './partition-for.ts';
export type { RequestContext } from './request-context.ts';
export type { MarkersToWrite, WriteMarkers } from './transaction/markers.ts';
export type { ProducerIdBlock } from './transaction/producer-ids.ts';
export { type TransactionConfig, transactionConfigDefaults } from './transaction/transaction-config.ts';
export type { AddPartitionsRequest, TransactionCoordinatorOptions } from './transaction/transaction-coordinator.ts';
export { TransactionCoordinator } from './transaction/transaction-coordinator.ts';
