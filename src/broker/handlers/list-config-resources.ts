/**
 * ListConfigResources (key 74), versions 0-1: topics, brokers and their loggers, and the groups and client metrics on which
 * something is set; version 0 the last alone. Left out: nothing.
 */
import { ConfigResource } from '../../controller/index.ts';
import { ErrorCode } from '../../core/index.ts';
import { listConfigResources } from '../../wire/index.ts';
import type { BrokerServices } from '../services.ts';
import { handler } from './handler.ts';

/** In the order in which Kafka lists them. */
const TYPES: readonly number[] = [
  ConfigResource.GROUP,
  ConfigResource.CLIENT_METRICS,
  ConfigResource.BROKER_LOGGER,
  ConfigResource.BROKER,
  ConfigResource.TOPIC,
];

export const listConfigResourcesHandler = handler(listConfigResources, ({ resourceTypes }, { apiVersion }, broker) => {
  if (resourceTypes.some((type) => !TYPES.includes(type))) return { errorCode: ErrorCode.UNSUPPORTED_VERSION };
  const all = resourceTypes.length === 0 ? TYPES : resourceTypes;
  const wanted = apiVersion === 0 ? [ConfigResource.CLIENT_METRICS] : all;
  return {
    configResources: TYPES.filter((type) => wanted.includes(type)).flatMap((resourceType) =>
      names(resourceType, broker).map((resourceName) => ({ resourceName, resourceType })),
    ),
  };
});

function names(resourceType: number, { image }: BrokerServices): string[] {
  switch (resourceType) {
    case ConfigResource.TOPIC:
      return [...image.topics.keys()];
    case ConfigResource.BROKER:
    case ConfigResource.BROKER_LOGGER:
      return [...image.brokers.keys()].map(String);
    default:
      return image.configuredResources(resourceType);
  }
}
