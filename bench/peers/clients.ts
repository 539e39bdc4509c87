/** The clients that are measured, each in a process of its own, and what is asked of them. */
import { join } from 'node:path';
import { Agent, type Request } from '../harness/agent.ts';
import { profileArguments, root } from '../harness/children.ts';
import { payloadFile } from '../harness/payloads.ts';
import { processorSeconds } from '../harness/processor-time.ts';
import type { Sample } from '../harness/row.ts';
import type { ProduceRequest } from '../programs/serve.ts';
import { franzGoProgram } from './franz-go.ts';

export const clientNames = ['onceward', 'bare', '@platformatic/kafka', 'kafkajs', 'franz-go'] as const;
export type ClientName = (typeof clientNames)[number];

const nodePrograms = {
  onceward: 'ours.ts',
  bare: 'bare-client.ts',
  '@platformatic/kafka': 'platformatic.ts',
  kafkajs: 'kafkajs.ts',
} as const;

/** `profiles`: a directory for the processor profile of a client that runs on Node. */
export function startClient(name: ClientName, profiles?: string): Promise<Agent> {
  if (name === 'franz-go') return Agent.start(name, franzGoProgram, []);
  const program = join(root, 'bench', 'programs', nodePrograms[name]);
  return Agent.start(name, process.execPath, [...profileArguments(profiles, 'client'), program]);
}

/** A broker as far as a measurement is concerned. */
export interface Measured {
  readonly bootstrap: string;
  readonly pid: number;
}

export interface Load {
  readonly topic: string;
  readonly records: number;
  /** Bytes of a value. */
  readonly size: number;
  readonly acks: ProduceRequest['acks'];
  readonly compression?: ProduceRequest['compression'];
  readonly keys?: number;
}

/** Records a second, with the processor time that client and broker spent on each. */
export async function produce(client: Agent, broker: Measured, load: Load): Promise<Sample> {
  const { topic, records, size, acks, compression = 'none', keys = 0 } = load;
  return rate(
    client,
    broker,
    {
      do: 'produce',
      ...{ bootstrap: broker.bootstrap, topic, records, values: payloadFile(size), acks, compression, keys },
    },
    records,
  );
}

/** Records a second after the first `leading` ones. */
export async function consume(
  client: Agent,
  broker: Measured,
  topic: string,
  records: number,
  leading: number,
): Promise<Sample> {
  const request = { do: 'consume', bootstrap: broker.bootstrap, topic, records, leading };
  return rate(client, broker, request, leading + records);
}

/** `total`: records that the broker had to do with, measured or not. */
async function rate(client: Agent, broker: Measured, request: Request, total: number): Promise<Sample> {
  const before = processorSeconds(broker.pid);
  const answer = await client.call(request);
  const records = answer.records!;
  return {
    value: records / answer.seconds!,
    details: {
      'client µs': ((answer.cpuSeconds ?? Number.NaN) / records) * 1e6,
      'broker µs': ((processorSeconds(broker.pid) - before) / total) * 1e6,
    },
  };
}
