/**
 * The proof: feeds real input into a topic, runs a consume-transform-produce pipeline to two output topics under each
 * guarantee and the same plan of faults, and counts what the outputs hold against the inputs.
 */
import { build as buildHistogram, type Histogram } from 'hdr-histogram-js';
import { Admin } from '../../client/index.ts';
import { type Logger, type Ports, silentLogger } from '../../core/index.ts';
import { nodePorts } from '../../node/index.ts';
import { FaultProxy } from '../proxy/index.ts';
import { Attribution } from './attribution.ts';
import { feed } from './feed.ts';
import { brokenPromises, type Counts, type GuaranteeName, guaranteeNames } from './guarantees.ts';
import { Pipeline } from './pipeline.ts';
import { batchSize, faultKinds, type PlannedFault, planFaults } from './plan.ts';
import { type Ends, Reading } from './reading.ts';
import type { GuaranteeResult, ProofProgress, ProofResult, TopicResult } from './result.ts';
import { Tally } from './tally.ts';
import { createTopics, endsOf, freeName } from './topics.ts';
import type { Transform } from './transforms.ts';

export interface ProofOptions {
  /** `host:port` of any Kafka broker; the pipeline reaches it through a fault proxy, the counting directly. */
  readonly bootstrapServers: string;
  /** @default the machine's own */
  readonly ports?: Ports;
  /** JSON texts, in chunks; read once. */
  readonly input: AsyncIterable<readonly string[]>;
  /** The input topic, and the start of the outputs' names. Where it is taken a number is appended. */
  readonly topic: string;
  readonly transform: Transform;
  /** @default all three */
  readonly guarantees?: readonly GuaranteeName[];
  /** Of each topic. @default 2 */
  readonly partitions?: number;
  /** How long the group waits for a killed instance; the broker must allow it. @default 1000 */
  readonly sessionTimeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly logger?: Logger;
  readonly onProgress?: (progress: ProofProgress) => void;
}

interface Context extends Required<Omit<ProofOptions, 'input' | 'guarantees' | 'topic'>> {
  readonly admin: Admin;
  readonly topic: string;
  readonly inputs: number;
  readonly inputEnds: readonly number[];
}

/** @throws what the input throws; the signal's reason; Error where the proof could not be carried out */
export async function prove(options: ProofOptions): Promise<ProofResult> {
  const { bootstrapServers, ports = nodePorts(), transform, logger = silentLogger, partitions = 2 } = options;
  const signal = options.signal ?? new AbortController().signal;
  const onProgress = options.onProgress ?? (() => {});
  const admin = new Admin({ bootstrapServers: [bootstrapServers], ports, logger });
  try {
    const topic = await freeName(admin, options.topic);
    await createTopics(admin, [topic], partitions);
    const inputs = await feed({
      bootstrapServers,
      ports,
      logger,
      topic,
      input: options.input,
      signal,
      onProgress: (records) => onProgress({ stage: 'feed', records, finished: false }),
    });
    if (inputs === 0) throw new Error('the input is empty: there is nothing to prove');
    onProgress({ stage: 'feed', records: inputs, finished: true });
    const ends = await endsOf(admin, [topic], partitions, ports);
    const inputEnds = Array.from({ length: partitions }, (_, partition) => ends.get(`${topic}-${partition}`) ?? 0);
    const fed = inputEnds.reduce((sum, end) => sum + end, 0);
    if (fed !== inputs) throw new Error(`${inputs} records were fed into ${topic}, but it holds ${fed}`);

    const context: Context = {
      bootstrapServers,
      ports,
      transform,
      partitions,
      signal,
      logger,
      onProgress,
      sessionTimeoutMs: options.sessionTimeoutMs ?? 1000,
      admin,
      topic,
      inputs,
      inputEnds,
    };
    const guarantees: GuaranteeResult[] = [];
    const broken: string[] = [];
    for (const name of options.guarantees ?? guaranteeNames) {
      const outcome = await runGuarantee(name, context);
      guarantees.push(outcome.result);
      broken.push(...outcome.broken);
      onProgress({ stage: 'guarantee-done', result: outcome.result });
    }
    return { records: inputs, inputTopic: topic, guarantees, broken, held: broken.length === 0 };
  } finally {
    await admin.close();
  }
}

async function runGuarantee(
  name: GuaranteeName,
  context: Context,
): Promise<{ result: GuaranteeResult; broken: string[] }> {
  const { admin, topic, partitions, inputs, ports, transform, onProgress, signal } = context;
  const [first, second] = transform.outputs;
  const topics: readonly [string, string] = [`${topic}.${first}.${name}`, `${topic}.${second}.${name}`];
  await createTopics(admin, topics, partitions);
  const plan = planFaults(inputs, topics);
  const attribution = new Attribution(plan, topics, inputs);
  const proxy = await FaultProxy.start({
    target: context.bootstrapServers,
    network: ports.network,
    timers: ports.timers,
    logger: context.logger,
  });
  try {
    const pipeline = new Pipeline({
      ...context,
      guarantee: name,
      bootstrapServers: proxy.bootstrap,
      proxy,
      plan,
      attribution,
      inputTopic: topic,
      outputTopics: topics,
      groupId: `${topic}.${name}`,
      transactionalId: `${topic}.${name}`,
      batchSize: batchSize(inputs),
      onProgress: (done) => onProgress({ stage: 'run', guarantee: name, done, total: inputs }),
    });
    const live = new LiveReading(context, topics, pipeline.takenAt);
    const started = ports.clock.monotonic();
    let seconds: number;
    try {
      await pipeline.run();
      seconds = (ports.clock.monotonic() - started) / 1000;
    } catch (error) {
      await live.giveUp();
      throw error;
    }
    const ends = await endsOf(admin, topics, partitions, ports);
    await live.finish(ends);
    const tallies = await count(name, context, topics, ends);
    signal.throwIfAborted();

    const perTopic = tallies.map((tally, at): TopicResult => ({ topic: topics[at]!, ...tally.counts() }));
    const broken = perTopic.flatMap((counts) => brokenPromises(name, counts.topic, counts));
    broken.push(
      ...readingsDiffer(name, topics, live.tallies, tallies),
      ...notCarriedOut(name, plan, attribution, inputs),
    );
    const result: GuaranteeResult = {
      name,
      ...sum(perTopic),
      messagesPerSecond: Math.round(inputs / seconds),
      p99Ms: live.p99Ms(),
      perTopic,
      faults: attribution.explain(tallies),
    };
    return { result, broken };
  } finally {
    await proxy.close();
  }
}

/** Reads beside the pipeline: when was each output first there for a reader? */
class LiveReading {
  readonly tallies: Tally[];
  private readonly reading: Reading;
  private readonly running: Promise<void>;
  /** Microseconds. */
  private readonly latencies: Histogram = buildHistogram({ numberOfSignificantValueDigits: 3 });
  private readonly stop = new AbortController();

  constructor(context: Context, topics: readonly string[], takenAt: Float64Array) {
    const { ports, inputs } = context;
    this.tallies = topics.map(() => new Tally(inputs));
    let now = ports.clock.monotonic();
    this.reading = new Reading({
      ...context,
      topics,
      signal: AbortSignal.any([context.signal, this.stop.signal]),
      onPolled: () => {
        now = ports.clock.monotonic();
      },
      onRecord: (topic, { key }) => {
        const tally = this.tallies[topic]!;
        const id = tally.add(key);
        if (id !== -1 && tally.copiesOf(id) === 1) {
          this.latencies.recordValue(Math.max(1, Math.round((now - takenAt[id]!) * 1000)));
        }
      },
    });
    this.running = this.reading.run();
    // Awaited in `finish`; until then a failure must not count as unhandled.
    this.running.catch(() => {});
  }
  async finish(ends: Ends): Promise<void> {
    this.reading.endAt(ends);
    await this.running;
  }
  async giveUp(): Promise<void> {
    this.stop.abort();
    await this.running.catch(() => {});
  }
  p99Ms(): number {
    return Math.round(this.latencies.getValueAtPercentile(99) / 10) / 100;
  }
}

/** Counts with a fresh consumer. */
async function count(name: GuaranteeName, context: Context, topics: readonly string[], ends: Ends): Promise<Tally[]> {
  const tallies = topics.map(() => new Tally(context.inputs));
  const total = context.inputs * topics.length;
  let done = 0;
  const reading = new Reading({
    ...context,
    topics,
    onPolled: () => context.onProgress({ stage: 'count', guarantee: name, done, total }),
    onRecord: (topic, { key }) => {
      done++;
      tallies[topic]!.add(key);
    },
  });
  reading.endAt(ends);
  await reading.run();
  return tallies;
}

function sum(perTopic: readonly Counts[]): Counts {
  const total = { sent: 0, delivered: 0, lost: 0, duplicated: 0 };
  for (const counts of perTopic) {
    total.sent += counts.sent;
    total.delivered += counts.delivered;
    total.lost += counts.lost;
    total.duplicated += counts.duplicated;
  }
  return total;
}

/** What is committed is there for every reader alike, and nothing else is. */
function readingsDiffer(
  name: GuaranteeName,
  topics: readonly string[],
  live: readonly Tally[],
  fresh: readonly Tally[],
): string[] {
  const broken: string[] = [];
  topics.forEach((topic, at) => {
    const id = live[at]!.differsFrom(fresh[at]!);
    if (id !== undefined) {
      broken.push(
        `under ${name} two read_committed readers of ${topic} disagree on input ${id}: ` +
          `${live[at]!.copiesOf(id)} copies while the pipeline ran, ${fresh[at]!.copiesOf(id)} afterwards`,
      );
    }
    if (fresh[at]!.foreign > 0) {
      broken.push(`under ${name} ${topic} holds ${fresh[at]!.foreign} records that come from no input`);
    }
  });
  return broken;
}

/**
 * A run without its faults proves nothing. Under at-most-once what a kill takes is not sent again, so a short input may
 * end before every fault has met a request.
 */
function notCarriedOut(
  name: GuaranteeName,
  plan: readonly PlannedFault[],
  attribution: Attribution,
  inputs: number,
): string[] {
  if (name === 'at-most-once' && inputs / batchSize(inputs) < 2 * plan.length) return [];
  const missed: string[] = [];
  for (const kind of faultKinds) {
    const planned = plan.filter((fault) => fault.kind === kind).length;
    const happened = attribution.happened(kind);
    if (happened < planned) {
      missed.push(
        `under ${name} the plan of faults was not carried out: ${kind} happened ${happened} of ${planned} times`,
      );
    }
  }
  return missed;
}
