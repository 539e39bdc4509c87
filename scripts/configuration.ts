/**
 * Writes docs/configuration.md: every property of brokers, topics, groups and client metrics, with type, default, bounds and
 * its effect here. The tables in src/broker/config/ and src/controller/ are the source.
 */
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { brokerConfigs, FIXED_AT_START, loneBrokerConfigs, withoutEffectReason } from '../src/broker/index.ts';
import { type ConfigDefinition, clientMetricsConfigs, groupConfigs, topicConfigs } from '../src/controller/index.ts';

export const configurationFile = join(import.meta.dirname, '..', 'docs', 'configuration.md');

const CHANGES = { 'cluster-wide': 'while running', 'per-broker': 'while running, this broker' } as const;

function boundsOf({ min, max, or, oneOf, shape, nonEmpty }: ConfigDefinition): string {
  if (oneOf !== undefined) return oneOf.join(', ');
  if (shape !== undefined) return shape.text.replace(/^\[|\]$/g, '');
  if (nonEmpty === true) return 'not empty';
  const range = min === undefined ? '' : max === undefined ? `≥ ${min}` : `${min} … ${max}`;
  return or === undefined ? range : `${range} or ${or}`;
}

function row(name: string, definition: ConfigDefinition, effect: string, more: readonly string[]): string {
  const { type, defaultText, documentation } = definition;
  const byDefault = defaultText === null ? '' : defaultText === '' ? '(empty)' : `\`${defaultText}\``;
  const cells = [`\`${name}\``, type, byDefault, boundsOf(definition), ...more, documentation, effect];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function byName(definitions: Readonly<Record<string, ConfigDefinition>>): [string, ConfigDefinition][] {
  return Object.entries(definitions).sort(([a], [b]) => (a < b ? -1 : 1));
}

function effectOf(reason: string | undefined): string {
  return reason === undefined ? 'yes' : `none: ${reason}`;
}

function brokerRow(name: string, definition: ConfigDefinition): string {
  const lone = (loneBrokerConfigs as Record<string, string | undefined>)[name];
  const own = lone === undefined ? '' : `; \`${lone}\` here, as a lone broker needs`;
  const fixed = definition.update === undefined || FIXED_AT_START.includes(name);
  const change = fixed ? 'at start' : CHANGES[definition.update!];
  return row(name, definition, `${effectOf(withoutEffectReason(name))}${own}`, [change]);
}

/** The document as it should be. */
export function configuration(): string {
  const simple = (definitions: Readonly<Record<string, ConfigDefinition>>) =>
    byName(definitions).map(([name, definition]) => row(name, definition, effectOf(definition.withoutEffect), []));
  const topics = byName(topicConfigs).map(([name, definition]) => {
    const from = (definition.synonyms ?? []).map((synonym) => `\`${synonym.name}\``).join(', else ');
    return row(name, definition, effectOf(definition.withoutEffect), [from]);
  });
  return `# Configuration

Every property of Apache Kafka 4.3.1, by Kafka's names, written by \`npm run docs\` from the tables of the code; those are
held against Kafka's own (\`test/golden/kafka-configs.json\`). A property whose effect here is "none" is accepted, kept and
told like the others, and changes nothing; where it is given at the start, the log says so once. An unknown name is refused,
with the nearest known one.

## How to set them

\`\`\`sh
onceward start --config server.properties --set log.retention.hours=24
\`\`\`

\`--config\` reads Java's properties format: comments, continued lines, escapes. \`--set\` goes before the file.
\`Broker.start({ config })\` takes the same names. What a property of a topic is not set to comes from the broker's of the
column "Default from", in that order.

- \`listeners\`: each is opened, but those in \`controller.listener.names\`: the controller is in the same process. They
  contradict \`--port\` and \`--host\`, without which the broker listens on 127.0.0.1:9092. PLAINTEXT is spoken, no TLS and
  no SASL. A listener without an address listens on all of them, and clients are told 127.0.0.1 unless
  \`advertised.listeners\` says otherwise. Clients are told the address of the listener by which they came.
- \`log.dirs\`, else \`log.dir\`: one directory, in place of \`--data\`. Without any of them all is in memory.
- \`node.id\` (or \`broker.id\`): 1 unless given; the data directory belongs to it for ever.
- \`process.roles\`: \`broker,controller\`, as a lone node is both.
- A retention of \`log.retention.ms\` goes before \`log.retention.minutes\`, that before \`log.retention.hours\`;
  \`log.roll.ms\` before \`log.roll.hours\`.
- Contradictions are refused at the start, by the names of both and with the cure: a lower bound above its upper bound, more
  replicas than the one broker, segments of the coordinators' topics below the least of \`segment.bytes\`, two numbers for one
  node, two places for the data.

While it runs: \`kafka-configs.sh\`, or any client's AlterConfigs and IncrementalAlterConfigs. What the column "Change" calls
possible while running takes effect at once and after a restart; that of one broker goes before that of all brokers, both
before what it was started with. Listeners are fixed at the start.

## Brokers

| Name | Type | Default | Bounds | Change | Meaning | Effect here |
|---|---|---|---|---|---|---|
${byName(brokerConfigs)
  .map(([name, definition]) => brokerRow(name, definition))
  .join('\n')}

## Topics

| Name | Type | Default | Bounds | Default from | Meaning | Effect here |
|---|---|---|---|---|---|---|
${topics.join('\n')}

## Groups

| Name | Type | Default | Bounds | Meaning | Effect here |
|---|---|---|---|---|---|
${simple(groupConfigs).join('\n')}

## Client metrics

| Name | Type | Default | Bounds | Meaning | Effect here |
|---|---|---|---|---|---|
${simple(clientMetricsConfigs).join('\n')}
`;
}

if (basename(process.argv[1] ?? '') === 'configuration.ts') writeFileSync(configurationFile, configuration());
