/**
 * Writes docs/protocol-coverage.md: which APIs our broker answers, in which versions, and what each leaves out. The
 * numbers are those that a running broker gives in ApiVersions; the words are the first lines of each handler's file.
 * What Kafka's tools show differently comes from the list that their tests are held against.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { basename, join } from 'node:path';
import { Broker } from '../src/broker/index.ts';
import { apiByKey, apiVersions, decodeResponse, encodeRequestFrame } from '../src/wire/index.ts';
import { differences } from '../test/real/tools/differences.ts';

const root = join(import.meta.dirname, '..');
export const coverageFile = join(root, 'docs', 'protocol-coverage.md');

interface Range {
  readonly apiKey: number;
  readonly minVersion: number;
  readonly maxVersion: number;
}

/** What the broker at this address says of itself. */
function advertised(host: string, port: number): Promise<readonly Range[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    let received = Buffer.alloc(0);
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer to ApiVersions')));
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return;
      socket.destroy();
      resolve(decodeResponse(apiVersions, apiVersions.maxVersion, received.subarray(4)).body.apiKeys);
    });
    const body = { clientSoftwareName: 'onceward', clientSoftwareVersion: '1' };
    const header = { correlationId: 1, clientId: 'coverage' };
    socket.write(encodeRequestFrame(apiVersions, apiVersions.maxVersion, header, body));
  });
}

interface Description {
  readonly name: string;
  readonly minVersion: number;
  readonly maxVersion: number;
  readonly text: string;
  readonly leftOut: string;
}

/** The first comment of a handler's file: `Name (key n), versions a-b: … Left out: …`. */
function describedIn(file: string): (Description & { readonly key: number }) | undefined {
  const comment = /^\/\*\*([\s\S]*?)\*\//.exec(readFileSync(file, 'utf8'))?.[1] ?? '';
  const words = comment
    .replaceAll(/^\s*\*/gm, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  const found = /^(\w+) \(key (\d+)\), versions? (\d+)(?:-(\d+))?(.*?)Left out: (.*)$/.exec(words);
  if (!found) return undefined;
  const [, name, key, min, max, text, leftOut] = found;
  return {
    key: Number(key),
    name: name!,
    minVersion: Number(min),
    maxVersion: Number(max ?? min),
    text: text!.replace(/^[:.,;]? ?/, '').trim(),
    leftOut: leftOut!,
  };
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/**
 * The document as it should be.
 * @throws Error when an API that the broker advertises is described nowhere, or with other versions than its table's
 */
export async function protocolCoverage(): Promise<string> {
  const broker = await Broker.start({ port: 0 });
  const ranges = await advertised(broker.host, broker.port).finally(() => broker.close());
  const files = globSync('src/broker/handlers/*.ts', { cwd: root }).sort();
  const descriptions = new Map<number, Description>();
  for (const file of files) {
    const described = describedIn(join(root, file));
    if (described !== undefined) descriptions.set(described.key, described);
  }
  const rows = [...ranges]
    .sort((a, b) => a.apiKey - b.apiKey)
    .map((range) => row(range, descriptions.get(range.apiKey)));
  return `# Protocol coverage

What the broker answers, written by \`npm run docs\` from a running broker's ApiVersions and from the first lines of the
files in \`src/broker/handlers/\`. A test fails when it is not current. Version numbers are those of Apache Kafka's
protocol; what is not listed is not advertised, and a request for it closes the connection.

| Key | API | Versions | What to know | Left out |
|---|---|---|---|---|
${rows.join('\n')}

## Differences that Kafka's tools show

Apache Kafka's own tools run on both, in \`test/real/java-tools.test.ts\`, and print the same, but for what is listed in
\`test/real/tools/differences.ts\`:

| Tool | On Apache Kafka | Here | Why |
|---|---|---|---|
${differences.map(({ tool, apacheKafka, ours, reason }) => `| ${tool} | ${capital(apacheKafka)} | ${capital(ours)} | ${reason} |`).join('\n')}
`;
}

function row({ apiKey, minVersion, maxVersion }: Range, described: Description | undefined): string {
  const api = apiByKey(apiKey);
  if (api === undefined) throw new Error(`API ${apiKey} is advertised and has no table`);
  if (described === undefined) throw new Error(`${api.name}: no handler's file opens with a description of it`);
  const { name, text, leftOut } = described;
  const told = `${name} ${described.minVersion}-${described.maxVersion}`;
  const real = `${api.name} ${api.minVersion}-${api.maxVersion}`;
  if (told !== real) throw new Error(`a handler's file says ${told}, the table says ${real}`);
  if (maxVersion !== api.maxVersion) throw new Error(`${real}: advertised up to ${maxVersion}`);
  const versions = `${api.minVersion}-${api.maxVersion}`;
  const note = minVersion === api.minVersion ? versions : `${versions} (advertised from ${minVersion})`;
  return `| ${apiKey} | ${name} | ${note} | ${capital(text)} | ${capital(leftOut)} |`.replaceAll('  ', ' ');
}

if (basename(process.argv[1] ?? '') === 'protocol-coverage.ts') writeFileSync(coverageFile, await protocolCoverage());
