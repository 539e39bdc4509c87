/** FindCoordinator: which brokers coordinate groups or transactional ids. Since version 4 many at a time (KIP-699). */
import { findCoordinator } from '../../wire/index.ts';
import type { Connection, RequestOptions } from '../connections/connection.ts';
import { brokerError, type ClientError, NetworkError } from '../errors.ts';
import type { BrokerInfo } from './cluster-image.ts';

export type CoordinatorKind = 'group' | 'transaction';
const coordinatorKeyType: Readonly<Record<CoordinatorKind, number>> = { group: 0, transaction: 1 };

/** By key; an error for each that has none, or none at the moment. @throws NetworkError, TimeoutError */
export async function findCoordinators(
  connection: Connection,
  kind: CoordinatorKind,
  keys: readonly string[],
  options: RequestOptions,
): Promise<Map<string, BrokerInfo | ClientError>> {
  const keyType = coordinatorKeyType[kind];
  const version = connection.version(findCoordinator, { min: keyType === 0 ? 0 : 1, max: 5 });
  const ask = (asked: { coordinatorKeys: readonly string[] } | { key: string }) =>
    connection.request(findCoordinator, version, { keyType, ...asked }, options);
  const answers =
    version >= 4
      ? (await ask({ coordinatorKeys: keys })).coordinators
      : await Promise.all(keys.map(async (key) => ({ ...(await ask({ key })), key })));
  const found = new Map(answers.map((answer) => [answer.key, answer]));
  return new Map(
    keys.map((key): [string, BrokerInfo | ClientError] => {
      const answer = found.get(key);
      const what = `the coordinator of ${kind} "${key}"`;
      if (answer === undefined) return [key, new NetworkError(`no answer about ${what}`)];
      if (answer.errorCode !== 0) return [key, brokerError(answer.errorCode, what, answer.errorMessage)];
      return [key, { id: answer.nodeId, host: answer.host, port: answer.port, rack: null }];
    }),
  );
}
