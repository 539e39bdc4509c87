/**
 * Answers that carry brokers' addresses, rewritten so that clients stay on the proxy: Metadata, FindCoordinator,
 * DescribeCluster, and the node endpoints of Produce (10+) and Fetch (16+), KIP-951. ApiVersions is capped, for those
 * APIs only, at what the wire tables can read. Everything else passes as it is.
 */
import {
  type Api,
  apiByKey,
  apiVersions,
  decodeResponse,
  describeCluster,
  encodeResponseFrame,
  fetch,
  findCoordinator,
  metadata,
  produce,
} from '../../wire/index.ts';
import type { ProxiedRequest, TopicNames } from './proxied-request.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** The proxy's own address in place of a broker's. */
export type Substitute = (broker: Address) => Promise<Address>;

/** The APIs whose answers must be understood. */
const rewritten: readonly Api[] = [produce, fetch, metadata, findCoordinator, describeCluster];

/** Answers to these can hold an address or a version range. */
export function needsRewriting(request: ProxiedRequest): boolean {
  if (request.api === undefined) return false;
  if (request.apiKey === produce.key) return request.apiVersion >= 10;
  if (request.apiKey === fetch.key) return request.apiVersion >= 16;
  return request.apiKey === apiVersions.key || rewritten.some((api) => api.key === request.apiKey);
}

/**
 * The answer to give instead of `frame`, without its length; `frame` itself where there is nothing to change.
 * @throws MalformedBytesError for an answer that is not of the request's API and version
 */
export async function rewriteAnswer(
  request: ProxiedRequest,
  frame: Uint8Array,
  substitute: Substitute,
  names: TopicNames,
): Promise<Uint8Array> {
  const version = request.apiVersion;
  switch (request.apiKey) {
    case apiVersions.key: {
      const { body } = decodeResponse(apiVersions, version, frame);
      const apiKeys = body.apiKeys.map((range) => ({ ...range, maxVersion: capped(range.apiKey, range.maxVersion) }));
      if (apiKeys.every((range, at) => range.maxVersion === body.apiKeys[at]!.maxVersion)) return frame;
      // A broker that does not know the version answers in version 0.
      const answered = body.errorCode === UNSUPPORTED_VERSION ? 0 : version;
      return encode(apiVersions, answered, request, { ...body, apiKeys });
    }
    case metadata.key: {
      const { body } = decodeResponse(metadata, version, frame);
      for (const topic of body.topics) {
        if (topic.name !== null && topic.name !== '' && topic.topicId !== undefined)
          names.set(topic.topicId, topic.name);
      }
      return encode(metadata, version, request, { ...body, brokers: await all(body.brokers, substitute) });
    }
    case findCoordinator.key: {
      const { body } = decodeResponse(findCoordinator, version, frame);
      if (version >= 4) {
        const coordinators = await all(body.coordinators, substitute);
        return encode(findCoordinator, version, request, { ...body, coordinators });
      }
      return encode(findCoordinator, version, request, { ...body, ...(await one(body, substitute)) });
    }
    case describeCluster.key: {
      const { body } = decodeResponse(describeCluster, version, frame);
      return encode(describeCluster, version, request, { ...body, brokers: await all(body.brokers, substitute) });
    }
    case produce.key: {
      const { body } = decodeResponse(produce, version, frame);
      if (body.nodeEndpoints.length === 0) return frame;
      return encode(produce, version, request, { ...body, nodeEndpoints: await all(body.nodeEndpoints, substitute) });
    }
    case fetch.key: {
      const { body } = decodeResponse(fetch, version, frame);
      if (body.nodeEndpoints.length === 0) return frame;
      return encode(fetch, version, request, { ...body, nodeEndpoints: await all(body.nodeEndpoints, substitute) });
    }
    default:
      return frame;
  }
}

const UNSUPPORTED_VERSION = 35;

function capped(key: number, maxVersion: number): number {
  const api = rewritten.some((known) => known.key === key) ? apiByKey(key) : undefined;
  return api === undefined ? maxVersion : Math.min(maxVersion, api.maxVersion);
}

async function one<T extends Address>(broker: T, substitute: Substitute): Promise<T> {
  // "No coordinator", in Kafka's answers.
  if (broker.host === '' || broker.port < 0) return broker;
  const { host, port } = await substitute({ host: broker.host, port: broker.port });
  return { ...broker, host, port };
}

function all<T extends Address>(brokers: readonly T[], substitute: Substitute): Promise<T[]> {
  return Promise.all(brokers.map((broker) => one(broker, substitute)));
}

function encode<In>(
  api: Api<unknown, unknown, unknown, In>,
  version: number,
  request: ProxiedRequest,
  body: NoInfer<In>,
): Uint8Array {
  return encodeResponseFrame(api, version, request.correlationId, body).subarray(4);
}
