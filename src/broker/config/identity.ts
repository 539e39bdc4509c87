/** Who the broker is and where it keeps its data, out of the program's options and Kafka's properties. */
import type { BrokerConfiguration } from './broker-configuration.ts';

export interface GivenIdentity {
  readonly nodeId?: number | undefined;
  readonly dataDirectory?: string | undefined;
}

/** `node.id`, or `broker.id` as it was called. @default 1 @throws Error where they contradict each other */
export function nodeIdOf({ nodeId }: GivenIdentity, configuration: BrokerConfiguration): number {
  const byName = { nodeId: nodeId === undefined ? undefined : String(nodeId) } as Record<string, string | undefined>;
  for (const name of ['node.id', 'broker.id'] as const) byName[name] = configuration.givenText(name);
  const given = Object.entries(byName).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const [first] = given;
  const other = given.find(([, text]) => Number(text) !== Number(first![1]));
  if (first !== undefined && other !== undefined) {
    throw new Error(
      `${first.join('=')} and ${other.join('=')} are both the number of this node: leave one of them out`,
    );
  }
  const id = Number(first?.[1] ?? 1);
  if (!Number.isInteger(id) || id < 0) throw new Error(`node.id=${first?.[1]}: it is a whole number from 0`);
  return id;
}

/** `log.dirs`, else `log.dir`. Undefined: all is kept in memory. @throws Error where they contradict each other */
export function dataDirectoryOf(
  { dataDirectory }: GivenIdentity,
  configuration: BrokerConfiguration,
): string | undefined {
  const dirs = configuration.givenText('log.dirs');
  const name = dirs === undefined ? 'log.dir' : 'log.dirs';
  const text = dirs ?? configuration.givenText('log.dir');
  if (text === undefined) return dataDirectory;
  if (dataDirectory !== undefined) {
    throw new Error(
      `the data directory ${dataDirectory} and ${name}=${text} both say where data is kept: leave one out`,
    );
  }
  const directories = text.split(',').map((each) => each.trim());
  if (directories.length > 1) {
    throw new Error(
      `${name}=${text}: this broker keeps everything in one directory, name one of the ${directories.length}`,
    );
  }
  if (directories[0] === '')
    throw new Error(`${name} is empty: name a directory, or leave it out to keep all in memory`);
  return directories[0];
}

/** @throws Error where the process is to be less than a lone node is */
export function checkRoles(configuration: BrokerConfiguration): void {
  const roles = configuration.values['process.roles'];
  if (roles === null || ['broker', 'controller'].every((role) => roles.split(',').includes(role))) return;
  throw new Error(`process.roles=${roles}: a lone node is both. Set process.roles=broker,controller`);
}
