/**
 * Kafka's wire: message tables, their codec, and framing. May import core only.
 *
 * ```ts
 * import { decodeRequestBody, decodeRequestHeader, encodeRequestFrame, FrameReader, produce } from 'onceward/wire';
 *
 * // Out: a whole frame with its length. Fields that are left out take their defaults.
 * const bytes = encodeRequestFrame(produce, 9, { correlationId: 1, clientId: 'me' }, {
 *   acks: -1,
 *   timeoutMs: 30_000,
 *   topicData: [{ name: 'orders', partitionData: [{ index: 0, records: batch }] }],
 * });
 *
 * // In: cut the stream into frames, read the header, then the body in the header's version.
 * const frames = new FrameReader(100 * 1024 * 1024);
 * frames.push(bytes);
 * for (let frame = frames.next(); frame; frame = frames.next()) {
 *   const header = decodeRequestHeader(frame);
 *   if (header.apiKey !== produce.key) continue;
 *   const request = decodeRequestBody(produce, header.apiVersion, frame, header.bodyOffset); // a ProduceRequest
 *   for (const topic of request.topicData) console.log(topic.name, topic.partitionData.length);
 * }
 * ```
 *
 * Decoded bytes and records are views of the frame: copy what must not keep the frame alive.
 * Decoding throws MalformedBytesError (core) for every input that is not exactly a message.
 */
export * from './data/consumer-protocol.ts';
export * from './data/group-records.ts';
export * from './data/metadata-records.ts';
export * from './data/transaction-records.ts';
export {
  decodeRequestBody,
  decodeRequestHeader,
  decodeResponse,
  encodeRequestFrame,
  encodeRequestPieces,
  encodeResponseFrame,
  encodeResponsePieces,
  peekCorrelationId,
  type RequestHeader,
  requestHeaderVersion,
  responseHeaderVersion,
} from './envelope.ts';
export { FrameReader, FrameTooLargeError } from './frame-reader.ts';
export * from './messages/add-offsets-to-txn.ts';
export * from './messages/add-partitions-to-txn.ts';
export * from './messages/alter-configs.ts';
export * from './messages/api-versions.ts';
export * from './messages/consumer-group-describe.ts';
export * from './messages/create-partitions.ts';
export * from './messages/create-topics.ts';
export * from './messages/delete-groups.ts';
export * from './messages/delete-records.ts';
export * from './messages/delete-topics.ts';
export * from './messages/describe-cluster.ts';
export * from './messages/describe-configs.ts';
export * from './messages/describe-groups.ts';
export * from './messages/describe-log-dirs.ts';
export * from './messages/describe-producers.ts';
export * from './messages/describe-quorum.ts';
export * from './messages/describe-topic-partitions.ts';
export * from './messages/describe-transactions.ts';
export * from './messages/elect-leaders.ts';
export * from './messages/end-txn.ts';
export * from './messages/fetch.ts';
export * from './messages/find-coordinator.ts';
export * from './messages/heartbeat.ts';
export * from './messages/incremental-alter-configs.ts';
export * from './messages/init-producer-id.ts';
export * from './messages/join-group.ts';
export * from './messages/leave-group.ts';
export * from './messages/list-config-resources.ts';
export * from './messages/list-groups.ts';
export * from './messages/list-offsets.ts';
export * from './messages/list-partition-reassignments.ts';
export * from './messages/list-transactions.ts';
export * from './messages/metadata.ts';
export * from './messages/offset-commit.ts';
export * from './messages/offset-delete.ts';
export * from './messages/offset-fetch.ts';
export * from './messages/offset-for-leader-epoch.ts';
export * from './messages/produce.ts';
export * from './messages/sasl-authenticate.ts';
export * from './messages/sasl-handshake.ts';
export * from './messages/sync-group.ts';
export * from './messages/txn-offset-commit.ts';
export * from './messages/update-features.ts';
export * from './messages/write-txn-markers.ts';
export {
  decodeMetadataRecord,
  encodeMetadataRecord,
  type MetadataRecord,
  metadataRecords,
} from './metadata-framing.ts';
export { apiByKey, apis } from './registry.ts';
export type { Api, Infer, InferInput, Message } from './schema.ts';
export {
  decodeUnversioned,
  decodeVersioned,
  decodeVersionedLeniently,
  encodeUnversioned,
  encodeVersioned,
  peekVersion,
} from './versioned.ts';
