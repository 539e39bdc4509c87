/**
 * Where to listen and what to tell clients, out of `listeners`, `advertised.listeners` and their kin, read as Kafka reads
 * them. The controller is in this process, so its listeners are not opened. PLAINTEXT alone is spoken.
 */
import type { BrokerConfiguration } from './broker-configuration.ts';

export interface ListenerPlan {
  readonly name: string;
  /** Address to listen on. */
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** What clients are told; what is left out is taken from where it listens. */
  readonly advertisedHost?: string | undefined;
  readonly advertisedPort?: number | undefined;
}

/** What may be given beside the properties, by the options of the program. */
export interface GivenAddress {
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly advertisedHost?: string | undefined;
  readonly advertisedPort?: number | undefined;
}

interface Named {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** @throws Error naming the property, and the cure */
export function planListeners(given: GivenAddress, configuration: BrokerConfiguration): readonly ListenerPlan[] {
  const listeners = configuration.givenText('listeners');
  const advertised = configuration.givenText('advertised.listeners');
  if (listeners !== undefined && (given.port !== undefined || given.host !== undefined)) {
    const other = given.port === undefined ? `host ${given.host}` : `port ${given.port}`;
    throw new Error(`${other} and listeners=${listeners} both say where to listen: leave one of them out`);
  }
  if (advertised !== undefined && (given.advertisedHost !== undefined || given.advertisedPort !== undefined)) {
    const what = `advertised.listeners=${advertised}`;
    throw new Error(`advertisedHost or advertisedPort and ${what} both say what clients are told: leave one out`);
  }
  const ofController = new Set(words(configuration.values['controller.listener.names'] ?? 'CONTROLLER'));
  const own =
    listeners === undefined
      ? [{ name: 'PLAINTEXT', host: given.host ?? '127.0.0.1', port: given.port ?? 0 }]
      : parse('listeners', listeners).filter(({ name }) => !ofController.has(name));
  if (own.length === 0) throw new Error(`listeners=${listeners} leaves nothing for clients: add PLAINTEXT://:9092`);
  for (const { name } of own) refuseUnspoken(name, configuration.values['listener.security.protocol.map']);
  const told = advertised === undefined ? [] : parse('advertised.listeners', advertised);
  for (const { name, host } of told) {
    if (ofController.has(name)) continue;
    if (!own.some((each) => each.name === name)) {
      throw new Error(`advertised.listeners names ${name}, which listeners does not: add it there, or remove it here`);
    }
    if (host === '0.0.0.0' || host === '::') {
      throw new Error(`advertised.listeners: clients cannot connect to ${host}, name an address that they can reach`);
    }
  }
  return own.map((listener): ListenerPlan => {
    const known = told.find(({ name }) => name === listener.name);
    return {
      ...listener,
      host: listener.host === '' ? '0.0.0.0' : listener.host,
      // Kafka tells its host's own name; here it is an address that always works on the machine itself.
      advertisedHost: known === undefined ? given.advertisedHost : known.host === '' ? undefined : known.host,
      advertisedPort: known?.port ?? given.advertisedPort,
    };
  });
}

function parse(property: string, text: string): Named[] {
  const all = words(text).map((word): Named => {
    const found = /^([\w.-]+):\/\/(\[[^\]]*\]|[^:[\]]*):(\d{1,5})$/.exec(word);
    const port = Number(found?.[3]);
    if (found === null || port > 65535) {
      throw new Error(`${property}: ${word} is no listener, write NAME://host:port, for example PLAINTEXT://:9092`);
    }
    return { name: found[1]!.toUpperCase(), host: found[2]!.replace(/^\[|\]$/g, ''), port };
  });
  for (const [at, { name, host, port }] of all.entries()) {
    const before = all.slice(0, at);
    if (before.some((other) => other.name === name)) {
      throw new Error(`${property} names ${name} twice: each listener has a name of its own`);
    }
    const same = before.find((other) => other.port === port && other.host === host && port !== 0);
    if (same !== undefined && property === 'listeners') {
      throw new Error(`listeners: ${same.name} and ${name} are both on ${host}:${port}, give one of them another port`);
    }
  }
  return all;
}

function refuseUnspoken(name: string, protocolMap: string): void {
  const entry = words(protocolMap).find((each) => each.toUpperCase().startsWith(`${name}:`));
  const protocol = entry?.slice(name.length + 1).toUpperCase();
  if (protocol === undefined) {
    const cure = `add ${name}:PLAINTEXT there`;
    throw new Error(`listeners names ${name}, for which listener.security.protocol.map has no protocol: ${cure}`);
  }
  if (protocol !== 'PLAINTEXT') {
    throw new Error(`listeners: ${name} would speak ${protocol}, which this broker does not. Map it to PLAINTEXT`);
  }
}

function words(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
