/**
 * Kafka's error codes (https://kafka.apache.org/protocol#protocol_error_codes): name, code, whether a client may retry,
 * and whether it should refresh its metadata first.
 */

interface Entry {
  readonly code: number;
  readonly retriable: boolean;
  readonly refreshMetadata: boolean;
}

const permanent = (code: number): Entry => ({ code, retriable: false, refreshMetadata: false });
const retriable = (code: number): Entry => ({ code, retriable: true, refreshMetadata: false });
const stale = (code: number): Entry => ({ code, retriable: true, refreshMetadata: true });

const table = {
  UNKNOWN_SERVER_ERROR: permanent(-1),
  NONE: permanent(0),
  OFFSET_OUT_OF_RANGE: permanent(1),
  CORRUPT_MESSAGE: retriable(2),
  UNKNOWN_TOPIC_OR_PARTITION: stale(3),
  INVALID_FETCH_SIZE: permanent(4),
  LEADER_NOT_AVAILABLE: stale(5),
  NOT_LEADER_OR_FOLLOWER: stale(6),
  REQUEST_TIMED_OUT: retriable(7),
  BROKER_NOT_AVAILABLE: permanent(8),
  REPLICA_NOT_AVAILABLE: stale(9),
  MESSAGE_TOO_LARGE: permanent(10),
  STALE_CONTROLLER_EPOCH: permanent(11),
  OFFSET_METADATA_TOO_LARGE: permanent(12),
  NETWORK_EXCEPTION: stale(13),
  COORDINATOR_LOAD_IN_PROGRESS: retriable(14),
  COORDINATOR_NOT_AVAILABLE: retriable(15),
  NOT_COORDINATOR: retriable(16),
  INVALID_TOPIC_EXCEPTION: permanent(17),
  RECORD_LIST_TOO_LARGE: permanent(18),
  NOT_ENOUGH_REPLICAS: retriable(19),
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: retriable(20),
  INVALID_REQUIRED_ACKS: permanent(21),
  ILLEGAL_GENERATION: permanent(22),
  INCONSISTENT_GROUP_PROTOCOL: permanent(23),
  INVALID_GROUP_ID: permanent(24),
  UNKNOWN_MEMBER_ID: permanent(25),
  INVALID_SESSION_TIMEOUT: permanent(26),
  REBALANCE_IN_PROGRESS: permanent(27),
  INVALID_COMMIT_OFFSET_SIZE: permanent(28),
  TOPIC_AUTHORIZATION_FAILED: permanent(29),
  GROUP_AUTHORIZATION_FAILED: permanent(30),
  CLUSTER_AUTHORIZATION_FAILED: permanent(31),
  INVALID_TIMESTAMP: permanent(32),
  UNSUPPORTED_SASL_MECHANISM: permanent(33),
  ILLEGAL_SASL_STATE: permanent(34),
  UNSUPPORTED_VERSION: permanent(35),
  TOPIC_ALREADY_EXISTS: permanent(36),
  INVALID_PARTITIONS: permanent(37),
  INVALID_REPLICATION_FACTOR: permanent(38),
  INVALID_REPLICA_ASSIGNMENT: permanent(39),
  INVALID_CONFIG: permanent(40),
  NOT_CONTROLLER: retriable(41),
  INVALID_REQUEST: permanent(42),
  UNSUPPORTED_FOR_MESSAGE_FORMAT: permanent(43),
  POLICY_VIOLATION: permanent(44),
  OUT_OF_ORDER_SEQUENCE_NUMBER: permanent(45),
  DUPLICATE_SEQUENCE_NUMBER: permanent(46),
  INVALID_PRODUCER_EPOCH: permanent(47),
  INVALID_TXN_STATE: permanent(48),
  INVALID_PRODUCER_ID_MAPPING: permanent(49),
  INVALID_TRANSACTION_TIMEOUT: permanent(50),
  CONCURRENT_TRANSACTIONS: retriable(51),
  TRANSACTION_COORDINATOR_FENCED: permanent(52),
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: permanent(53),
  SECURITY_DISABLED: permanent(54),
  OPERATION_NOT_ATTEMPTED: permanent(55),
  KAFKA_STORAGE_ERROR: stale(56),
  LOG_DIR_NOT_FOUND: permanent(57),
  SASL_AUTHENTICATION_FAILED: permanent(58),
  UNKNOWN_PRODUCER_ID: permanent(59),
  REASSIGNMENT_IN_PROGRESS: permanent(60),
  DELEGATION_TOKEN_AUTH_DISABLED: permanent(61),
  DELEGATION_TOKEN_NOT_FOUND: permanent(62),
  DELEGATION_TOKEN_OWNER_MISMATCH: permanent(63),
  DELEGATION_TOKEN_REQUEST_NOT_ALLOWED: permanent(64),
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: permanent(65),
  DELEGATION_TOKEN_EXPIRED: permanent(66),
  INVALID_PRINCIPAL_TYPE: permanent(67),
  NON_EMPTY_GROUP: permanent(68),
  GROUP_ID_NOT_FOUND: permanent(69),
  FETCH_SESSION_ID_NOT_FOUND: retriable(70),
  INVALID_FETCH_SESSION_EPOCH: retriable(71),
  LISTENER_NOT_FOUND: stale(72),
  TOPIC_DELETION_DISABLED: permanent(73),
  FENCED_LEADER_EPOCH: stale(74),
  UNKNOWN_LEADER_EPOCH: retriable(75),
  UNSUPPORTED_COMPRESSION_TYPE: permanent(76),
  STALE_BROKER_EPOCH: permanent(77),
  OFFSET_NOT_AVAILABLE: retriable(78),
  MEMBER_ID_REQUIRED: permanent(79),
  PREFERRED_LEADER_NOT_AVAILABLE: stale(80),
  GROUP_MAX_SIZE_REACHED: permanent(81),
  FENCED_INSTANCE_ID: permanent(82),
  ELIGIBLE_LEADERS_NOT_AVAILABLE: stale(83),
  ELECTION_NOT_NEEDED: stale(84),
  NO_REASSIGNMENT_IN_PROGRESS: permanent(85),
  GROUP_SUBSCRIBED_TO_TOPIC: permanent(86),
  INVALID_RECORD: permanent(87),
  UNSTABLE_OFFSET_COMMIT: retriable(88),
  THROTTLING_QUOTA_EXCEEDED: retriable(89),
  PRODUCER_FENCED: permanent(90),
  RESOURCE_NOT_FOUND: permanent(91),
  DUPLICATE_RESOURCE: permanent(92),
  UNACCEPTABLE_CREDENTIAL: permanent(93),
  INCONSISTENT_VOTER_SET: permanent(94),
  INVALID_UPDATE_VERSION: permanent(95),
  FEATURE_UPDATE_FAILED: permanent(96),
  PRINCIPAL_DESERIALIZATION_FAILURE: permanent(97),
  SNAPSHOT_NOT_FOUND: permanent(98),
  POSITION_OUT_OF_RANGE: permanent(99),
  UNKNOWN_TOPIC_ID: stale(100),
  DUPLICATE_BROKER_REGISTRATION: permanent(101),
  BROKER_ID_NOT_REGISTERED: permanent(102),
  INCONSISTENT_TOPIC_ID: stale(103),
  INCONSISTENT_CLUSTER_ID: permanent(104),
  TRANSACTIONAL_ID_NOT_FOUND: permanent(105),
  FETCH_SESSION_TOPIC_ID_ERROR: retriable(106),
  INELIGIBLE_REPLICA: permanent(107),
  NEW_LEADER_ELECTED: permanent(108),
  OFFSET_MOVED_TO_TIERED_STORAGE: permanent(109),
  FENCED_MEMBER_EPOCH: permanent(110),
  UNRELEASED_INSTANCE_ID: permanent(111),
  UNSUPPORTED_ASSIGNOR: permanent(112),
  STALE_MEMBER_EPOCH: permanent(113),
  MISMATCHED_ENDPOINT_TYPE: permanent(114),
  UNSUPPORTED_ENDPOINT_TYPE: permanent(115),
  UNKNOWN_CONTROLLER_ID: permanent(116),
  UNKNOWN_SUBSCRIPTION_ID: permanent(117),
  TELEMETRY_TOO_LARGE: permanent(118),
  INVALID_REGISTRATION: permanent(119),
  TRANSACTION_ABORTABLE: permanent(120),
  INVALID_RECORD_STATE: permanent(121),
  SHARE_SESSION_NOT_FOUND: retriable(122),
  INVALID_SHARE_SESSION_EPOCH: retriable(123),
  FENCED_STATE_EPOCH: permanent(124),
  INVALID_VOTER_KEY: permanent(125),
  DUPLICATE_VOTER: permanent(126),
  VOTER_NOT_FOUND: permanent(127),
  INVALID_REGULAR_EXPRESSION: permanent(128),
  REBOOTSTRAP_REQUIRED: permanent(129),
  STREAMS_INVALID_TOPOLOGY: permanent(130),
  STREAMS_INVALID_TOPOLOGY_EPOCH: permanent(131),
  STREAMS_TOPOLOGY_FENCED: permanent(132),
  SHARE_SESSION_LIMIT_REACHED: retriable(133),
} as const satisfies Readonly<Record<string, Entry>>;

export type ErrorName = keyof typeof table;

/** Code by name: `ErrorCode.NOT_LEADER_OR_FOLLOWER === 6`. */
export const ErrorCode = Object.fromEntries(Object.entries(table).map(([name, entry]) => [name, entry.code])) as {
  readonly [Name in ErrorName]: number;
};

const names = new Map<number, ErrorName>(Object.entries(table).map(([name, entry]) => [entry.code, name as ErrorName]));

/** The name of a code; a code from a newer broker reads as UNKNOWN_SERVER_ERROR. */
export function errorName(code: number): ErrorName {
  return names.get(code) ?? 'UNKNOWN_SERVER_ERROR';
}

export function isRetriable(code: number): boolean {
  return table[errorName(code)].retriable;
}

export function needsMetadataRefresh(code: number): boolean {
  return table[errorName(code)].refreshMetadata;
}

const BRAND = Symbol.for('onceward.KafkaError');

/**
 * A refusal with one of Kafka's error codes. Thrown by the broker's parts, where the handler turns it into the
 * response's code, and by the client, where it carries the broker's answer to the caller.
 */
export class KafkaError extends Error {
  override readonly name: string = 'KafkaError';
  readonly [BRAND] = true;
  /** Kafka's name of the error. */
  readonly code: ErrorName;
  /** Kafka's number of the error. */
  readonly errorCode: number;
  /** Trying the same again may succeed. */
  readonly retriable: boolean;

  constructor(code: ErrorName, message?: string, options?: ErrorOptions) {
    super(message ?? code, options);
    this.code = code;
    this.errorCode = table[code].code;
    this.retriable = table[code].retriable;
  }

  /** Recognises errors of every copy of this package in the process. */
  static is(value: unknown): value is KafkaError {
    return typeof value === 'object' && value !== null && BRAND in value;
  }
}
