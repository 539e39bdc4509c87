/**
 * ApiVersions (key 18): what the other side speaks; the first request on a connection. Versions 0-4 (5 is Kafka 4.4's). A
 * broker answers a version that it does not know with UNSUPPORTED_VERSION in version 0 (KIP-511). Version 4 may list
 * features whose lowest level is 0, which older Java clients refuse. Left out: nothing.
 */
import { api, array, bool, type Infer, type InferInput, int16, int32, int64, message, string } from '../schema.ts';

export const apiVersionsRequest = message('ApiVersionsRequest', {
  versions: '0-4',
  flexible: '3+',
  fields: {
    clientSoftwareName: string({ versions: '3+' }),
    clientSoftwareVersion: string({ versions: '3+' }),
  },
});

export const apiVersionsResponse = message('ApiVersionsResponse', {
  versions: '0-4',
  flexible: '3+',
  fields: {
    errorCode: int16(),
    apiKeys: array({
      apiKey: int16(),
      /** Both ends inclusive. */
      minVersion: int16(),
      maxVersion: int16(),
    }),
    throttleTimeMs: int32({ versions: '1+' }),
    /** What this broker could do (KIP-584). */
    supportedFeatures: array({ name: string(), minVersion: int16(), maxVersion: int16() }, { versions: '3+', tag: 0 }),
    /** Grows with each change of the finalized features; -1 where they are not known. */
    finalizedFeaturesEpoch: int64({ versions: '3+', tag: 1, default: -1 }),
    /** What the cluster has agreed on. The maximum comes first. */
    finalizedFeatures: array(
      { name: string(), maxVersionLevel: int16(), minVersionLevel: int16() },
      { versions: '3+', tag: 2 },
    ),
    /** A relic of the way out of ZooKeeper. */
    zkMigrationReady: bool({ versions: '3+', tag: 3 }),
  },
});

export const apiVersions = api({
  key: 18,
  name: 'ApiVersions',
  request: apiVersionsRequest,
  response: apiVersionsResponse,
});

export type ApiVersionsRequest = Infer<typeof apiVersionsRequest>;
export type ApiVersionsRequestInput = InferInput<typeof apiVersionsRequest>;
export type ApiVersionsResponse = Infer<typeof apiVersionsResponse>;
export type ApiVersionsResponseInput = InferInput<typeof apiVersionsResponse>;
