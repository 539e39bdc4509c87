/** What AlterConfigs and IncrementalAlterConfigs share: levels of loggers change here and at once, the rest by the controller. */
import { type AlteredResource, ConfigResource, type ResourceChange } from '../../controller/index.ts';
import { ErrorCode, KafkaError } from '../../core/index.ts';
import type { BrokerServices } from '../services.ts';

/** The answers stand in the order of the request. */
export async function alterResources(
  resources: readonly ResourceChange[],
  validateOnly: boolean,
  broker: BrokerServices,
): Promise<readonly AlteredResource[]> {
  const forController = resources.filter((resource) => !isLogger(resource));
  const fromController = (await byController(forController, validateOnly, broker))[Symbol.iterator]();
  const loggers = resources.filter(isLogger);
  return resources.map((resource) =>
    isLogger(resource)
      ? answered(resource, () => alterLogger(resource, loggers, validateOnly, broker))
      : fromController.next().value!,
  );
}

/** AlterConfigs knows no loggers. */
function isLogger({ resourceType, replaces }: ResourceChange): boolean {
  return resourceType === ConfigResource.BROKER_LOGGER && !replaces;
}

async function byController(
  resources: readonly ResourceChange[],
  validateOnly: boolean,
  { controller }: BrokerServices,
): Promise<readonly AlteredResource[]> {
  if (resources.length === 0) return [];
  try {
    return await controller.alterConfigs(resources, { validateOnly });
  } catch (error) {
    if (!KafkaError.is(error)) throw error;
    return resources.map((resource) => refused(resource, error));
  }
}

function alterLogger(
  { resourceName, changes }: ResourceChange,
  loggers: readonly ResourceChange[],
  validateOnly: boolean,
  { nodeId, logLevels }: BrokerServices,
): void {
  if (loggers.filter((other) => other.resourceName === resourceName).length > 1) {
    throw new KafkaError('INVALID_REQUEST', 'Each resource must appear at most once.');
  }
  if (!/^[+-]?\d{1,10}$/.test(resourceName)) {
    throw new KafkaError('INVALID_REQUEST', `Node id must be an integer, but it is: ${resourceName}`);
  }
  if (Number(resourceName) !== nodeId) {
    throw new KafkaError('INVALID_REQUEST', `Unexpected node id. Expected ${nodeId}, but received ${resourceName}`);
  }
  logLevels.alter(changes, validateOnly);
}

function answered(resource: ResourceChange, work: () => void): AlteredResource {
  const { resourceType, resourceName } = resource;
  try {
    work();
    return { resourceType, resourceName, errorCode: ErrorCode.NONE, errorMessage: null };
  } catch (error) {
    if (!KafkaError.is(error)) throw error;
    return refused(resource, error);
  }
}

function refused({ resourceType, resourceName }: ResourceChange, error: KafkaError): AlteredResource {
  return { resourceType, resourceName, errorCode: error.errorCode, errorMessage: error.message };
}
