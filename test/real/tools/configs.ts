/** kafka-configs: topics, brokers and their defaults, groups; described with and without --all, altered, refused. */
import type { Bench } from './bench.ts';

export async function configs(on: Bench): Promise<void> {
  const describe = 'kafka-configs --describe';
  const alter = 'kafka-configs --alter';
  await on.create('c1', 2);

  await on.prints(`${describe} --topic c1`, 'Dynamic configs for topic c1 are:');
  await on.prints(
    `${alter} --topic c1 --add-config retention.ms=1000000,cleanup.policy=[compact,delete]`,
    updated('topic c1'),
  );
  await on.prints(
    `${describe} --topic c1`,
    `Dynamic configs for topic c1 are:
    cleanup.policy=compact,delete sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:cleanup.policy=compact,delete, DEFAULT_CONFIG:log.cleanup.policy=delete}
    retention.ms=1000000 sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:retention.ms=1000000}`,
  );
  await on.prints(
    `${describe} --topic c1 --all`,
    /^max\.message\.bytes=1048588 sensitive=false synonyms=\{DEFAULT_CONFIG:message\.max\.bytes=1048588\}$/m,
  );
  await on.prints(`${alter} --topic c1 --delete-config retention.ms,retention.bytes`, updated('topic c1'));
  await on.prints(
    `${describe} --entity-type topics --entity-name c1`,
    `Dynamic configs for topic c1 are:
    cleanup.policy=compact,delete sensitive=false synonyms={DYNAMIC_TOPIC_CONFIG:cleanup.policy=compact,delete, DEFAULT_CONFIG:log.cleanup.policy=delete}`,
  );
  const file = on.file('c1.properties', 'min.compaction.lag.ms=5\nsegment.ms=60000\n');
  await on.prints(`${alter} --topic c1 --add-config-file ${file}`, updated('topic c1'));
  await on.prints(`${describe} --topic c1`, /^segment\.ms=60000 /m);
  await on.refuses(
    `${alter} --topic c1 --add-config retention.ms=soon`,
    /Invalid value soon for configuration retention\.ms: Not a number of type LONG/,
  );
  await on.refuses(
    `${alter} --topic c1 --add-config cleanup.policy=shred`,
    /Invalid value shred for configuration cleanup\.policy/,
  );
  await on.refuses(`${alter} --topic c1 --add-config segment.bytes=1`, /Value must be at least 1048576/);
  await on.refuses(`${alter} --topic c1 --add-config no.such=1`, /Unknown topic config name: no\.such/);
  await on.refuses(`${alter} --topic nowhere --add-config retention.ms=5`, /The topic 'nowhere' does not exist/);
  await on.prints(`${describe} --topic nowhere`, "The topic 'nowhere' doesn't exist and doesn't have dynamic config.");
  await on.prints(`${describe} --entity-type topics`, /^Dynamic configs for topic c1 are:/m);

  await on.prints(`${describe} --broker 1`, 'Dynamic configs for broker 1 are:');
  await on.prints(
    `${describe} --broker 1 --all`,
    /^num\.partitions=1 sensitive=false synonyms=\{DEFAULT_CONFIG:num\.partitions=1\}$/m,
  );
  await on.prints(`${alter} --broker 1 --add-config log.cleaner.threads=2`, updated('broker 1'));
  await on.prints(
    `${describe} --broker 1`,
    `Dynamic configs for broker 1 are:
    log.cleaner.threads=2 sensitive=false synonyms={DYNAMIC_BROKER_CONFIG:log.cleaner.threads=2, DEFAULT_CONFIG:log.cleaner.threads=1}`,
  );
  await on.prints(`${alter} --broker 1 --delete-config log.cleaner.threads`, updated('broker 1'));
  await on.prints(`${describe} --broker 1`, 'Dynamic configs for broker 1 are:');
  await on.refuses(
    `${alter} --broker 1 --add-config broker.id=4`,
    /Cannot update these configs dynamically: \[broker\.id\]/,
  );
  await on.refuses(
    `${alter} --broker 1 --add-config log.retention.ms=soon`,
    /Invalid value soon for configuration log\.retention\.ms/,
  );
  await on.prints(`${alter} --broker-defaults --add-config log.retention.ms=777000`, updated('defaults'));
  await on.prints(
    `${describe} --broker-defaults`,
    /^log\.retention\.ms=777000 sensitive=false synonyms=\{DYNAMIC_DEFAULT_BROKER_CONFIG:log\.retention\.ms=777000\}$/m,
  );
  await on.prints(
    `${describe} --topic c1 --all`,
    /^retention\.ms=777000 .*DYNAMIC_DEFAULT_BROKER_CONFIG:log\.retention\.ms=777000/m,
  );
  await on.prints(`${alter} --broker-defaults --delete-config log.retention.ms`, updated('defaults'));
  await on.prints(`${describe} --topic c1 --all`, /^retention\.ms=604800000 /m);

  await on.prints(`${describe} --entity-type groups`, '');
  await on.run(`${describe} --entity-type clients`);
  await on.run(`${describe} --entity-type users`);
  await on.prints(`${describe} --entity-type client-metrics`, '');
  await on.prints('kafka-topics --delete --topic c1', '');
}

function updated(what: string): string {
  return what === 'defaults'
    ? 'Completed updating default config for brokers in the cluster.'
    : `Completed updating config for ${what}.`;
}
