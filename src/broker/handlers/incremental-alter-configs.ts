/**
 * IncrementalAlterConfigs (key 44), versions 0-1: changes single properties of topics, brokers, groups and client metrics,
 * and the level of the logger. Left out: changing listeners while the broker runs.
 */
import { incrementalAlterConfigs } from '../../wire/index.ts';
import { alterResources } from './alter-resources.ts';
import { handler } from './handler.ts';

export const incrementalAlterConfigsHandler = handler(
  incrementalAlterConfigs,
  async ({ resources, validateOnly }, _call, broker) => {
    const changes = resources.map(({ resourceType, resourceName, configs }) => ({
      resourceType,
      resourceName,
      replaces: false,
      changes: configs.map(({ name, value, configOperation }) => ({ name, value, operation: configOperation })),
    }));
    return { responses: await alterResources(changes, validateOnly, broker) };
  },
);
