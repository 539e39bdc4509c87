/**
 * SCRAM-SHA-256 and SCRAM-SHA-512 (RFC 5802, RFC 7677): neither side tells the password, both prove that they know it.
 * Names and passwords are taken as they are, without SASLprep, as Apache Kafka takes them.
 */
import type { Crypto, DigestName } from '../../core/index.ts';
import { type Login, type LoginContext, LoginRefusal, type SaslMechanism } from './mechanism.ts';
import type { Credentials } from './plain.ts';

/** RFC 7677 allows no fewer. */
export const ITERATIONS_MIN = 4096;
/** About a second of one processor. Apache Kafka stores no more than 16,384; a hostile broker could ask for billions. */
export const ITERATIONS_MAX = 1_000_000;
/** Bytes; a nonce of 144 bits cannot be guessed. */
const NONCE_BYTES = 18;
const SALT_BYTES_MAX = 1024;

export type ScramName = 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
const digests: Readonly<Record<ScramName, DigestName>> = { 'SCRAM-SHA-256': 'sha256', 'SCRAM-SHA-512': 'sha512' };

interface Challenge {
  /** Ours, and what the broker put behind it. */
  readonly nonce: string;
  /** Base64, as it came. */
  readonly salt: string;
  readonly iterations: number;
}

export class Scram implements SaslMechanism {
  readonly name: ScramName;
  readonly #credentials: Credentials;
  readonly #digest: DigestName;
  /** The slow part of the last login; every broker of a cluster gives the user the same salt. */
  #salted: { readonly salt: string; readonly iterations: number; readonly password: Uint8Array } | undefined;

  constructor(name: ScramName, credentials: Credentials) {
    this.name = name;
    this.#digest = digests[name];
    this.#credentials = credentials;
  }

  async *login({ random, crypto }: LoginContext): Login {
    const { username, authorizationId } = this.#credentials;
    const ownNonce = base64(random.bytes(NONCE_BYTES));
    const header = `n,${authorizationId === undefined ? '' : `a=${saslName(authorizationId)}`},`;
    const clientFirst = `n=${saslName(username)},r=${ownNonce}`;
    const serverFirst = text(yield utf8(header + clientFirst));

    const challenge = readChallenge(serverFirst, ownNonce);
    const salted = await this.#saltedPassword(challenge, crypto);
    const hmac = (key: Uint8Array, data: Uint8Array): Uint8Array => crypto.hmac(this.#digest, key, data);
    const clientFinal = `c=${base64(utf8(header))},r=${challenge.nonce}`;
    const signed = utf8(`${clientFirst},${serverFirst},${clientFinal}`);
    const clientKey = hmac(salted, utf8('Client Key'));
    const clientSignature = hmac(crypto.digest(this.#digest, clientKey), signed);
    const proof = clientKey.map((byte, index) => byte ^ clientSignature[index]!);
    const serverFinal = text(yield utf8(`${clientFinal},p=${base64(proof)}`));

    const expected = hmac(hmac(salted, utf8('Server Key')), signed);
    verify(serverFinal, expected);
  }

  async #saltedPassword({ salt, iterations }: Challenge, crypto: Crypto): Promise<Uint8Array> {
    const known = this.#salted;
    if (known?.salt === salt && known.iterations === iterations) return known.password;
    const secret = utf8(this.#credentials.password);
    const password = await crypto.pbkdf2(this.#digest, secret, Buffer.from(salt, 'base64'), iterations);
    this.#salted = { salt, iterations, password };
    return password;
  }
}

/** `r=nonce,s=salt,i=iterations`, with extensions behind that may be ignored. */
function readChallenge(message: string, ownNonce: string): Challenge {
  if (message.startsWith('m='))
    throw new LoginRefusal('the broker wants an extension of SCRAM that does not exist yet');
  const match = /^r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/]+={0,2}),i=([1-9][0-9]{0,9})(?:,.*)?$/.exec(message);
  if (match === null) throw new LoginRefusal('the broker answered with what is not SCRAM');
  const [, nonce, salt, count] = match as unknown as [string, string, string, string];
  if (!nonce.startsWith(ownNonce) || nonce.length === ownNonce.length) {
    throw new LoginRefusal('the broker’s nonce does not continue ours: the answer is not for this login');
  }
  if (salt.length > (SALT_BYTES_MAX * 4) / 3) throw new LoginRefusal('the broker’s salt is too long');
  const iterations = Number(count);
  if (iterations < ITERATIONS_MIN || iterations > ITERATIONS_MAX) {
    const bounds = `${ITERATIONS_MIN} to ${ITERATIONS_MAX} are accepted`;
    throw new LoginRefusal(
      `the broker asks for ${iterations} iterations: ${bounds}; store the password anew with as many`,
    );
  }
  return { nonce, salt, iterations };
}

/** `v=signature`, or `e=reason`. */
function verify(message: string, expected: Uint8Array): void {
  const [first = ''] = message.split(',');
  if (first.startsWith('e=')) throw new LoginRefusal(`the broker refused the login: ${first.slice(2, 200)}`);
  const signature = first.startsWith('v=') ? Buffer.from(first.slice(2), 'base64') : new Uint8Array(0);
  let difference = signature.length ^ expected.length;
  for (let at = 0; at < expected.length; at++) difference |= expected[at]! ^ (signature[at] ?? 0);
  if (difference !== 0) {
    throw new LoginRefusal(
      'the broker does not know the password either: its signature is wrong, so it is not to be trusted',
    );
  }
}

/** A name inside a message, where commas and equal signs mean something (RFC 5802, section 5.1). */
function saslName(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C');
}

function utf8(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}
function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}
