/** How a client logs in: as one typed option, or as Kafka's `sasl.*` properties; what contradicts what. */
import { ConfigurationError } from '../errors.ts';
import type { MechanismName, SaslMechanism } from '../security/mechanism.ts';
import { OAuthBearer, type OAuthBearerProvider } from '../security/oauth-bearer.ts';
import { type Credentials, Plain } from '../security/plain.ts';
import { Scram } from '../security/scram.ts';
import { type JaasEntry, parseJaas } from './jaas.ts';
import { define, type OptionDefinition } from './normalise.ts';

interface UserAndPassword extends Credentials {
  readonly mechanism: 'plain' | 'PLAIN' | 'scram-sha-256' | 'SCRAM-SHA-256' | 'scram-sha-512' | 'SCRAM-SHA-512';
}
interface BearerToken {
  readonly mechanism: 'oauthbearer' | 'OAUTHBEARER';
  readonly oauthBearerProvider: OAuthBearerProvider;
  readonly authorizationId?: string | undefined;
}
export type SaslOptions = UserAndPassword | BearerToken;

const mechanisms: readonly MechanismName[] = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'];
const modules: Readonly<Record<string, readonly MechanismName[]>> = {
  PlainLoginModule: ['PLAIN'],
  ScramLoginModule: ['SCRAM-SHA-256', 'SCRAM-SHA-512'],
};

export const saslOptions = {
  sasl: secret<SaslMechanism | null, SaslOptions>(
    'How to log in: `{ mechanism: "plain" | "scram-sha-256" | "scram-sha-512", username, password }`, or ' +
      '`{ mechanism: "oauthbearer", oauthBearerProvider }`.',
    null,
    typedMechanism,
  ),
  'sasl.mechanism': define<MechanismName | null, string>(
    'The mechanism, as Kafka names it: PLAIN, SCRAM-SHA-256, SCRAM-SHA-512; OAUTHBEARER needs the option `sasl`.',
    null,
    mechanismName,
  ),
  'sasl.jaas.config': secret<JaasEntry | null, string>(
    'The credentials, as Kafka’s clients take them.',
    null,
    (value) => {
      if (typeof value !== 'string') throw new Error('a text is wanted');
      return parseJaas(value);
    },
  ),
};

function secret<T, Given>(
  doc: string,
  fallback: T,
  parse: (value: unknown) => T,
): OptionDefinition<T> & { readonly input: Given } {
  return { ...define<T, Given>(doc, fallback, parse), secret: true };
}

/** What was given of them, read. */
export interface GivenSasl {
  readonly sasl: SaslMechanism | null;
  readonly saslMechanism: MechanismName | null;
  readonly saslJaasConfig: JaasEntry | null;
}

/** The way to log in; null where nothing is said of it. @throws ConfigurationError naming what contradicts what */
export function mechanismOf({ sasl, saslMechanism, saslJaasConfig }: GivenSasl): SaslMechanism | null {
  if (sasl !== null) {
    const other = saslMechanism !== null ? 'sasl.mechanism' : saslJaasConfig !== null ? 'sasl.jaas.config' : undefined;
    if (other !== undefined) {
      throw new ConfigurationError(`sasl contradicts ${other}: both say how to log in, so give one of them`);
    }
    return sasl;
  }
  if (saslMechanism === null && saslJaasConfig === null) return null;
  if (saslMechanism === null) {
    throw new ConfigurationError('sasl.jaas.config needs sasl.mechanism: set PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512');
  }
  if (saslMechanism === 'OAUTHBEARER') {
    throw new ConfigurationError(
      'sasl.mechanism=OAUTHBEARER has no token: give sasl: { mechanism: "oauthbearer", oauthBearerProvider } instead',
    );
  }
  if (saslJaasConfig === null) {
    throw new ConfigurationError(
      `sasl.mechanism=${saslMechanism} has no credentials: set sasl.jaas.config, or give sasl: { mechanism, username, password }`,
    );
  }
  return withCredentials(saslMechanism, credentialsOf(saslMechanism, saslJaasConfig));
}

function credentialsOf(mechanism: MechanismName, { module, options }: JaasEntry): Credentials {
  const theirs = modules[module];
  if (theirs === undefined) {
    throw new ConfigurationError(
      'sasl.jaas.config names a login module that is not known here: PlainLoginModule and ScramLoginModule are',
    );
  }
  if (!theirs.includes(mechanism)) {
    throw new ConfigurationError(
      `sasl.mechanism=${mechanism} contradicts sasl.jaas.config, whose ${module} is for ${theirs.join(' and ')}: ` +
        'change one of them',
    );
  }
  for (const name of options.keys()) {
    if (name !== 'username' && name !== 'password') {
      throw new ConfigurationError(
        'sasl.jaas.config: of a login module’s options, username and password are known here; leave the others out',
      );
    }
  }
  const [username, password] = [options.get('username'), options.get('password')];
  if (!username || !password) {
    throw new ConfigurationError(`sasl.jaas.config: ${username ? 'password' : 'username'} is missing: add it`);
  }
  return checkedCredentials(username, password);
}

function typedMechanism(value: unknown): SaslMechanism {
  if (typeof value !== 'object' || value === null) throw new Error('{ mechanism, … } is wanted');
  const { mechanism: name, ...rest } = value as Record<string, unknown>;
  if (name === undefined)
    throw new Error('mechanism is missing: one of plain, scram-sha-256, scram-sha-512, oauthbearer');
  const mechanism = mechanismName(name);
  const known = mechanism === 'OAUTHBEARER' ? ['oauthBearerProvider'] : ['username', 'password'];
  for (const key of Object.keys(rest)) {
    if (key === 'authorizationId' || known.includes(key)) continue;
    throw new Error(`there is no ${key}; ${mechanism} takes ${known.join(', ')}, authorizationId`);
  }
  const { authorizationId, oauthBearerProvider, username, password } = rest;
  if (authorizationId !== undefined && typeof authorizationId !== 'string')
    throw new Error('authorizationId is no text');
  if (mechanism === 'OAUTHBEARER') {
    if (typeof oauthBearerProvider !== 'function') {
      throw new Error('oauthBearerProvider is missing: a function that resolves with { value }, the token');
    }
    return new OAuthBearer(oauthBearerProvider as OAuthBearerProvider, authorizationId);
  }
  if (typeof username !== 'string' || username === '') throw new Error(`${mechanism} needs a username`);
  if (typeof password !== 'string' || password === '') throw new Error(`${mechanism} needs a password`);
  return withCredentials(mechanism, checkedCredentials(username, password, authorizationId));
}

function checkedCredentials(username: string, password: string, authorizationId?: string): Credentials {
  if (`${username}${password}${authorizationId ?? ''}`.includes('\0')) {
    throw new ConfigurationError('a user’s name and password cannot have a zero character in them');
  }
  return { username, password, authorizationId };
}

function withCredentials(mechanism: Exclude<MechanismName, 'OAUTHBEARER'>, credentials: Credentials): SaslMechanism {
  return mechanism === 'PLAIN' ? new Plain(credentials) : new Scram(mechanism, credentials);
}

function mechanismName(value: unknown): MechanismName {
  const name = String(value).toUpperCase();
  const found = mechanisms.find((mechanism) => mechanism === name);
  if (found === undefined) throw new Error(`one of ${mechanisms.join(', ')} is wanted`);
  return found;
}
