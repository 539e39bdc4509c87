/** Topics of a measurement: made before it, removed after it, so that the disk has no more to write of them. */
import { Admin } from '../../src/client/index.ts';
import type { RunningBroker } from './row.ts';

let numbered = 0;

export async function createTopic(broker: RunningBroker, partitions = 1): Promise<string> {
  const name = `bench-${numbered++}`;
  await using admin = new Admin({ bootstrapServers: broker.bootstrap });
  await admin.createTopics([{ name, partitions }]);
  return name;
}

export async function deleteTopic(broker: RunningBroker, name: string): Promise<void> {
  await using admin = new Admin({ bootstrapServers: broker.bootstrap });
  await admin.deleteTopics([name]);
}
