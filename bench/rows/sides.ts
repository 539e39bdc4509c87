/** The sides that most rows are made of: one client producing to, or consuming from, one broker. */
import type { Agent } from '../harness/agent.ts';
import type { Comparison, RunningBroker, Sample, Side } from '../harness/row.ts';
import { createTopic, deleteTopic } from '../harness/topics.ts';
import { consume, type Load, produce, startClient } from '../peers/clients.ts';

/** A load on a topic that is made for it. */
export type TopicLoad = Omit<Load, 'topic'> & { readonly partitions?: number };

/** Produces into a new topic each time, which is removed afterwards; into `standing` where there is one. */
export function producing(
  name: string,
  client: Agent,
  broker: RunningBroker,
  load: TopicLoad,
  standing?: string,
): Side {
  return {
    name,
    async measure(): Promise<Sample> {
      if (standing !== undefined) return produce(client, broker, { ...load, topic: standing });
      const topic = await createTopic(broker, load.partitions);
      const sample = await produce(client, broker, { ...load, topic });
      await deleteTopic(broker, topic);
      return sample;
    },
  };
}

/** A topic filled by our client: whoever reads it, and wherever, the batches are the same. */
export async function filledTopic(broker: RunningBroker, load: Omit<TopicLoad, 'acks'>): Promise<string> {
  const topic = await createTopic(broker, load.partitions);
  const filler = await startClient('onceward');
  await produce(filler, broker, { ...load, topic, acks: 'one' });
  await filler.stop();
  return topic;
}

/** What a consumer has read before its clock starts: connections, the group and the first fetches are behind it. */
export function leadingOf(records: number): number {
  return Math.floor(records / 10);
}

/** Reads a filled topic of `records` anew each time; the first tenth is not measured. */
export function consuming(name: string, client: Agent, broker: RunningBroker, topic: string, records: number): Side {
  const leading = leadingOf(records);
  return { name, measure: () => consume(client, broker, topic, records - leading, leading) };
}

/** A comparison whose processes and topics are let go, the last one first. */
export function comparison(
  parts: Omit<Comparison, typeof Symbol.asyncDispose>,
  release: AsyncDisposableStack,
): Comparison {
  return { ...parts, [Symbol.asyncDispose]: () => release.disposeAsync() };
}
