/**
 * Topics of a measurement: made before it, removed after it, and from the disk at once: what is left of one is no burden
 * for the next.
 */
import { Admin } from '../../src/client/index.ts';

/** A broker as far as its topics are concerned. */
export interface Reached {
  readonly bootstrap: string;
}

let numbered = 0;

export async function createTopic(broker: Reached, partitions = 1): Promise<string> {
  const name = `bench-${numbered++}`;
  await createNamedTopic(broker, name, partitions);
  return name;
}

export async function createNamedTopic(
  broker: Reached,
  name: string,
  partitions = 1,
  configs: Readonly<Record<string, string>> = {},
): Promise<void> {
  await using admin = new Admin({ bootstrapServers: broker.bootstrap });
  await admin.createTopics([{ name, partitions, configs: { 'file.delete.delay.ms': '0', ...configs } }]);
}

export async function deleteTopic(broker: Reached, name: string): Promise<void> {
  await using admin = new Admin({ bootstrapServers: broker.bootstrap });
  await admin.deleteTopics([name]);
}
