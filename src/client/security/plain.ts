/** PLAIN (RFC 4616): user and password as they are. Only TLS hides them. */
import type { Login, SaslMechanism } from './mechanism.ts';

export interface Credentials {
  readonly username: string;
  readonly password: string;
  /** Whom to act as, where the broker allows it. Default: the user. */
  readonly authorizationId?: string | undefined;
}

export class Plain implements SaslMechanism {
  readonly name = 'PLAIN';
  readonly #credentials: Credentials;

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  async *login(): Login {
    const { authorizationId = '', username, password } = this.#credentials;
    yield new TextEncoder().encode(`${authorizationId}\0${username}\0${password}`);
  }
}
