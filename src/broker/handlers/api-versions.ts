/**
 * ApiVersions (key 18), versions 0-4: what this broker speaks, from the registry of handlers, and the cluster's features
 * (KIP-584). Up to version 3 a supported feature whose lowest level is 0 is left out: older Java clients throw on it.
 * Left out: a version that is not known is answered by the dispatcher, before the body is parsed (KIP-511).
 */
import { supportedFeatures } from '../../controller/index.ts';
import { ErrorCode } from '../../core/index.ts';
import { type ApiVersionsResponseInput, apiVersions } from '../../wire/index.ts';
import { type Handler, handler } from './handler.ts';

const SOFTWARE = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;

/** `handlers` is asked at each request, so that it may hold this handler too. */
export function apiVersionsHandler(handlers: () => readonly Handler[]): Handler {
  return handler(apiVersions, (request, { apiVersion }, { image }): ApiVersionsResponseInput => {
    if (apiVersion >= 3) {
      const named = SOFTWARE.test(request.clientSoftwareName) && SOFTWARE.test(request.clientSoftwareVersion);
      if (!named) return { errorCode: ErrorCode.INVALID_REQUEST, apiKeys: [] };
    }
    return {
      apiKeys: handlers().map(advertisedRange),
      supportedFeatures: supportedFeatures
        .filter(({ min }) => apiVersion >= 4 || min > 0)
        .map(({ name, min, max }) => ({ name, minVersion: min, maxVersion: max })),
      finalizedFeaturesEpoch: image.featuresEpoch,
      finalizedFeatures: [...image.features].map(([name, level]) => ({
        name,
        maxVersionLevel: level,
        minVersionLevel: level,
      })),
    };
  });
}

export function advertisedRange({ api, advertised }: Handler) {
  return { apiKey: api.key, minVersion: advertised.min, maxVersion: advertised.max };
}
