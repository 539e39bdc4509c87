/**
 * Writes docs/client-configuration.md: every option of producer, consumer and admin client under both of its names, and every
 * property of Kafka's clients that is not taken, with the reason. The tables in src/client/options/ are the source.
 */
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { clientOptions, type PresetName, presetNames, presets } from '../src/client/index.ts';

export const clientConfigurationFile = join(import.meta.dirname, '..', 'docs', 'client-configuration.md');

type Client = 'producer' | 'consumer' | 'admin';
const clients: readonly Client[] = ['producer', 'consumer', 'admin'];

function camelCase(name: string): string {
  return name.replace(/\.([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function cells(...texts: readonly string[]): string {
  return `| ${texts.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`;
}

function byDefault(value: unknown): string {
  if (value === null || (Array.isArray(value) && value.length === 0)) return '';
  if (value === '') return '(empty)';
  return `\`${Array.isArray(value) ? value.join(',') : String(value)}\``;
}

function bothNames(name: string): [string, string] {
  const camel = camelCase(name);
  return [`\`${name}\``, camel === name ? '' : `\`${camel}\``];
}

function options(client: Client, wanted: (name: string) => boolean): string {
  return Object.entries(clientOptions[client].options)
    .filter(([name]) => wanted(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, option]) => cells(...bothNames(name), byDefault(option.default), option.doc))
    .join('\n');
}

const isCommon = (name: string): boolean => clientOptions.common.includes(name);

/** Names that share reason and clients share a row. */
function notTaken(): string {
  const rows = new Map<string, { names: string[]; of: string; accepts: string; reason: string }>();
  const names = new Set(clients.flatMap((client) => Object.keys(clientOptions[client].notTaken)));
  for (const name of [...names].sort()) {
    const holders = clients.filter((client) => name in clientOptions[client].notTaken);
    const { reason, accepts = [] } = clientOptions[holders[0]!].notTaken[name]!;
    const of = holders.length === clients.length ? 'all' : holders.join(', ');
    const key = `${of} ${reason}`;
    const row = rows.get(key) ?? { names: [], of, accepts: accepts.map((value) => `\`${value}\``).join(', '), reason };
    row.names.push(`\`${name}\``);
    rows.set(key, row);
  }
  return [...rows.values()]
    .map(({ names, of, accepts, reason }) => cells(names.join(', '), of, accepts, reason))
    .join('\n');
}

function settled(name: PresetName, client: 'producer' | 'consumer'): string {
  return Object.entries(presets[name][client])
    .map(([property, { value, or, not, required, absent }]) => {
      if (required) return `\`${property}\` is needed`;
      if (absent) return `no \`${property}\``;
      if (not !== undefined) return `\`${property}\` not ${not.join(', ')}`;
      if (or === undefined) return `\`${property}=${value}\`, may be changed`;
      return `\`${property}=${value}\`${or.length === 0 ? '' : ` (or ${or.join(', ')})`}`;
    })
    .join('; ');
}

const HEAD = '| Name | In camelCase | Default | Meaning |\n|---|---|---|---|';

/** The document as it should be. */
export function clientConfiguration(): string {
  return `# The options of the clients

Written by \`npm run docs\` from the tables of the code. Each option has Kafka's name and the same in camelCase: \`linger.ms\`
and \`lingerMs\` are one, and giving both is refused. Numbers, booleans and lists may be texts, as in Java's properties files.
Times are milliseconds, sizes bytes. An unknown name is refused with the nearest known one; values that contradict each other
are refused with both names and the cure. Types refuse unknown names and wrong values before the program runs.

Besides them: \`logger\` and \`ports\` (all clients), \`preset\` (producer, consumer), \`traceContext\` (producer); see
[the client](client.md). \`clientOptions\` holds these tables.

## All clients

${HEAD}
${options('producer', isCommon)}

## The producer

${HEAD}
${options('producer', (name) => !isCommon(name))}

## The consumer

${HEAD}
${options('consumer', (name) => !isCommon(name))}

## The admin client

${HEAD}
${options('admin', (name) => !isCommon(name))}

## Presets

| Preset | For | Gives | What may happen | Producer | Consumer |
|---|---|---|---|---|---|
${presetNames
  .map((name) => {
    const { use, guarantee, mayHappen } = presets[name];
    return cells(`\`${name}\``, use, guarantee, mayHappen, settled(name, 'producer'), settled(name, 'consumer'));
  })
  .join('\n')}

## What is not taken

Properties of Apache Kafka 4.3's clients that are refused, with the reason. A value of the column "Accepted" says what happens
anyway, and changes nothing: programs and files that have it need not be changed.

| Name | Client | Accepted | Why, and what to do |
|---|---|---|---|
${notTaken()}
`;
}

if (basename(process.argv[1] ?? '') === 'client-configuration.ts')
  writeFileSync(clientConfigurationFile, clientConfiguration());
