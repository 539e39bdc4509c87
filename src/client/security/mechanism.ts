/** What the ways to log in have in common (SASL, RFC 4422). */
import type { Clock, Crypto, Random } from '../../core/index.ts';

export type MechanismName = 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | 'OAUTHBEARER';

/** What a login may use. */
export interface LoginContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly crypto: Crypto;
  /** Nobody waits for the login any more. */
  readonly signal: AbortSignal;
}

/**
 * One login: yields each message for the broker and is resumed with its answer; it returns when the broker has proved all
 * that it must. A refusal of the broker is thrown into it. @throws LoginRefusal for an answer that must not be believed
 */
export type Login = AsyncGenerator<Uint8Array, void, Uint8Array>;

/** A way to log in, with the credentials. They are in private fields: no log that prints the object has them. */
export interface SaslMechanism {
  readonly name: MechanismName;
  login(context: LoginContext): Login;
}

/** Why a login came to nothing. The message has no secrets. */
export class LoginRefusal extends Error {
  override readonly name = 'LoginRefusal';
}
