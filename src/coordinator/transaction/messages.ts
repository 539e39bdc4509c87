/** The parts of Kafka's transaction requests and responses that the coordinator reads and writes; Kafka's field names. */

export interface InitProducerIdRequest {
  /** null: an idempotent producer without transactions. */
  readonly transactionalId: string | null;
  readonly transactionTimeoutMs: number;
  /** -1 with the epoch: not said. */
  readonly producerId: number;
  readonly producerEpoch: number;
}

export interface InitProducerIdResponse {
  errorCode: number;
  producerId: number;
  producerEpoch: number;
}

interface TopicToAdd {
  readonly name: string;
  readonly partitions: readonly number[];
}

export interface AddPartitionsToTxnRequest {
  /** Version 4 and later. */
  readonly transactions: readonly {
    readonly transactionalId: string;
    readonly producerId: number;
    readonly producerEpoch: number;
    readonly verifyOnly: boolean;
    readonly topics: readonly TopicToAdd[];
  }[];
  readonly v3AndBelowTransactionalId: string;
  readonly v3AndBelowProducerId: number;
  readonly v3AndBelowProducerEpoch: number;
  readonly v3AndBelowTopics: readonly TopicToAdd[];
}

export interface TopicResults {
  name: string;
  resultsByPartition: { partitionIndex: number; partitionErrorCode: number }[];
}

export interface AddPartitionsToTxnResponse {
  errorCode: number;
  resultsByTransaction: { transactionalId: string; topicResults: TopicResults[] }[];
  resultsByTopicV3AndBelow: TopicResults[];
}

export interface AddOffsetsToTxnRequest {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly groupId: string;
}

export interface EndTxnRequest {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly committed: boolean;
}

export interface EndTxnResponse {
  errorCode: number;
  /** What the producer goes on with; -1 when it was refused. */
  producerId: number;
  producerEpoch: number;
}

export interface DescribedTransaction {
  errorCode: number;
  transactionalId: string;
  transactionState: string;
  transactionTimeoutMs: number;
  /** -1: none was begun. */
  transactionStartTimeMs: number;
  producerId: number;
  producerEpoch: number;
  topics: { topic: string; partitions: readonly number[] }[];
}

export interface ListTransactionsRequest {
  readonly stateFilters: readonly string[];
  readonly producerIdFilters: readonly number[];
  readonly durationFilter: number;
  /** Null or empty: all. */
  readonly transactionalIdPattern: string | null;
}

export interface ListedTransaction {
  transactionalId: string;
  producerId: number;
  transactionState: string;
}

export interface ListTransactionsResponse {
  errorCode: number;
  unknownStateFilters: string[];
  transactionStates: ListedTransaction[];
}
