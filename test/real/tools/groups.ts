/** kafka-consumer-groups and kafka-groups: list, describe, reset in every mode, delete offsets, delete; with members and without. */
import { eventually } from '../../conformance/cluster.ts';
import type { Bench } from './bench.ts';
import { client, fill } from './fill.ts';

export async function groups(on: Bench): Promise<void> {
  const tool = 'kafka-consumer-groups';
  const describe = `${tool} --describe --group readers`;
  await on.create('g1', 2);
  await on.create('g2', 1);
  await on.prints(`${tool} --list`, '');
  await fill(on.bootstrap, 'g1');
  await on.prints('kafka-console-consumer --topic g1 --from-beginning --max-messages 15 --group readers', /^v-14$/m, {
    sorted: true,
  });

  // Without members.
  await on.prints(`${tool} --list`, 'readers');
  await on.prints(`${tool} --list --state`, 'GROUP STATE\nreaders Empty');
  await on.prints(`${tool} --list --state stable,preparingrebalance`, 'GROUP STATE');
  await on.prints(`${tool} --list --type`, 'GROUP TYPE\nreaders Classic');
  await on.prints(`${tool} --list --type consumer`, 'GROUP TYPE');
  await on.prints(`${tool} --list --type classic --state empty`, 'GROUP TYPE STATE\nreaders Classic Empty');
  await on.refuses(`${tool} --list --state asleep`, /Invalid state list/);
  await on.prints('kafka-groups --list', 'GROUP TYPE PROTOCOL\nreaders Classic consumer');
  const offsets = 'GROUP TOPIC PARTITION CURRENT-OFFSET LOG-END-OFFSET LAG CONSUMER-ID HOST CLIENT-ID';
  await on.prints(describe, `${offsets}\nreaders g1 0 10 10 0 - - -\nreaders g1 1 5 5 0 - - -`);
  await on.prints(`${describe} --offsets --verbose`, /^readers g1 1 0 5 5 0 - - -$/m);
  await on.prints(`${describe} --members`, 'GROUP CONSUMER-ID HOST CLIENT-ID #PARTITIONS');
  await on.prints(`${describe} --state`, /^readers HOST:PORT \(1\) - Empty 0$/m);
  await on.prints(`${tool} --describe --all-groups`, /^readers g1 0 10 10 0 - - -$/m);
  await on.prints(`${tool} --describe --group nobody`, /GroupIdNotFoundException: Group nobody not found/);

  // Resetting: each mode, first as a plan.
  const reset = `${tool} --reset-offsets --group readers`;
  const to = (zero: number | undefined, one: number | undefined, group = 'readers') =>
    [
      'GROUP TOPIC PARTITION NEW-OFFSET',
      zero === undefined ? '' : `${group} g1 0 ${zero}`,
      one === undefined ? '' : `${group} g1 1 ${one}`,
    ]
      .filter(Boolean)
      .join('\n');
  const unordered = { sorted: true };
  await on.prints(`${reset} --topic g1 --to-earliest --dry-run`, to(0, 0), unordered);
  await on.prints(describe, /^readers g1 0 10 10 0 /m);
  await on.prints(`${reset} --topic g1:0 --to-offset 3 --execute`, to(3, undefined));
  await on.prints(describe, `${offsets}\nreaders g1 0 3 10 7 - - -\nreaders g1 1 5 5 0 - - -`);
  await on.prints(`${reset} --topic g1 --shift-by -2 --execute`, to(1, 3), unordered);
  await on.prints(`${reset} --topic g1 --shift-by -100 --dry-run`, /^readers g1 0 0$/m, unordered);
  await on.prints(`${reset} --topic g1:0 --to-offset 99 --dry-run`, /^readers g1 0 10$/m);
  await on.prints(`${reset} --topic g1 --to-datetime 2023-11-14T22:13:24.000 --execute`, to(3, 1), unordered);
  await on.prints(`${reset} --all-topics --to-current --dry-run`, to(3, 1), unordered);
  await on.prints(`${reset} --all-topics --by-duration PT1H --dry-run`, /^readers g1 0 10$/m, unordered);
  await on.prints(`${reset} --topic g1 --by-duration P3650D --dry-run`, to(0, 0), unordered);
  const file = on.file('reset.csv', 'g1,0,2\ng1,1,4\n');
  await on.prints(`${reset} --from-file ${file} --execute`, to(2, 4), unordered);
  await on.prints(`${reset} --all-topics --to-current --dry-run --export`, 'g1,0,2\ng1,1,4', unordered);
  await on.prints(`${reset} --topic g1 --to-latest --execute`, to(10, 5), unordered);
  await on.prints(
    `${tool} --reset-offsets --group fresh --topic g1 --to-earliest --execute`,
    to(0, 0, 'fresh'),
    unordered,
  );
  await on.prints('kafka-groups --list', 'GROUP TYPE PROTOCOL\nfresh Classic\nreaders Classic consumer', unordered);
  await on.run(`${reset} --topic nowhere --to-earliest --execute`);

  // With members.
  const tidy = (text: string) =>
    text
      .replaceAll(/consumer-(readers|steady)-\d+/g, 'consumer-$1-N')
      .replaceAll(/\b(first|consumer-readers-N)-[0-9a-f-]{36}/g, '$1-UUID')
      .replaceAll('/127.0.0.1', '/HOST');
  const members = { tidy, sorted: true };
  const join = async (group: string, more = '') => {
    const run = on.start(
      `kafka-verifiable-consumer --topic g1 --group-id ${group} --session-timeout 6000 ${more}`.trim(),
    );
    const assigned = () => run.stdout.includes('"partitions_assigned","partitions":[{');
    await eventually('a member is assigned', assigned, { state: () => [run.stdout, run.stderr] });
    return run;
  };
  {
    await using _first = await join('readers');
    await using _second = await join('readers');
    await on.prints(`${tool} --list --state`, /^readers Stable$/m, unordered);
    await on.prints(describe, /^readers g1 1 5 5 0 consumer-readers-N-UUID \/HOST consumer-readers-N$/m, members);
    await on.prints(`${describe} --members`, /^readers consumer-readers-N-UUID \/HOST consumer-readers-N 1$/m, members);
    await on.prints(
      `${describe} --members --verbose`,
      /^readers consumer-readers-N-UUID \/HOST consumer-readers-N 1 - g1:1 - -$/m,
      members,
    );
    await on.prints(`${describe} --state`, /^readers HOST:PORT \(1\) range Stable 2$/m);
    await on.prints(`${describe} --state --verbose`, /^readers HOST:PORT \(1\) range Stable - - 2$/m);
    await on.prints(
      `${reset} --topic g1 --to-earliest --execute`,
      /Assignments can only be reset if the group 'readers' is inactive/,
    );
    await on.prints(`${tool} --delete --group readers`, /'readers' could not be deleted.*The group is not empty/);
    await on.prints(
      `${tool} --delete-offsets --group readers --topic g1`,
      /forbidden while the consumer group is actively subscribed/,
    );
  }
  {
    await using _steady = await join('steady', '--group-instance-id first');
    await on.prints(
      `${tool} --describe --group steady --members`,
      /^steady first-UUID first \/HOST consumer-steady-first 2$/m,
      members,
    );
  }
  // A static member does not leave when it is closed: its session has to end.
  await on.prints(`${tool} --describe --group steady --state`, /^steady HOST:PORT \(1\) range Stable 1$/m);

  // Deleting.
  await on.prints(`${tool} --delete-offsets --group readers --topic g1:1`, /^g1 1 Successful$/m);
  await on.run(describe);
  await on.prints(
    `${tool} --delete-offsets --group readers --topic nowhere`,
    /^nowhere - Error: .*This server does not host/m,
  );
  await on.prints(`${tool} --delete --group fresh`, "Deletion of requested consumer groups ('fresh') was successful.");
  await on.prints(`${tool} --delete --group fresh`, /'fresh' could not be deleted.*The group id does not exist/);
  await on.prints(`${tool} --delete --group readers --group nobody`, /'readers'/);
  const empty = async () => {
    const admin = client(on.bootstrap).admin();
    await admin.connect();
    const { groups: found } = await admin.describeGroups(['steady']).finally(() => admin.disconnect());
    return found[0]?.state === 'Empty';
  };
  await eventually('the session of the static member has ended', empty);
  await on.prints(`${tool} --delete --all-groups`, /'steady'/);
  await on.prints(`${tool} --list`, '');
  await on.prints('kafka-topics --delete --topic g[12]', '');
}
