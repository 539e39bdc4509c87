/** The other end of `Agent`: reads lines of JSON, does what each says, answers with a line. Ends with its input. */
import { createInterface } from 'node:readline';
import type { Answer } from '../harness/agent.ts';

/** The settings that every client is given where it has them. */
export const BATCH_SIZE = 65_536;
export const LINGER_MS = 5;

export interface ProduceRequest {
  readonly bootstrap: string;
  readonly topic: string;
  readonly records: number;
  /** Path of the values. */
  readonly values: string;
  readonly acks: 'one' | 'all';
  readonly compression: 'none' | 'lz4' | 'zstd';
  /** Records have keys, this many different ones; 0: none. */
  readonly keys: number;
}

export interface ConsumeRequest {
  readonly bootstrap: string;
  readonly topic: string;
  /** The clock starts after these. */
  readonly leading: number;
  readonly records: number;
}

// Each handler knows its own request; the harness writes them by the same types.
type Handlers = Readonly<Record<string, (request: never) => Promise<Answer>>>;

export async function serve(handlers: Handlers): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line) as { readonly do: string };
    const handler = handlers[request.do];
    let answer: unknown;
    try {
      if (handler === undefined) throw new Error(`cannot ${request.do}`);
      answer = await handler(request as never);
    } catch (error) {
      answer = { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  process.exit(0);
}

/** Time and processor time since it was made. */
export class Stopwatch {
  private readonly began = performance.now();
  private readonly cpu = process.cpuUsage();

  /** Seconds of the clock, and of the processor, with the number of records that they were spent on. */
  read(records: number): Answer {
    const { user, system } = process.cpuUsage(this.cpu);
    return { records, seconds: (performance.now() - this.began) / 1000, cpuSeconds: (user + system) / 1e6 };
  }
}

/** @throws Error where the clock never began: a single fetch brought everything */
export function measured(watch: Stopwatch | undefined, records: number): Answer {
  if (watch === undefined) throw new Error('one fetch brought all records: too few to measure');
  return watch.read(records);
}
