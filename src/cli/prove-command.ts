/** `onceward prove`, the main job: a broker, real input, three guarantees under one plan of faults, and the count. */
import pc from 'picocolors';
import { Broker } from '../broker/index.ts';
import { silentLogger } from '../core/index.ts';
import { flightTransform, jsonTransform, type ProofResult, prove } from '../lab/index.ts';
import { type DataDirectory, givenDirectory, temporaryDirectory } from './data-directory.ts';
import { FlightsInput } from './input/flights.ts';
import type { Input } from './input/input.ts';
import { NdjsonInput } from './input/ndjson.ts';
import { progressDisplay } from './progress-display.ts';
import { explainStart } from './refusal.ts';
import { checkReportPath, writeReport } from './report-file.ts';
import { faultLines, resultTable, tableLegend } from './result-table.ts';
import { stderrLogger } from './stderr-logger.ts';
import { aborted, stopSignal, within } from './stop-signals.ts';

export interface ProveOptions {
  readonly input?: string;
  readonly data?: string;
  readonly report?: string;
  readonly once: boolean;
  readonly host: string;
  readonly port: number;
}

/** Milliseconds that stopping may take. */
const STOP_MS_MAX = 5_000;
/** How long the broker waits for an instance that was killed. */
const SESSION_TIMEOUT_MS = 1_000;

/** Returns the exit code. @throws Refusal, Stopped, whatever else went wrong */
export async function proveCommand(options: ProveOptions): Promise<number> {
  const stop = stopSignal();
  if (options.report !== undefined) await checkReportPath(options.report);
  const input = options.input === undefined ? new FlightsInput() : await NdjsonInput.open(options.input);
  const directory = options.data === undefined ? await temporaryDirectory() : await givenDirectory(options.data);
  let broker: Broker | undefined;
  try {
    broker = await startBroker(options, directory);
    const kept = directory.temporary ? 'removed at the end; --data DIR keeps one' : 'kept';
    say(`broker on ${broker.bootstrap}, data in ${directory.path} (${kept})`);
    const result = await run(options, input, broker, stop);
    if (!result.held || options.once) return result.held ? 0 : 1;
    say(howToConnect(broker.bootstrap, result));
    await aborted(stop);
    throw stop.reason;
  } finally {
    if (broker !== undefined) await within(STOP_MS_MAX, broker.close());
    await directory.release();
  }
}

async function startBroker({ host, port }: ProveOptions, { path }: DataDirectory): Promise<Broker> {
  try {
    return await Broker.start({
      host,
      port,
      dataDirectory: path,
      config: { 'group.min.session.timeout.ms': SESSION_TIMEOUT_MS },
      logger: stderrLogger('error'),
    });
  } catch (error) {
    throw explainStart(error, { host, port }, path);
  }
}

async function run(options: ProveOptions, input: Input, broker: Broker, stop: AbortSignal): Promise<ProofResult> {
  const display = progressDisplay();
  let result: ProofResult;
  try {
    result = await prove({
      bootstrapServers: broker.bootstrap,
      // Its clients are broken on purpose all the time; what counts is in the result.
      logger: silentLogger,
      input: input.chunks(),
      topic: options.input === undefined ? 'flights' : 'input',
      transform: options.input === undefined ? flightTransform : jsonTransform,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      signal: stop,
      onProgress: (progress) => display.show(progress, input.progress()),
    });
  } catch (error) {
    // A connection that ended because of the stop is not the news.
    if (stop.aborted) throw stop.reason;
    throw error;
  } finally {
    display.stop();
  }
  const { records, guarantees, inputTopic: topic, held } = result;
  say(`\n${records.toLocaleString('en-US')} inputs from ${input.name}\n`);
  say(resultTable(result));
  say(pc.dim(tableLegend));
  say(`\n${faultLines(guarantees)}\n`);
  if (options.report !== undefined) {
    await writeReport(options.report, { input: { source: input.name, topic, records }, guarantees, held });
  }
  if (held) say(pc.green('Every promise held, in every output topic.'));
  else for (const broken of result.broken) process.stderr.write(`${pc.red('broken promise')}: ${broken}\n`);
  return result;
}

function howToConnect(bootstrap: string, { inputTopic, guarantees, records }: ProofResult): string {
  const outputs = guarantees.flatMap(({ perTopic }) => perTopic);
  const width = Math.max(inputTopic.length, ...outputs.map(({ topic }) => topic.length));
  const line = (topic: string, what: string) => `  ${topic.padEnd(width)}  ${what}`;
  const example = outputs.at(-2)?.topic ?? inputTopic;
  return [
    '',
    `The broker stays up on ${pc.bold(bootstrap)} until Ctrl-C. Any Kafka client connects, without TLS or passwords:`,
    `  kcat -b ${bootstrap} -C -t ${example} -o beginning -e`,
    `  kafkajs: new Kafka({ brokers: ['${bootstrap}'] })`,
    `  onceward: new Consumer({ bootstrapServers: '${bootstrap}', groupId: 'mine', autoOffsetReset: 'earliest' })`,
    'Its topics:',
    line(inputTopic, `the ${records.toLocaleString('en-US')} inputs`),
    ...outputs.map(({ topic, delivered, duplicated }) =>
      line(topic, `${(delivered + duplicated).toLocaleString('en-US')} outputs`),
    ),
  ].join('\n');
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
