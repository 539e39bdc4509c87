/** The topics of the proof: free names, creation, ends. Nothing that exists is touched. */
import type { Admin } from '../../client/index.ts';
import type { Ports } from '../../core/index.ts';
import type { Ends } from './reading.ts';

/** `wanted`, or `wanted-2`, `wanted-3`, … where topics of that name, or beginning with it and a dot, exist. */
export async function freeName(admin: Admin, wanted: string): Promise<string> {
  const topics = await admin.listTopics();
  const isTaken = (name: string) => topics.some((topic) => topic === name || topic.startsWith(`${name}.`));
  let name = wanted;
  for (let number = 2; isTaken(name); number++) name = `${wanted}-${number}`;
  return name;
}

export async function createTopics(admin: Admin, names: readonly string[], partitions: number): Promise<void> {
  // Time-based retention would count old timestamps as lost.
  await admin.createTopics(names.map((name) => ({ name, partitions, configs: { 'retention.ms': '-1' } })));
}

/** A commit is answered once it is decided, and its markers follow; Apache Kafka takes some milliseconds for them. */
const MARKERS_MS = 10_000;
const AGAIN_MS = 20;

/**
 * Where each partition ends for a read_committed reader, once the markers of the last transaction are there.
 * @throws Error when a transaction stays open: what is behind it cannot be counted
 */
export async function endsOf(
  admin: Admin,
  topics: readonly string[],
  partitions: number,
  { clock, timers }: Pick<Ports, 'clock' | 'timers'>,
): Promise<Ends> {
  const wanted = topics.flatMap((topic) =>
    Array.from({ length: partitions }, (_, partition) => ({ topic, partition, at: 'latest' as const })),
  );
  const deadline = clock.monotonic() + MARKERS_MS;
  for (;;) {
    const committed = await admin.listOffsets(wanted, { isolationLevel: 'read_committed' });
    const all = await admin.listOffsets(wanted, { isolationLevel: 'read_uncommitted' });
    const highWatermarks = new Map(all.map(({ topic, partition, offset }) => [`${topic}-${partition}`, offset]));
    const ends = new Map(committed.map(({ topic, partition, offset }) => [`${topic}-${partition}`, offset]));
    const open = [...ends].find(([key, offset]) => offset !== highWatermarks.get(key));
    if (open === undefined) return ends;
    if (clock.monotonic() >= deadline) {
      const [key, offset] = open;
      throw new Error(
        `a transaction is still open in ${key}: its last stable offset is ${offset}, its end ${highWatermarks.get(key)}`,
      );
    }
    await new Promise<void>((resolve) => timers.after(AGAIN_MS, resolve));
  }
}
