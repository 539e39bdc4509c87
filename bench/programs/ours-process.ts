/** Our `process`: reads a topic, transforms each record, writes another, commits every 100 ms, which is its default. */
import { randomUUID } from 'node:crypto';
import { type Guarantee, process as processTopic } from '../../src/client/index.ts';
import { BATCH_SIZE, LINGER_MS, Stopwatch } from './serve.ts';

export interface ProcessRequest {
  readonly bootstrap: string;
  readonly from: string;
  readonly to: string;
  readonly guarantee: Guarantee;
  /** The clock starts after these. */
  readonly leading: number;
  readonly records: number;
}

/** The clock stops when the last of the records is final. */
export async function processRecords({ bootstrap, from, to, guarantee, leading, records }: ProcessRequest) {
  let seen = 0;
  let watch: Stopwatch | undefined;
  const enough = new AbortController();
  const processing = processTopic({
    bootstrapServers: bootstrap,
    group: randomUUID(),
    from,
    to,
    guarantee,
    producer: { batchSize: BATCH_SIZE, lingerMs: LINGER_MS },
    handler: ({ key, value }) => {
      if (seen === leading) watch = new Stopwatch();
      if (++seen === leading + records) enough.abort();
      const copy = Buffer.from(value!);
      copy[0] = 0x58;
      return { key, value: copy };
    },
    signal: enough.signal,
  });
  await processing.done;
  return watch!.read(seen - leading);
}
