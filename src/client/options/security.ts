/** How a client's connections are protected: `security.protocol`, TLS and the login together. */
import type { TlsOptions } from '../../core/index.ts';
import { ConfigurationError } from '../errors.ts';
import type { SaslMechanism } from '../security/mechanism.ts';
import { choice } from './normalise.ts';
import { type GivenSasl, mechanismOf, saslOptions } from './sasl.ts';
import { type GivenSsl, sslOptions, tlsOf } from './ssl.ts';

const protocols = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'] as const;
export type SecurityProtocol = (typeof protocols)[number];

/** What connections obey. */
export interface Security {
  readonly protocol: SecurityProtocol;
  readonly tls: TlsOptions | undefined;
  readonly sasl: SaslMechanism | undefined;
}

export const securityOptions = {
  'security.protocol': choice<SecurityProtocol>(
    'PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL. It follows from `ssl` and `sasl` where those are given.',
    'PLAINTEXT',
    protocols,
  ),
  ...sslOptions,
  ...saslOptions,
};

/**
 * `set`: dotted names of the options that were given.
 * @throws ConfigurationError naming both options and the cure
 */
export function securityOf(
  given: GivenSsl & GivenSasl & { readonly securityProtocol: SecurityProtocol },
  set: ReadonlySet<string>,
): Security {
  const named = (prefix: string): string[] => [...set].filter((name) => name.startsWith(prefix));
  const sslNames = named('ssl.');
  const saslNames = named('sasl.');
  const protocol = protocolOf(given, set.has('security.protocol'), [...sslNames, ...saslNames]);
  const encrypted = protocol.endsWith('SSL');
  const login = protocol.startsWith('SASL');

  const ssl = given.ssl ? 'ssl' : sslNames[0];
  if (!encrypted && ssl !== undefined) {
    refuse(ssl, protocol, `set security.protocol=${login ? 'SASL_SSL' : 'SSL'}, or leave ${ssl} out`);
  }
  if (encrypted && given.ssl === false) refuse('ssl=false', protocol, 'leave one of them out');
  const mechanism = mechanismOf(given);
  if (!login && mechanism !== null) {
    const name = given.sasl === null ? saslNames[0]! : 'sasl';
    refuse(name, protocol, `set security.protocol=${encrypted ? 'SASL_SSL' : 'SASL_PLAINTEXT'}, or leave ${name} out`);
  }
  if (login && mechanism === null) {
    throw new ConfigurationError(
      `security.protocol=${protocol} has no credentials: give sasl: { mechanism, … }, or sasl.mechanism and ` +
        'sasl.jaas.config',
    );
  }
  return { protocol, tls: encrypted ? tlsOf(given, sslNames) : undefined, sasl: mechanism ?? undefined };
}

function protocolOf(
  { securityProtocol, ssl, sasl }: GivenSsl & GivenSasl & { readonly securityProtocol: SecurityProtocol },
  isGiven: boolean,
  properties: readonly string[],
): SecurityProtocol {
  if (isGiven) return securityProtocol;
  const [first] = properties;
  // Kafka's own default would ignore them, and send passwords nowhere or everything in the clear.
  if (first !== undefined && !ssl && sasl === null) {
    throw new ConfigurationError(`${first} needs security.protocol: set SSL, SASL_SSL or SASL_PLAINTEXT`);
  }
  if (sasl !== null) return ssl ? 'SASL_SSL' : 'SASL_PLAINTEXT';
  return ssl ? 'SSL' : 'PLAINTEXT';
}

function refuse(one: string, protocol: SecurityProtocol, cure: string): never {
  throw new ConfigurationError(`${one} contradicts security.protocol=${protocol}: ${cure}`);
}
