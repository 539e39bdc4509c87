/**
 * A conversation about configuration: each step is one request, each answer what can be compared. The same steps were put to
 * Apache Kafka (scripts/capture-golden/capture-kafka-configs.ts wrote down what it answered) and are put to our broker.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { nodePorts } from '../../src/node/index.ts';
import {
  alterConfigs,
  createTopics,
  describeConfigs,
  incrementalAlterConfigs,
  listConfigResources,
} from '../../src/wire/index.ts';
import { RawClient, request } from '../simulation/raw-client.ts';

const TOPIC = 2;
const BROKER = 4;
const LOGGER = 8;
const METRICS = 16;
const GROUP = 32;
const SET = 0;
const DELETE = 1;
const APPEND = 2;
const SUBTRACT = 3;

type Change = readonly [name: string, operation: number, value: string | null];
export type Step =
  | { readonly create: string; readonly configs: readonly (readonly [name: string, value: string | null])[] }
  | { readonly change: number; readonly of: string; readonly by: readonly Change[]; readonly validateOnly?: true }
  | { readonly replace: number; readonly of: string; readonly with: readonly (readonly [string, string | null])[] }
  | { readonly describe: number; readonly of: string; readonly keys: readonly string[] | null }
  | { readonly list: readonly number[]; readonly version?: number };

const set = (type: number, of: string, ...by: readonly (readonly [string, string | null])[]): Step => ({
  change: type,
  of,
  by: by.map(([name, value]) => [name, SET, value]),
});
const change = (type: number, of: string, ...by: readonly Change[]): Step => ({ change: type, of, by });
const unset = (type: number, of: string, name: string): Step => change(type, of, [name, DELETE, null]);
const show = (type: number, of: string, ...keys: string[]): Step => ({ describe: type, of, keys });

export const steps: Readonly<Record<string, readonly Step[]>> = {
  'a topic’s properties are set, appended to, taken from and unset': [
    { create: 't', configs: [] },
    set(TOPIC, 't', ['retention.ms', '1000']),
    show(TOPIC, 't', 'retention.ms', 'no.such.key'),
    change(TOPIC, 't', ['retention.ms', SET, ' 2000 '], ['cleanup.policy', APPEND, 'compact']),
    show(TOPIC, 't', 'retention.ms', 'cleanup.policy'),
    change(TOPIC, 't', ['cleanup.policy', APPEND, 'delete,compact']),
    change(TOPIC, 't', ['cleanup.policy', SUBTRACT, 'compact,delete']),
    show(TOPIC, 't', 'cleanup.policy'),
    change(TOPIC, 't', ['cleanup.policy', SUBTRACT, 'compact']),
    set(TOPIC, 't', ['cleanup.policy', 'delete,delete']),
    show(TOPIC, 't', 'cleanup.policy'),
    unset(TOPIC, 't', 'cleanup.policy'),
    change(TOPIC, 't', ['retention.ms', DELETE, 'ignored']),
    show(TOPIC, 't', 'cleanup.policy', 'retention.ms'),
    { change: TOPIC, of: 't', by: [['message.timestamp.before.max.ms', SET, '1']], validateOnly: true },
    show(TOPIC, 't', 'message.timestamp.before.max.ms'),
    set(TOPIC, 't', ['internal.segment.bytes', '1000'], ['follower.replication.throttled.replicas', '*']),
    show(TOPIC, 't', 'internal.segment.bytes', 'follower.replication.throttled.replicas'),
    { change: TOPIC, of: 't', by: [] },
  ],
  'a topic’s properties are replaced': [
    { replace: TOPIC, of: 't', with: [['retention.ms', '5000']] },
    show(TOPIC, 't', 'retention.ms', 'internal.segment.bytes'),
    { replace: TOPIC, of: 't', with: [['segment.ms', '7000']] },
    show(TOPIC, 't', 'retention.ms', 'segment.ms'),
    { replace: TOPIC, of: 't', with: [['segment.ms', null]] },
    {
      replace: TOPIC,
      of: 't',
      with: [
        ['segment.ms', '1'],
        ['segment.ms', '2'],
      ],
    },
    { replace: TOPIC, of: 't', with: [['nope', '1']] },
    { replace: TOPIC, of: 't', with: [['segment.ms', '']] },
    { replace: TOPIC, of: 'none', with: [['segment.ms', '10']] },
    { replace: TOPIC, of: 't', with: [] },
    show(TOPIC, 't', 'segment.ms'),
  ],
  'what a topic cannot have': [
    set(TOPIC, 't', ['cleanup.policy', 'bogus']),
    set(TOPIC, 't', ['cleanup.policy', 'delete,,compact']),
    change(TOPIC, 't', ['retention.ms', APPEND, '5']),
    change(TOPIC, 't', ['retention.ms', SUBTRACT, '5']),
    set(TOPIC, 't', ['retention.ms', null]),
    set(TOPIC, 't', ['retention.ms', '1'], ['retention.ms', '2']),
    change(TOPIC, 't', ['retention.ms', SET, '1'], ['retention.ms', DELETE, null]),
    set(TOPIC, 't', ['no.such.property.at.all', '1']),
    unset(TOPIC, 't', 'no.such.property.at.all'),
    set(TOPIC, 't', ['retention.ms', 'x']),
    set(TOPIC, 't', ['retention.ms', '-2']),
    set(TOPIC, 't', ['segment.bytes', '100']),
    set(TOPIC, 't', ['segment.ms', '99999999999999999999']),
    set(TOPIC, 't', ['min.insync.replicas', '0']),
    set(TOPIC, 't', ['preallocate', 'maybe']),
    set(TOPIC, 't', ['compression.type', 'rar']),
    set(TOPIC, 't', ['compression.gzip.level', '0']),
    set(TOPIC, 't', ['leader.replication.throttled.replicas', 'x']),
    set(TOPIC, 't', ['max.compaction.lag.ms', '10'], ['min.compaction.lag.ms', '20']),
    set(TOPIC, 't', ['remote.storage.enable', 'true']),
    set(TOPIC, 'none', ['retention.ms', '1']),
    set(TOPIC, '', ['retention.ms', '1']),
    set(TOPIC, 'b/d', ['retention.ms', '1']),
    { change: TOPIC, of: 'none', by: [] },
    { create: 'u', configs: [['retention.ms', null]] },
    { create: 'u', configs: [['no.such.property.at.all', '1']] },
    { create: 'u', configs: [['retention.ms', 'x']] },
    {
      create: 'u',
      configs: [
        ['retention.ms', '1'],
        ['retention.ms', '2'],
      ],
    },
    show(TOPIC, 'u', 'retention.ms'),
    show(TOPIC, 'none'),
    show(TOPIC, ''),
    show(TOPIC, 'b/d'),
  ],
  'resources that are none': [
    set(0, 'x', ['retention.ms', '1']),
    set(1, 'x', ['retention.ms', '1']),
    set(3, 'x', ['a', '1']),
    set(77, 'x', ['a', '1']),
    { replace: LOGGER, of: '1', with: [['root', 'INFO']] },
    { list: [7] },
    { list: [TOPIC] },
    { list: [BROKER] },
    { list: [LOGGER] },
    { list: [] },
  ],
  'the broker’s properties, of one and of all': [
    show(BROKER, '', 'message.max.bytes'),
    set(BROKER, '', ['message.max.bytes', '2000000']),
    set(BROKER, '1', ['message.max.bytes', '3000000']),
    show(BROKER, '1', 'message.max.bytes'),
    show(BROKER, '', 'message.max.bytes'),
    show(TOPIC, 't', 'max.message.bytes'),
    unset(BROKER, '1', 'message.max.bytes'),
    show(BROKER, '1', 'message.max.bytes'),
    show(TOPIC, 't', 'max.message.bytes'),
    change(BROKER, '1', ['log.cleanup.policy', APPEND, 'compact']),
    show(BROKER, '1', 'log.cleanup.policy'),
    show(TOPIC, 't', 'cleanup.policy'),
    unset(BROKER, '1', 'log.cleanup.policy'),
    set(BROKER, '1', ['log.retention.ms', '100000']),
    show(BROKER, '1', 'log.retention.ms', 'log.retention.minutes', 'log.retention.hours'),
    show(TOPIC, 't', 'retention.ms'),
    unset(BROKER, '1', 'log.retention.ms'),
    show(TOPIC, 't', 'retention.ms'),
    set(BROKER, '1', ['follower.replication.throttled.rate', '100']),
    show(BROKER, '1', 'follower.replication.throttled.rate'),
    unset(BROKER, '1', 'follower.replication.throttled.rate'),
    set(BROKER, '1', ['no.such.property.at.all', '7']),
    show(BROKER, '1', 'no.such.property.at.all'),
    set(BROKER, '', ['no.such.property.at.all', '7']),
    show(BROKER, '', 'no.such.property.at.all'),
    unset(BROKER, '1', 'no.such.property.at.all'),
    unset(BROKER, '', 'no.such.property.at.all'),
    { replace: BROKER, of: '1', with: [['message.max.bytes', '5000000']] },
    show(BROKER, '1', 'message.max.bytes'),
    { replace: BROKER, of: '1', with: [] },
    unset(BROKER, '', 'message.max.bytes'),
    show(BROKER, '1', 'message.max.bytes'),
  ],
  'what cannot be changed on a broker': [
    set(BROKER, '1', ['node.id', '5']),
    set(BROKER, '', ['node.id', '5']),
    { replace: BROKER, of: '1', with: [['node.id', '7']] },
    set(BROKER, '1', ['message.max.bytes', '4000000'], ['num.partitions', '7']),
    show(BROKER, '1', 'message.max.bytes', 'num.partitions'),
    set(BROKER, '1', ['log.retention.hours', '5']),
    set(BROKER, '1', ['message.max.bytes', '-5']),
    set(BROKER, '1', ['message.max.bytes', 'x']),
    set(BROKER, '', ['listeners', 'PLAINTEXT://:1']),
    set(BROKER, '1', ['listeners', 'PLAINTEXT://:1']),
    set(BROKER, '1', ['ssl.keystore.password', 'secret']),
    unset(BROKER, '1', 'ssl.keystore.password'),
    show(BROKER, '1', 'ssl.keystore.password'),
    set(BROKER, '2', ['message.max.bytes', '5']),
    set(BROKER, 'x', ['message.max.bytes', '5']),
    set(BROKER, '-1', ['message.max.bytes', '5']),
    set(BROKER, '1', ['log.retention.ms', '0']),
    set(BROKER, '1', ['log.roll.ms', '0']),
    set(BROKER, '1', ['log.segment.bytes', '10']),
    set(BROKER, '1', ['log.cleaner.threads', '100']),
    set(BROKER, '1', ['num.io.threads', '100']),
    set(BROKER, '', ['group.consumer.assignment.interval.ms', '99999']),
    show(BROKER, '2'),
    show(BROKER, 'x'),
  ],
  'levels of loggers': [
    set(LOGGER, '1', ['root', 'DEBUG']),
    show(LOGGER, '1', 'root'),
    show(LOGGER, '1', 'none'),
    set(LOGGER, '1', ['root', 'LOUD']),
    set(LOGGER, '1', ['none', 'INFO']),
    unset(LOGGER, '1', 'root'),
    unset(LOGGER, '1', 'none'),
    change(LOGGER, '1', ['root', APPEND, 'INFO']),
    set(LOGGER, '1', ['root', null]),
    set(LOGGER, '', ['root', 'INFO']),
    set(LOGGER, '2', ['root', 'INFO']),
    set(LOGGER, 'x', ['root', 'INFO']),
    set(LOGGER, '1', ['root', 'INFO'], ['root', 'WARN']),
    { change: LOGGER, of: '1', by: [['root', SET, 'INFO']], validateOnly: true },
    show(LOGGER, '1', 'root'),
    show(LOGGER, ''),
    show(LOGGER, '2'),
    show(LOGGER, 'x'),
    { change: LOGGER, of: '1', by: [] },
  ],
  'subscriptions to clients’ metrics': [
    show(METRICS, 'm'),
    set(METRICS, 'm', ['interval.ms', '1000'], ['metrics', 'a,b'], ['match', 'client_id=x']),
    show(METRICS, 'm'),
    { list: [METRICS] },
    { list: [], version: 0 },
    set(METRICS, 'm', ['interval.ms', '1']),
    set(METRICS, 'm', ['interval.ms', 'x']),
    set(METRICS, 'm', ['nope', '1']),
    set(METRICS, '', ['metrics', 'a']),
    set(METRICS, 'm', ['match', 'bogus=x']),
    set(METRICS, 'm', ['match', 'client_id']),
    set(METRICS, 'm', ['match', 'client_id=(']),
    change(METRICS, 'm', ['metrics', APPEND, 'c']),
    show(METRICS, ''),
    { replace: METRICS, of: 'm', with: [] },
    { list: [METRICS] },
    show(METRICS, 'm'),
  ],
  'properties of groups': [
    show(GROUP, 'g'),
    set(GROUP, 'g', ['consumer.session.timeout.ms', '50000']),
    show(GROUP, 'g', 'consumer.session.timeout.ms'),
    { list: [GROUP] },
    set(GROUP, 'g', ['consumer.session.timeout.ms', '100']),
    set(GROUP, 'g', ['consumer.session.timeout.ms', '100000']),
    set(GROUP, 'g', ['consumer.heartbeat.interval.ms', '1']),
    set(GROUP, 'g', ['consumer.heartbeat.interval.ms', '15000']),
    set(GROUP, 'g', ['streams.num.standby.replicas', '9']),
    set(GROUP, 'g', ['share.record.lock.duration.ms', '1000']),
    set(GROUP, 'g', ['share.isolation.level', 'x']),
    set(GROUP, 'g', ['share.auto.offset.reset', 'never']),
    set(GROUP, 'g', ['share.auto.offset.reset', 'by_duration:PT1H']),
    set(GROUP, 'g', ['share.delivery.count.limit', '50']),
    set(GROUP, 'g', ['consumer.assignment.interval.ms', '99999']),
    set(GROUP, 'g', ['streams.initial.rebalance.delay.ms', '-1']),
    set(GROUP, 'g', ['nope', '1']),
    set(GROUP, '', ['consumer.session.timeout.ms', '50000']),
    show(GROUP, ''),
    set(BROKER, '', ['group.consumer.assignment.interval.ms', '2000']),
    show(GROUP, 'g', 'consumer.assignment.interval.ms'),
    unset(BROKER, '', 'group.consumer.assignment.interval.ms'),
    { replace: GROUP, of: 'g', with: [] },
    { list: [GROUP] },
    show(GROUP, 'g', 'consumer.session.timeout.ms'),
  ],
};

export interface Answer {
  readonly code: number;
  readonly message?: string;
  /** Name, value, source, type, `read-only` or `sensitive`, synonyms. */
  readonly configs?: readonly unknown[];
  readonly resources?: readonly string[];
}

/** Puts one step to a broker. `settleMs`: how long a change takes to be seen, where the broker answers before. */
export async function ask(client: RawClient, step: Step, settleMs = 0): Promise<Answer> {
  if ('create' in step) {
    const configs = step.configs.map(([name, value]) => ({ name, value }));
    const topic = { name: step.create, numPartitions: 1, replicationFactor: 1, assignments: [], configs };
    const { topics } = await client.call(
      request(createTopics, 7, { topics: [topic], timeoutMs: 10_000, validateOnly: false }),
    );
    await sleep(settleMs);
    return outcome(topics[0]!.errorCode, topics[0]!.errorMessage);
  }
  if ('change' in step) {
    const configs = step.by.map(([name, configOperation, value]) => ({ name, configOperation, value }));
    const resources = [{ resourceType: step.change, resourceName: step.of, configs }];
    const validateOnly = step.validateOnly === true;
    const { responses } = await client.call(request(incrementalAlterConfigs, 1, { resources, validateOnly }));
    await sleep(settleMs);
    return outcome(responses[0]!.errorCode, responses[0]!.errorMessage);
  }
  if ('replace' in step) {
    const configs = step.with.map(([name, value]) => ({ name, value }));
    const resources = [{ resourceType: step.replace, resourceName: step.of, configs }];
    const { responses } = await client.call(request(alterConfigs, 2, { resources, validateOnly: false }));
    await sleep(settleMs);
    return outcome(responses[0]!.errorCode, responses[0]!.errorMessage);
  }
  if ('list' in step) {
    const body = { resourceTypes: step.version === 0 ? [] : [...step.list] };
    const { errorCode, configResources } = await client.call(request(listConfigResources, step.version ?? 1, body));
    return { code: errorCode, resources: configResources.map((each) => `${each.resourceType} ${each.resourceName}`) };
  }
  const resources = [
    { resourceType: step.describe, resourceName: step.of, configurationKeys: step.keys && [...step.keys] },
  ];
  const body = { resources, includeSynonyms: true, includeDocumentation: false };
  const [result] = (await client.call(request(describeConfigs, 4, body))).results;
  const configs = [...result!.configs].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    ...outcome(result!.errorCode, result!.errorMessage),
    configs: configs.map((each) => [
      each.name,
      each.value,
      each.configSource,
      each.configType,
      ...(each.readOnly ? ['read-only'] : []),
      ...(each.isSensitive ? ['sensitive'] : []),
      ...each.synonyms.map(({ name, value, source }) => `${source} ${name}=${value}`),
    ]),
  };
}

function outcome(code: number, message: string | null): Answer {
  return code === 0 ? { code } : { code, message: message ?? '' };
}

/** Puts all steps of one part. */
export async function converse(bootstrap: string, part: string, settleMs = 0): Promise<Answer[]> {
  const [host, port] = bootstrap.split(':');
  const client = await RawClient.connect(nodePorts().network, host!, Number(port));
  const answers: Answer[] = [];
  for (const step of steps[part]!) answers.push(await ask(client, step, settleMs));
  client.close();
  return answers;
}
