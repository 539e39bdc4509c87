/** From the names of brokers to the addresses that stand for them, and back (`client.dns.lookup`). */
import { NetworkError } from '../errors.ts';
import { within } from '../support/async.ts';
import { type Address, where } from './connection.ts';
import type { Runtime } from './runtime.ts';

/**
 * All addresses of a broker, in the order in which they are to be tried. Asked for anew each time: names move.
 * @throws NetworkError; the signal's reason
 */
export async function addressesOf(
  { network, timers }: Runtime,
  { host, port }: Address,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const late = (): Error => new NetworkError(`the address of ${host} was not found within ${timeoutMs} ms`);
  const found = network.lookup(host).catch((cause: Error) => {
    throw new NetworkError(`cannot connect to ${where({ host, port })}: ${cause.message}`, { cause });
  });
  const addresses = await within(timers, timeoutMs, found, late, signal);
  if (addresses.length === 0) throw new NetworkError(`cannot connect to ${where({ host, port })}: it has no address`);
  return addresses;
}

/**
 * Every address behind the bootstrap servers, by its own name, as `resolve_canonical_bootstrap_servers_only` wants it: for
 * tickets and certificates that are made out to that name. Servers that are not found are left as they are.
 */
export async function canonicalServers(
  runtime: Runtime,
  servers: readonly Address[],
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Address[]> {
  const named = await Promise.all(
    servers.map(async (server): Promise<Address[]> => {
      try {
        const addresses = await addressesOf(runtime, server, timeoutMs, signal);
        return await Promise.all(
          addresses.map(async (address) => {
            const name = runtime.network.nameOf(address).catch(() => address);
            const host = await within(runtime.timers, timeoutMs, name, () => new NetworkError('no name'), signal).catch(
              () => address,
            );
            return { host, port: server.port };
          }),
        );
      } catch (error) {
        runtime.logger.warn('a bootstrap server was not found', { cause: (error as Error).message });
        return [server];
      }
    }),
  );
  return [...new Map(named.flat().map((server) => [where(server), server])).values()];
}
