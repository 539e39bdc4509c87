/** kcat (librdkafka) as a writer and a reader of records: one run for each record, since its headers are arguments. */
import { spawn } from 'node:child_process';
import { type Found, hasNoEmpty, isPlain, type Peer, type Sample } from '../../conformance/formats/samples.ts';
import { finished } from '../apache-kafka.ts';

async function kcat(bootstrap: string, args: readonly string[], input = ''): Promise<string> {
  const child = spawn('kcat', ['-b', bootstrap, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  const { code, stdout, stderr } = await finished(child, `kcat ${args.join(' ')}`, { input, timeoutMs: 30_000 });
  if (code !== 0) throw new Error(`kcat ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** A line of `-J`. */
interface Shown {
  readonly partition: number;
  readonly ts: number;
  readonly headers?: readonly (string | null)[];
  readonly key: string | null;
  readonly payload: string | null;
}

const bytes = (text: string | null) => (text === null ? null : Buffer.from(text));
const line = ({ key, value }: Sample) => `${key === null ? '' : `${key}\t`}${value ?? ''}\n`;

export function kcatPeer(): Peer {
  return {
    name: 'kcat',
    codecs: ['none', 'gzip', 'snappy', 'lz4', 'zstd'],
    // With -Z what is empty is null, and so is a key that is not there.
    writes: (sample) => isPlain(sample) && hasNoEmpty(sample) && !(sample.key === null && sample.value === null),
    shows: isPlain,
    setsTimestamps: false,
    showsLogAppendTime: true,
    keyedPartitions: 12,
    async write(bootstrap, topic, samples, { codec, byKey = false }) {
      const where = byKey ? ['-X', 'partitioner=murmur2_random'] : ['-p', '0'];
      const common = ['-P', '-t', topic, '-Z', '-K', '\t', '-z', codec, ...where];
      if (byKey) {
        await kcat(bootstrap, common, samples.map(line).join(''));
        return;
      }
      for (const sample of samples) {
        const headers = sample.headers.flatMap(([name, part]) => ['-H', part === null ? name : `${name}=${part}`]);
        await kcat(bootstrap, [...common, ...headers], line(sample));
      }
    },
    async read(bootstrap, topic, count) {
      const text = await kcat(bootstrap, ['-C', '-t', topic, '-J', '-q', '-o', 'beginning', '-c', String(count)]);
      return text
        .split('\n')
        .filter(Boolean)
        .map((each): Found => {
          const { partition, ts, headers = [], key, payload } = JSON.parse(each) as Shown;
          const pairs = Array.from({ length: headers.length / 2 }, (_, at) => {
            return [String(headers[2 * at]), bytes(headers[2 * at + 1]!)] as const;
          });
          return { partition, timestamp: ts, key: bytes(key), value: bytes(payload), headers: pairs };
        });
    },
  };
}
