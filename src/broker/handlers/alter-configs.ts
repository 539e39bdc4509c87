/**
 * AlterConfigs (key 33), versions 0-2: sets the properties of topics, brokers, groups and client metrics; what is not named
 * goes back to its default. Left out: nothing.
 */
import { ConfigOperation } from '../../controller/index.ts';
import { alterConfigs } from '../../wire/index.ts';
import { alterResources } from './alter-resources.ts';
import { handler } from './handler.ts';

export const alterConfigsHandler = handler(alterConfigs, async ({ resources, validateOnly }, _call, broker) => {
  const changes = resources.map(({ resourceType, resourceName, configs }) => ({
    resourceType,
    resourceName,
    replaces: true,
    changes: configs.map(({ name, value }) => ({ name, value, operation: ConfigOperation.SET })),
  }));
  return { responses: await alterResources(changes, validateOnly, broker) };
});
