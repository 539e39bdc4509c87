/** kafka-get-offsets with every special time, kafka-delete-records, kafka-log-dirs. */
import type { Bench } from './bench.ts';
import { fill, firstTimestamp } from './fill.ts';

export async function offsets(on: Bench): Promise<void> {
  const tool = 'kafka-get-offsets';
  await on.create('o1', 2);
  await on.create('o2', 3);
  await fill(on.bootstrap, 'o1');
  await on.prints(`${tool} --topic o1`, 'o1:0:10\no1:1:5');
  for (const [names, expected] of [
    [['-1', 'latest'], 'o1:0:10\no1:1:5'],
    [['-2', 'earliest'], 'o1:0:0\no1:1:0'],
    [['-3', 'max-timestamp'], 'o1:0:9\no1:1:4'],
    [['-4', 'earliest-local'], 'o1:0:0\no1:1:0'],
    [['-5', 'latest-tiered'], ''],
    [['-6', 'earliest-pending-upload'], ''],
    [[String(firstTimestamp + 3500)], 'o1:0:3\no1:1:1'],
    [[String(firstTimestamp + 14_000)], 'o1:1:4'],
    [[String(firstTimestamp + 99_000)], ''],
  ] as const) {
    for (const name of names) await on.prints(`${tool} --topic o1 --time ${name}`, expected);
  }
  await on.prints(`${tool} --topic o2 --time -3`, '');
  await on.prints(`${tool} --topic o.* --partitions 1`, 'o1:1:5\no2:1:0');
  await on.prints(`${tool} --topic-partitions o1:1,o2:0-2`, 'o1:1:5\no2:0:0\no2:1:0');
  await on.prints(`${tool} --exclude-internal-topics`, 'o1:0:10\no1:1:5\no2:0:0\no2:1:0\no2:2:0');
  await on.refuses(`${tool} --topic nowhere`, /Could not match any topic-partitions/);
  await on.refuses(`${tool} --topic o1 --time noon`, /Malformed time argument noon/);

  const deletion = (name: string, ...partitions: readonly (readonly [number, number])[]) =>
    on.file(name, {
      partitions: partitions.map(([partition, offset]) => ({ topic: 'o1', partition, offset })),
      version: 1,
    });
  const done = 'Executing records delete operation\nRecords delete operation completed:';
  const remove = 'kafka-delete-records --offset-json-file';
  await on.prints(`${remove} ${deletion('some.json', [0, 4])}`, `${done}\npartition: o1-0 low_watermark: 4`);
  await on.prints(`${tool} --topic o1 --time earliest`, 'o1:0:4\no1:1:0');
  await on.prints('kafka-console-consumer --topic o1 --partition 0 --offset earliest --max-messages 1', 'v-6');
  await on.prints(`${remove} ${deletion('before.json', [0, 2])}`, `${done}\npartition: o1-0 low_watermark: 4`);
  await on.prints(
    `${remove} ${deletion('beyond.json', [0, 99])}`,
    /^partition: o1-0 error: .*The requested offset is not within the range/m,
  );
  await on.prints(`${remove} ${deletion('all.json', [1, -1])}`, `${done}\npartition: o1-1 low_watermark: 5`);
  await on.prints(`${tool} --topic o1 --time earliest`, 'o1:0:4\no1:1:5');
  await on.refuses(`${remove} ${deletion('twice.json', [0, 5], [0, 6])}`, /duplicate/i);

  const dirs = 'kafka-log-dirs --describe';
  /** The partitions come in no order. */
  const tidy = (text: string) => {
    const [first, second, json = '{}'] = text.split('\n');
    const told: { brokers?: { logDirs: { partitions: { partition: string }[] }[] }[] } = JSON.parse(json);
    for (const { logDirs } of told.brokers ?? []) {
      for (const { partitions } of logDirs) partitions.sort((a, b) => (a.partition < b.partition ? -1 : 1));
    }
    return [first, second, JSON.stringify(told)].join('\n');
  };
  const heading =
    'Querying brokers for log directories information\nReceived log directory information from brokers 1\n';
  const entry = (partition: string, size: number) => ({ partition, size, offsetLag: 0, isFuture: false });
  const answer = (...partitions: readonly object[]) =>
    `${heading}${JSON.stringify({ brokers: [{ broker: 1, logDirs: [{ partitions, error: null, logDir: 'DATA' }] }], version: 1 })}`;
  await on.prints(
    `${dirs} --topic-list o2,nowhere --broker-list 1`,
    answer(entry('o2-0', 0), entry('o2-1', 0), entry('o2-2', 0)),
    { tidy },
  );
  await on.prints(`${dirs} --topic-list o1`, /"partition":"o1-0","size":\d{3},/, { tidy });
  await on.prints(dirs, /"partition":"__consumer_offsets-0"/, {
    tidy: (text) => tidy(text).replaceAll(/"size":\d+/g, '"size":N'),
  });
  await on.refuses(`${dirs} --broker-list 5`, /The given brokers do not exist from --broker-list: 5/);
  await on.prints('kafka-topics --delete --topic o[12]', '');
}
