/** Brings the input into its topic: JSON texts in, one record for each, its key the input's number (from 0). */
import { Producer } from '../../client/index.ts';
import type { Logger, Ports } from '../../core/index.ts';

export interface FeedOptions {
  readonly bootstrapServers: string;
  readonly ports: Ports;
  readonly logger: Logger;
  readonly topic: string;
  readonly input: AsyncIterable<readonly string[]>;
  readonly signal: AbortSignal;
  /** Called with how many records there are so far. */
  readonly onProgress: (records: number) => void;
}

/** Returns how many records there are, all of them acknowledged. @throws what the input throws */
export async function feed(options: FeedOptions): Promise<number> {
  const { topic, signal, bootstrapServers, ports, logger } = options;
  const producer = new Producer({
    bootstrapServers: [bootstrapServers],
    ports,
    logger,
    clientId: 'feeder',
    batchSize: 256 * 1024,
  });
  let records = 0;
  try {
    for await (const texts of options.input) {
      signal.throwIfAborted();
      for (const value of texts) {
        const full = producer.send({ topic, key: String(records), value });
        records++;
        if (full !== undefined) await full;
      }
      options.onProgress(records);
    }
    await producer.flush({ signal });
  } finally {
    await producer.close();
  }
  return records;
}
