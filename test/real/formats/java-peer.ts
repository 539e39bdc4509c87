/** Java's clients as a writer and a reader of records, through Apache Kafka's console tools. */
import { type Found, isPlain, type Peer, type Sample } from '../../conformance/formats/samples.ts';
import { mustRunTool } from '../apache-kafka.ts';

/** For what is null: in what is written, and in what is shown. */
const NULL = '<null>';

const shown = (part: Buffer | null) => (part === null ? NULL : part.toString());
const read = (text: string) => (text === NULL ? null : Buffer.from(text));

function line({ key, value, headers }: Sample): string {
  const pairs = headers.map(([name, part]) => `${name}=${shown(part)}`).join(',');
  return `${headers.length === 0 ? NULL : pairs}|${shown(key)}\t${shown(value)}\n`;
}

/** `CreateTime:1700000000000`, `Partition:0`, headers, key and value, between tabs. */
function parse(text: string): Found {
  const [time, partition, headers, key, value] = text.split('\t') as [string, string, string, string, string];
  const pairs = headers === 'NO_HEADERS' ? [] : headers.split(',');
  return {
    partition: Number(partition.split(':')[1]),
    timestamp: Number(time.split(':')[1]),
    key: read(key),
    value: read(value),
    headers: pairs.map((pair) => {
      const at = pair.indexOf(':');
      return [pair.slice(0, at), read(pair.slice(at + 1))] as const;
    }),
  };
}

export function javaPeer(): Peer {
  const properties = (name: string, all: readonly string[]) => all.flatMap((each) => [name, each]);
  return {
    name: 'Java’s console',
    codecs: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
    writes: isPlain,
    shows: isPlain,
    setsTimestamps: false,
    showsLogAppendTime: true,
    keyedPartitions: 12,
    async write(bootstrap, topic, samples, { codec }) {
      await mustRunTool(
        'org.apache.kafka.tools.ConsoleProducer',
        [
          ...['--bootstrap-server', bootstrap, '--topic', topic, '--compression-codec', codec],
          ...properties('--reader-property', [
            ...['parse.key=true', 'parse.headers=true', 'headers.delimiter=|', 'headers.key.separator=='],
            `null.marker=${NULL}`,
          ]),
        ],
        { input: samples.map(line).join('') },
      );
    },
    async read(bootstrap, topic, count) {
      const text = await mustRunTool('org.apache.kafka.tools.consumer.ConsoleConsumer', [
        ...['--bootstrap-server', bootstrap, '--topic', topic, '--from-beginning'],
        ...['--max-messages', String(count), '--timeout-ms', '20000'],
        ...properties('--formatter-property', [
          ...['print.timestamp=true', 'print.partition=true', 'print.headers=true', 'print.key=true'],
          `null.literal=${NULL}`,
        ]),
      ]);
      return text.split('\n').filter(Boolean).map(parse);
    },
  };
}
