/** A request as the proxy saw it: its header at once, its body when somebody asks. */
import { BATCH_OVERHEAD, batchesOf } from '../../records/index.ts';
import { type Api, apiByKey, decodeRequestBody, decodeRequestHeader, fetch, produce } from '../../wire/index.ts';

/** A record batch of a Produce request. */
export interface ProducedBatch {
  /** The topic's id where the request names it only so, and the proxy never saw its name. */
  readonly topic: string;
  readonly partition: number;
  readonly records: number;
  /** The whole batch; a view of the request's frame. */
  readonly batch: Uint8Array;
}

/** Learns which topic an id stands for; shared by the connections of a proxy. */
export type TopicNames = Map<string, string>;

export class ProxiedRequest {
  /** Kafka's name, or `ApiNN` for a key that the wire tables do not know. */
  readonly apiName: string;
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  /** Counts from 1 over the proxy's life. */
  readonly connection: number;
  /** `host:port` of the broker it was meant for. */
  readonly upstream: string;
  /** What the client is answered in place of what the broker says, without its length. */
  refusal: Uint8Array | undefined;
  private readonly frame: Uint8Array;
  private readonly names: TopicNames;
  private decoded: unknown;
  private isDecoded = false;

  /** @throws RangeError for a frame too short for a request's header */
  constructor(frame: Uint8Array, connection: number, upstream: string, names: TopicNames) {
    const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
    this.apiKey = view.getInt16(0);
    this.apiVersion = view.getInt16(2);
    this.correlationId = view.getInt32(4);
    this.apiName = apiByKey(this.apiKey)?.name ?? `Api${this.apiKey}`;
    this.connection = connection;
    this.upstream = upstream;
    this.frame = frame;
    this.names = names;
  }

  get api(): Api | undefined {
    const api = apiByKey(this.apiKey);
    if (api === undefined || this.apiVersion < api.minVersion || this.apiVersion > api.maxVersion) return undefined;
    return api;
  }

  /** As the wire tables infer it; undefined for an API or a version they do not know, or for a body they cannot read. */
  body(): unknown {
    if (!this.isDecoded) {
      this.isDecoded = true;
      const api = this.api;
      if (api !== undefined) {
        try {
          const { bodyOffset } = decodeRequestHeader(this.frame);
          this.decoded = decodeRequestBody(api, this.apiVersion, this.frame, bodyOffset);
        } catch {
          this.decoded = undefined;
        }
      }
    }
    return this.decoded;
  }

  /** False for a Produce with acks=0, which the broker does not answer. */
  get expectsReply(): boolean {
    if (this.apiKey !== produce.key) return true;
    return (this.body() as Body<typeof produce> | undefined)?.acks !== 0;
  }

  /** The record batches of a Produce request; none for any other. */
  produced(): ProducedBatch[] {
    if (this.apiKey !== produce.key) return [];
    const body = this.body() as Body<typeof produce> | undefined;
    const found: ProducedBatch[] = [];
    for (const topic of body?.topicData ?? []) {
      const name = this.topicName(topic.name, topic.topicId);
      for (const { index, records } of topic.partitionData) {
        if (records === null || records.length < BATCH_OVERHEAD) continue;
        try {
          for (const { header, bytes } of batchesOf(records)) {
            found.push({ topic: name, partition: index, records: header.recordCount, batch: bytes });
          }
        } catch {
          // Not record batches: the broker will say so.
        }
      }
    }
    return found;
  }

  /** The topics of a Produce or Fetch request; none for any other. */
  topics(): string[] {
    if (this.apiKey === produce.key) {
      const body = this.body() as Body<typeof produce> | undefined;
      return (body?.topicData ?? []).map((topic) => this.topicName(topic.name, topic.topicId));
    }
    if (this.apiKey === fetch.key) {
      const body = this.body() as Body<typeof fetch> | undefined;
      return (body?.topics ?? []).map((topic) => this.topicName(topic.topic, topic.topicId));
    }
    return [];
  }

  private topicName(name: string, id: string): string {
    return name !== '' ? name : (this.names.get(id) ?? id);
  }
}

type Body<A> = A extends Api<infer Req> ? Req : never;
