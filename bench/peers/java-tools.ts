/** Apache Kafka's own producer and consumer performance tools, a Java machine for each measurement, as their scripts run them. */
import { randomUUID } from 'node:crypto';
import { STOP_MS_MAX, startListened } from '../harness/children.ts';
import { payloadFile } from '../harness/payloads.ts';
import { BATCH_SIZE, LINGER_MS } from '../programs/serve.ts';
import { javaArguments } from './apache-kafka.ts';
import type { Load } from './clients.ts';

const options = ['-Xmx512M', '-server', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20', '-Djava.awt.headless=true'];
const TOOL_MS_MAX = 180_000 + STOP_MS_MAX;

async function run(tool: string, args: readonly string[]): Promise<string> {
  const { child, ended, said } = await startListened('java', javaArguments(tool, args, options));
  let text = '';
  child.stdout!.on('data', (more: string) => {
    text += more;
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), TOOL_MS_MAX);
  await ended;
  clearTimeout(timer);
  if (child.exitCode !== 0)
    throw new Error(`${tool} ${args.join(' ')}: exit code ${child.exitCode}\n${text}\n${said()}`);
  return text;
}

/** Records a second, once a third of them has warmed the Java machine. */
export async function javaProduce(bootstrap: string, { topic, records, size, acks }: Load): Promise<number> {
  const warmUp = Math.floor(records / 3);
  const text = await run('org.apache.kafka.tools.ProducerPerformance', [
    ...['--bootstrap-server', bootstrap, '--topic', topic, '--throughput', '-1'],
    ...['--num-records', String(records), '--warmup-records', String(warmUp), '--payload-file', payloadFile(size)],
    ...['--command-property', `acks=${acks === 'one' ? '1' : 'all'}`, `batch.size=${BATCH_SIZE}`],
    ...[`linger.ms=${LINGER_MS}`, `enable.idempotence=${acks === 'all'}`],
  ]);
  const match = /steady state records sent, ([\d.]+) records\/sec/.exec(text);
  if (match === null) throw new Error(`the producer tool says no rate:\n${text}`);
  return Number(match[1]);
}

/** Records a second, from the assignment of the partitions on. */
export async function javaConsume(bootstrap: string, topic: string, records: number): Promise<number> {
  const text = await run('org.apache.kafka.tools.ConsumerPerformance', [
    ...['--bootstrap-server', bootstrap, '--topic', topic, '--group', randomUUID()],
    ...['--num-records', String(records), '--hide-header', '--timeout', '30000'],
  ]);
  const rate = Number(text.trim().split('\n').at(-1)!.split(', ').at(-1));
  if (!(rate > 0)) throw new Error(`the consumer tool says no rate:\n${text}`);
  return rate;
}
