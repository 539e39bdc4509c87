/**
 * OAUTHBEARER (RFC 7628) with the extensions of KIP-342: a token that the user's provider brings. A token whose end is
 * known serves every connection until four fifths of its life are over; one without is asked for at each login.
 */
import { type Login, type LoginContext, LoginRefusal, type SaslMechanism } from './mechanism.ts';

export interface OAuthBearerToken {
  /** The token itself, as it goes into an Authorization header. */
  readonly value: string;
  /** When it ends, milliseconds since 1970. */
  readonly lifetimeMs?: number | undefined;
  /** For the broker’s own use; names are letters only. */
  readonly extensions?: Readonly<Record<string, string>> | undefined;
}

/** Brings a token that is valid now. The signal aborts when nobody waits for it any more. */
export type OAuthBearerProvider = (signal: AbortSignal) => Promise<OAuthBearerToken>;

/** Apache Kafka's `sasl.login.refresh.window.factor`. */
const FRESH_PART = 0.8;
const SEPARATOR = '\u0001';

interface Kept {
  readonly token: OAuthBearerToken;
  readonly freshUntil: number;
}

export class OAuthBearer implements SaslMechanism {
  readonly name = 'OAUTHBEARER';
  readonly #provider: OAuthBearerProvider;
  readonly #authorizationId: string;
  #kept: Kept | undefined;

  constructor(provider: OAuthBearerProvider, authorizationId = '') {
    this.#provider = provider;
    this.#authorizationId = authorizationId;
  }

  async *login(context: LoginContext): Login {
    const { value, extensions = {} } = await this.#token(context);
    const header = this.#authorizationId === '' ? 'n,,' : `n,a=${saslName(this.#authorizationId)},`;
    const pairs = Object.entries({ auth: `Bearer ${value}`, ...extensions });
    const body = pairs.map(([name, content]) => `${name}=${content}${SEPARATOR}`).join('');
    const answer = yield utf8(`${header}${SEPARATOR}${body}${SEPARATOR}`);
    if (answer.length === 0) return;
    // A token that was refused is not tried again.
    this.#kept = undefined;
    const reason = reasonOf(Buffer.from(answer).toString());
    try {
      // The broker ends the exchange when it has been told that its reason was read.
      yield utf8(SEPARATOR);
    } catch {}
    throw new LoginRefusal(reason);
  }

  async #token({ clock, signal }: LoginContext): Promise<OAuthBearerToken> {
    const now = clock.now();
    if (this.#kept !== undefined && now < this.#kept.freshUntil) return this.#kept.token;
    this.#kept = undefined;
    const provider = this.#provider;
    let token: OAuthBearerToken;
    try {
      token = await provider(signal);
    } catch (error) {
      throw new LoginRefusal(`oauthBearerProvider failed: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
    check(token);
    const { lifetimeMs } = token;
    if (lifetimeMs !== undefined) {
      if (lifetimeMs <= clock.now()) {
        throw new LoginRefusal('the token of oauthBearerProvider has ended already: let it bring a new one each time');
      }
      this.#kept = { token, freshUntil: now + (lifetimeMs - now) * FRESH_PART };
    }
    return token;
  }
}

/** @throws LoginRefusal for what cannot be sent. The token is not in the message. */
function check(token: OAuthBearerToken): void {
  const wrong = (what: string): never => {
    throw new LoginRefusal(`oauthBearerProvider brought ${what}`);
  };
  if (typeof token !== 'object' || token === null || typeof token.value !== 'string') wrong('no { value: token }');
  if (!/^[-._~+/A-Za-z0-9]+=*$/.test(token.value)) wrong('a token with characters that no bearer token has (RFC 6750)');
  const { lifetimeMs, extensions = {} } = token;
  if (lifetimeMs !== undefined && !Number.isFinite(lifetimeMs)) {
    wrong('a lifetimeMs that is no time: milliseconds since 1970 are wanted');
  }
  for (const [name, content] of Object.entries(extensions)) {
    if (!/^[A-Za-z]+$/.test(name) || name === 'auth') wrong(`an extension called "${name}": use letters, and not auth`);
    if (typeof content !== 'string' || !/^[\x21-\x7e \t\r\n]+$/.test(content)) {
      wrong(`an extension ${name} with a value that cannot be sent: use printable ASCII`);
    }
  }
}

/** The broker's `{"status":…,"scope":…,"openid-configuration":…}` (RFC 7628, section 3.2.2) in words. */
function reasonOf(json: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {}
  if (typeof parsed !== 'object' || parsed === null) return `the broker refused the token: ${json.slice(0, 200)}`;
  const { status, scope, 'openid-configuration': configuration } = parsed as Record<string, unknown>;
  const parts = [
    String(status ?? json.slice(0, 200)),
    scope === undefined ? '' : `the scope needed is ${String(scope)}`,
    configuration === undefined ? '' : `tokens come from ${String(configuration)}`,
  ];
  return `the broker refused the token: ${parts.filter((part) => part !== '').join('; ')}`;
}

function saslName(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C');
}
function utf8(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}
