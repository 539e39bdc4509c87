/**
 * Certificates for the tests, made when they are needed: an authority, and what it vouches for, in DER by hand (RFC 5280).
 * Nothing of it is kept, so nothing expires but what is meant to.
 */
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';

export interface Certificate {
  /** The certificate, PEM. */
  readonly cert: string;
  /** Its private key, PKCS #8 in PEM. */
  readonly key: string;
}

export interface CertificateOptions {
  /** Names and addresses that it is for. */
  readonly names?: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

const DAY_MS = 86_400_000;

export class Authority implements Certificate {
  readonly cert: string;
  readonly key: string;
  private readonly name: string;
  private readonly privateKey: KeyObject;

  constructor(name: string) {
    const { publicKey, privateKey } = newKeys();
    this.name = name;
    this.privateKey = privateKey;
    const basic = extension([2, 5, 29, 19], sequence(bool(true)), true);
    this.cert = build({ subject: name, issuer: name, publicKey, signer: privateKey, extensions: [basic] });
    this.key = pemOfKey(privateKey);
  }

  issue(subject: string, { names = [], ...validity }: CertificateOptions = {}): Certificate {
    const { publicKey, privateKey } = newKeys();
    const extensions = names.length === 0 ? [] : [extension([2, 5, 29, 17], sequence(...names.map(alternativeName)))];
    const parts = { subject, issuer: this.name, publicKey, signer: this.privateKey, extensions };
    return { cert: build({ ...parts, ...validity }), key: pemOfKey(privateKey) };
  }
}

/** The same key, only with this password. */
export function encryptedKey(key: string, passphrase: string): string {
  const options = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase } as const;
  return createPrivateKey(key).export(options) as string;
}

interface Parts {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly signer: KeyObject;
  readonly extensions: readonly Buffer[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

function build(parts: Parts): string {
  const now = Date.now();
  const { notBefore = new Date(now - DAY_MS), notAfter = new Date(now + DAY_MS) } = parts;
  const algorithm = sequence(oid([1, 2, 840, 10045, 4, 3, 2])); // ECDSA with SHA-256
  const signed = sequence(
    tagged(0xa0, tagged(0x02, Buffer.of(2))),
    tagged(0x02, Buffer.concat([Buffer.of(1), randomBytes(8)])),
    algorithm,
    distinguishedName(parts.issuer),
    sequence(time(notBefore), time(notAfter)),
    distinguishedName(parts.subject),
    parts.publicKey.export({ type: 'spki', format: 'der' }),
    ...(parts.extensions.length === 0 ? [] : [tagged(0xa3, sequence(...parts.extensions))]),
  );
  const signature = sign('sha256', signed, parts.signer);
  const der = sequence(signed, algorithm, tagged(0x03, Buffer.concat([Buffer.of(0), signature])));
  const lines = der.toString('base64').match(/.{1,64}/g)!;
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function newKeys(): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}
function pemOfKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }) as string;
}

function tagged(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.of(tag, ...head), content]);
}
function sequence(...items: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(items));
}
function bool(value: boolean): Buffer {
  return tagged(0x01, Buffer.of(value ? 255 : 0));
}
function oid([first, second, ...rest]: readonly number[]): Buffer {
  const bytes = [first! * 40 + second!];
  for (const part of rest) {
    const digits = [part & 127];
    for (let left = part >> 7; left > 0; left >>= 7) digits.unshift((left & 127) | 128);
    bytes.push(...digits);
  }
  return tagged(0x06, Buffer.from(bytes));
}
function distinguishedName(name: string): Buffer {
  return sequence(tagged(0x31, sequence(oid([2, 5, 4, 3]), tagged(0x0c, Buffer.from(name)))));
}
function time(date: Date): Buffer {
  return tagged(0x17, Buffer.from(`${date.toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`));
}
function extension(id: readonly number[], value: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [bool(true)] : []), tagged(0x04, value));
}
function alternativeName(name: string): Buffer {
  return isIPv4(name) ? tagged(0x87, Buffer.from(name.split('.').map(Number))) : tagged(0x82, Buffer.from(name));
}
