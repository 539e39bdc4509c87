/**
 * kafka-dump-log over the directories of both brokers, which are closed by then: segments with their indexes, snapshots,
 * both internal topics and the cluster's metadata. Comes last: it ends the brokers.
 */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { CompressionTypes } from 'kafkajs';
import { values } from '../../conformance/cluster.ts';
import type { Bench } from './bench.ts';
import { client } from './fill.ts';

const topic = 'd1';

/** Enough for several segments, index entries, an aborted transaction, and a group's offsets in transactions. */
async function write({ bootstrap }: Bench): Promise<void> {
  const producer = client(bootstrap).producer({ transactionalId: 'writer', idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  // Of today: a segment is closed where its records, markers among them, span more than segment.ms.
  const firstTimestamp = Date.now() - 1000;
  let written = 0;
  for (const outcome of ['commit', 'abort', 'commit'] as const) {
    const transaction = await producer.transaction();
    for (const value of values(outcome, 9)) {
      const messages = [{ key: value, value: value.padEnd(65_000, '.'), timestamp: String(firstTimestamp + written) }];
      const compression = outcome === 'abort' ? CompressionTypes.GZIP : CompressionTypes.None;
      await transaction.send({ topic, messages, compression });
      written++;
    }
    const topics = [{ topic, partitions: [{ partition: 0, offset: '17' }] }];
    await transaction.sendOffsets({ consumerGroupId: 'in-transactions', topics });
    await transaction[outcome]();
  }
  await producer.disconnect();
}

export async function dump(on: Bench): Promise<void> {
  await on.create(topic, 1, '--config segment.bytes=1048576 --config index.interval.bytes=1024');
  await write(on);
  const reset = `kafka-consumer-groups --reset-offsets --group plain --topic ${topic}`;
  await on.prints(`${reset} --to-offset 5 --execute`, `GROUP TOPIC PARTITION NEW-OFFSET\nplain ${topic} 0 5`);
  await on.subject.shutDown();

  /** The files of a log that have this ending, as one word. */
  const files = (log: string, ending: string): string => {
    const found = globSync(join(on.subject.dataDirectory, log, `*.${ending}`)).sort();
    on.expectThat(found.length > 0, () => `${log} has no file that ends in .${ending}`);
    return found.join(',');
  };
  /** Each cluster has its own producer ids, and so its own checksums. */
  const tidy = (text: string) =>
    text
      .replaceAll(/producerId: \d+/g, 'producerId: PID')
      .replaceAll(/crc: \d+/g, 'crc: N')
      .replaceAll(/\.{100,}/g, '…')
      .replaceAll(/("?\w*[pP]roducerId"?:\s*)\d+/g, '$1PID')
      .replaceAll(/"topicId":"[\w-]{22}"/g, '"topicId":"ID"')
      .replaceAll(/(?<=Timestamp"?:\s?)\d{13}/g, 'TIME');
  const dumped = 'kafka-dump-log --files';
  const log = `${topic}-0`;

  await on.prints(`${dumped} ${files(log, 'log')} --print-data-log`, /endTxnMarker: ABORT[\s\S]*endTxnMarker: COMMIT/, {
    tidy,
  });
  await on.prints(`${dumped} ${files(log, 'log')} --deep-iteration`, /compresscodec: gzip .* isvalid: true/, { tidy });
  await on.prints(`${dumped} ${files(log, 'log')} --skip-record-metadata --print-data-log`, /payload: commit-8…$/m, {
    tidy,
  });
  await on.prints(`${dumped} ${files(log, 'index')}`, /^offset: \d+ position: \d+$/m, { tidy });
  await on.prints(`${dumped} ${files(log, 'index')} --index-sanity-check`, /passed sanity check/);
  await on.prints(`${dumped} ${files(log, 'index')} --verify-index-only`, /^Dumping /);
  await on.prints(`${dumped} ${files(log, 'timeindex')}`, /^timestamp: TIME offset: \d+$/m);
  await on.prints(`${dumped} ${files(log, 'timeindex')} --index-sanity-check`, /passed sanity check/);
  await on.prints(
    `${dumped} ${files(log, 'txnindex')}`,
    /producerId: PID firstOffset: 10 lastOffset: 19 lastStableOffset: 20$/m,
    { tidy },
  );
  await on.prints(`${dumped} ${files(log, 'snapshot')}`, /producerId: PID producerEpoch: \d+/, { tidy });

  /** The lines about this scenario's own records: other scenarios have left theirs. */
  const about =
    (...words: readonly RegExp[]) =>
    (text: string) =>
      tidy(text)
        .split('\n')
        .filter((line) => words.some((word) => word.test(line)))
        .map((line) => line.replace(/^.*?(?=key: |payload: )/, ''))
        .join('\n');
  await on.prints(
    `${dumped} ${files('__consumer_offsets-*', 'log')} --offsets-decoder`,
    /"in-transactions"[\s\S]*"offset":17/,
    {
      tidy: about(/"in-transactions"/, /"plain"/),
    },
  );
  await on.prints(
    `${dumped} ${files('__transaction_state-*', 'log')} --transaction-log-decoder`,
    /"transactionalId":"writer"/,
    {
      tidy: about(/"writer"/),
    },
  );
  await on.prints(
    `${dumped} ${files('__cluster_metadata-0', 'log')} --cluster-metadata-decoder`,
    /"type":"TOPIC_RECORD"[\s\S]*"name":"d1"/,
    {
      tidy: about(/"name":"d1"/, /"resourceName":"d1"/),
    },
  );
}
