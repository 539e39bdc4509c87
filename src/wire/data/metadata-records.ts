/**
 * The records of `__cluster_metadata` that a cluster without access control, quotas, delegation tokens and SCRAM needs, in the
 * versions of Kafka 4.3. Left out: the records of those, and of the way out of ZooKeeper. Ids of KIP-631; framed by
 * metadata-framing.ts.
 */
import { array, bool, int8, int16, int32, int64, message, string, uint16, uuid } from '../schema.ts';

export const registerBrokerRecord = message('RegisterBrokerRecord', {
  versions: '0-4',
  flexible: '0+',
  fields: {
    brokerId: int32(),
    isMigratingZkBroker: bool({ versions: '2+' }),
    /** New with each start of the broker's process. */
    incarnationId: uuid(),
    /** The offset of the registration: a later one fences the earlier. */
    brokerEpoch: int64(),
    endPoints: array({
      /** Of the listener. */
      name: string(),
      host: string(),
      port: uint16(),
      /** 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL. */
      securityProtocol: int16(),
    }),
    features: array({ name: string(), minSupportedVersion: int16(), maxSupportedVersion: int16() }),
    rack: string({ nullable: '0+' }),
    /** A fenced broker leads nothing and is not shown to clients. */
    fenced: bool({ default: true }),
    inControlledShutdown: bool({ versions: '1+' }),
    logDirs: array(uuid(), { versions: '3+', tag: 0 }),
    /** Directories that take no new partitions; null where the broker does not say. */
    cordonedLogDirs: array(uuid(), { versions: '4+', nullable: '4+', tag: 1, default: null }),
  },
});

export const unregisterBrokerRecord = message('UnregisterBrokerRecord', {
  versions: '0',
  flexible: '0+',
  fields: { brokerId: int32(), brokerEpoch: int64() },
});

export const topicRecord = message('TopicRecord', {
  versions: '0',
  flexible: '0+',
  fields: { name: string(), topicId: uuid() },
});

export const partitionRecord = message('PartitionRecord', {
  versions: '0-2',
  flexible: '0+',
  fields: {
    partitionId: int32({ default: -1 }),
    topicId: uuid(),
    /** Broker ids, the preferred leader first. */
    replicas: array(int32()),
    isr: array(int32()),
    /** Of a reassignment under way. */
    removingReplicas: array(int32()),
    addingReplicas: array(int32()),
    /** -1: none. */
    leader: int32({ default: -1 }),
    /** 1 while the leader recovers from an unclean election. */
    leaderRecoveryState: int8({ tag: 0 }),
    leaderEpoch: int32({ default: -1 }),
    /** Grows with every change of the partition. */
    partitionEpoch: int32({ default: -1 }),
    /** Where each replica is kept, in the order of `replicas` (KIP-858). */
    directories: array(uuid(), { versions: '1+' }),
    /** Replicas outside the ISR that have everything committed (KIP-966). */
    eligibleLeaderReplicas: array(int32(), { versions: '2+', nullable: '2+', tag: 1, default: null }),
    lastKnownElr: array(int32(), { versions: '2+', nullable: '2+', tag: 2, default: null }),
  },
});

export const configRecord = message('ConfigRecord', {
  versions: '0',
  flexible: '0+',
  fields: {
    /** 2 topic, 4 broker, 16 client metrics, 32 group. */
    resourceType: int8(),
    /** Empty: the default of all brokers. */
    resourceName: string(),
    name: string(),
    /** Null: no longer set. */
    value: string({ nullable: '0+' }),
  },
});

/** Each field left out (null, -2 for the leader, -1 for the recovery state) stays as it was. */
export const partitionChangeRecord = message('PartitionChangeRecord', {
  versions: '0-2',
  flexible: '0+',
  fields: {
    partitionId: int32({ default: -1 }),
    topicId: uuid(),
    isr: array(int32(), { nullable: '0+', tag: 0, default: null }),
    /** -1: none; -2: unchanged. */
    leader: int32({ tag: 1, default: -2 }),
    replicas: array(int32(), { nullable: '0+', tag: 2, default: null }),
    removingReplicas: array(int32(), { nullable: '0+', tag: 3, default: null }),
    addingReplicas: array(int32(), { nullable: '0+', tag: 4, default: null }),
    leaderRecoveryState: int8({ tag: 5, default: -1 }),
    directories: array(uuid(), { versions: '1+', nullable: '1+', tag: 8, default: null }),
    eligibleLeaderReplicas: array(int32(), { versions: '2+', nullable: '2+', tag: 6, default: null }),
    lastKnownElr: array(int32(), { versions: '2+', nullable: '2+', tag: 7, default: null }),
  },
});

export const fenceBrokerRecord = message('FenceBrokerRecord', {
  versions: '0',
  flexible: '0+',
  fields: {
    /** Broker id. */
    id: int32(),
    /** Broker epoch. */
    epoch: int64(),
  },
});

export const unfenceBrokerRecord = message('UnfenceBrokerRecord', {
  versions: '0',
  flexible: '0+',
  fields: {
    /** Broker id. */
    id: int32(),
    /** Broker epoch. */
    epoch: int64(),
  },
});

export const removeTopicRecord = message('RemoveTopicRecord', {
  versions: '0',
  flexible: '0+',
  fields: { topicId: uuid() },
});

export const featureLevelRecord = message('FeatureLevelRecord', {
  versions: '0',
  flexible: '0+',
  fields: {
    name: string(),
    /** 0: off. */
    featureLevel: int16(),
  },
});

/** A block of producer ids was handed to a broker: everything below `nextProducerId` is taken. */
export const producerIdsRecord = message('ProducerIdsRecord', {
  versions: '0',
  flexible: '0+',
  fields: { brokerId: int32(), brokerEpoch: int64({ default: -1 }), nextProducerId: int64() },
});

export const brokerRegistrationChangeRecord = message('BrokerRegistrationChangeRecord', {
  versions: '0-3',
  flexible: '0+',
  fields: {
    brokerId: int32(),
    brokerEpoch: int64(),
    /** -1: unfence, 0: no change, 1: fence. */
    fenced: int8({ tag: 0 }),
    /** 0: no change, 1: it is shutting down. */
    inControlledShutdown: int8({ versions: '1+', tag: 1 }),
    logDirs: array(uuid(), { versions: '2+', tag: 2 }),
    cordonedLogDirs: array(uuid(), { versions: '3+', nullable: '3+', tag: 3, default: null }),
  },
});

/** Written now and then so that the log moves on. */
export const noOpRecord = message('NoOpRecord', { versions: '0', flexible: '0+', fields: {} });

/** The records up to the end are applied together or, after an abort, not at all (KIP-868). */
export const beginTransactionRecord = message('BeginTransactionRecord', {
  versions: '0',
  flexible: '0+',
  fields: { name: string({ nullable: '0+', tag: 0, default: null }) },
});

export const endTransactionRecord = message('EndTransactionRecord', { versions: '0', flexible: '0+', fields: {} });

export const abortTransactionRecord = message('AbortTransactionRecord', {
  versions: '0',
  flexible: '0+',
  fields: { reason: string({ nullable: '0+', tag: 0, default: null }) },
});
