/** The options that every client has (https://kafka.apache.org/documentation/#configuration). */
import type { Logger, Ports } from '../../core/index.ts';
import { ConfigurationError } from '../errors.ts';
import {
  boolean,
  type CamelCase,
  camelCase,
  choice,
  define,
  type Elsewhere,
  integer,
  list,
  normalise,
  type Options,
  type OptionTable,
  text,
} from './normalise.ts';
import type { NotTakenTable } from './not-taken.ts';
import { type Security, securityOf, securityOptions } from './security.ts';

/** What is not a property of Kafka's: where time, randomness and the network come from, and where reports go. */
export interface Surroundings {
  /** Default: the real ones. */
  readonly ports?: Partial<Ports> | undefined;
  /** Default: silent. */
  readonly logger?: Logger | undefined;
}

export type DnsLookup = 'use_all_dns_ips' | 'resolve_canonical_bootstrap_servers_only';
export type RecoveryStrategy = 'rebootstrap' | 'none';

const surroundingNames = ['ports', 'logger'] as const;

export const commonOptions = {
  'bootstrap.servers': list('Where to ask first: `host:port`, several separated by commas.', [], address),
  'client.id': text('Sent with each request, for the broker’s logs.', 'onceward'),
  'request.timeout.ms': integer('How long to wait for an answer.', 30_000, 1),
  'retry.backoff.ms': integer('Pause before the first retry, milliseconds; doubles with each.', 100),
  'retry.backoff.max.ms': integer('The longest pause between retries.', 1_000),
  'reconnect.backoff.ms': integer('Pause before the first reconnection, milliseconds; doubles with each.', 50),
  'reconnect.backoff.max.ms': integer('The longest pause between reconnections.', 1_000),
  'socket.connection.setup.timeout.ms': integer(
    'How long connecting to one address may take; doubles with each failure in a row.',
    10_000,
    1,
  ),
  'socket.connection.setup.timeout.max.ms': integer('The longest that connecting may take.', 30_000, 1),
  'connections.max.idle.ms': define<number, number>(
    'A connection without requests for this long is closed; -1: never.',
    540_000,
    (value) => {
      const ms = integer('', 0, -1).parse(value);
      if (ms === 0) throw new Error('at least 1 is wanted, or -1 for never');
      return ms;
    },
  ),
  'client.dns.lookup': choice<DnsLookup>(
    'use_all_dns_ips tries every address of a name; resolve_canonical_bootstrap_servers_only also calls the bootstrap ' +
      'servers by the names that their addresses have.',
    'use_all_dns_ips',
    ['use_all_dns_ips', 'resolve_canonical_bootstrap_servers_only'],
  ),
  'metadata.max.age.ms': integer('Metadata older than this is fetched again.', 300_000, 1),
  'metadata.recovery.strategy': choice<RecoveryStrategy>(
    'rebootstrap asks the bootstrap servers again where no known broker answers; none does not (KIP-899).',
    'rebootstrap',
    ['rebootstrap', 'none'],
  ),
  'metadata.recovery.rebootstrap.trigger.ms': integer(
    'Brokers that gave no metadata for this long are forgotten, with metadata.recovery.strategy=rebootstrap (KIP-1102).',
    300_000,
  ),
  'max.response.bytes': integer(
    'The largest answer accepted from a broker, bytes; a larger one closes the connection.',
    128 * 1024 * 1024,
    1024,
  ),
  ...securityOptions,
};

/** What a client works with: its options, and in place of those about security what they come to. */
export type ClientConfig<Table> = Omit<Options<Table>, CamelCase<keyof typeof securityOptions>> & {
  readonly security: Security;
};

/**
 * `notTaken`: Kafka's properties that this client does not take. `others`: names of options that are not properties, besides those of all clients.
 * @throws ConfigurationError for unknown names, wrong values, and what contradicts what in all clients alike
 */
export function normaliseClient<Table extends OptionTable & typeof commonOptions>(
  table: Table,
  given: object,
  client: string,
  notTaken: NotTakenTable,
  others: readonly string[] = [],
  elsewhere?: Elsewhere,
): { config: ClientConfig<Table>; given: ReadonlySet<string> } {
  const { options, given: set } = normalise(
    table,
    given,
    client,
    new Set([...surroundingNames, ...others]),
    notTaken,
    elsewhere,
  );
  const common = options as unknown as Options<typeof commonOptions>;
  if (common.bootstrapServers.length === 0) {
    throw new ConfigurationError('bootstrap.servers is missing: give host:port');
  }
  const security = securityOf(common, set);
  const config: Record<string, unknown> = { ...options, security };
  // No secret stays where somebody might print it.
  for (const name of Object.keys(securityOptions)) delete config[camelCase(name)];
  return { config: config as unknown as ClientConfig<Table>, given: set };
}

export const autoCreate = boolean('Asks the broker to create a topic that is missing, where it is set up to.', true);

function address(value: string): string {
  const { port } = parseAddress(value);
  if (port === undefined) throw new Error('host:port is wanted');
  return value;
}

/** `host:port`, `[::1]:port` */
export function parseAddress(value: string): { host: string; port: number | undefined } {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(value);
  if (match === null) return { host: value, port: undefined };
  const port = Number(match[3]);
  return { host: (match[1] ?? match[2])!, port: port > 0 && port < 65536 ? port : undefined };
}
