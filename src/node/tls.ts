/** The encrypted way to another host: certificates and keys are read, and Node's failures told apart. */
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as tls from 'node:tls';
import { type PemSource, SystemError, type TlsOptions } from '../core/index.ts';

/** A file with certificates is not larger. */
const PEM_BYTES_MAX = 4 * 1024 * 1024;

/**
 * Begins to connect; `secureConnect` on the socket says that the other side is who it should be.
 * @throws SystemError ETLSOPTIONS for certificates and keys that cannot be used
 */
export function connectTls(host: string, port: number, options: TlsOptions, highWaterMark: number): tls.TLSSocket {
  const { trusted, identity, checkServerName, minVersion, maxVersion } = options;
  const name = options.serverName ?? host;
  return tls.connect({
    host,
    port,
    secureContext: contextOf({ trusted, identity, minVersion, maxVersion, checkServerName }),
    // An address is no name to ask for (RFC 6066), but the certificate may be for it.
    ...(net.isIP(name) === 0 ? { servername: name } : {}),
    checkServerIdentity: (_, certificate) => (checkServerName ? tls.checkServerIdentity(name, certificate) : undefined),
    writableHighWaterMark: highWaterMark,
  } as tls.ConnectionOptions);
}

/** A failure before `secureConnect`, with the code by which it is known. */
export function tlsFailure(error: Error): Error {
  const { code } = error as { code?: string };
  // Node's words for an end of the stream in the middle of the handshake.
  const ended = code === 'ECONNRESET' || code === 'EPIPE' || /before secure TLS connection/.test(error.message);
  if (!ended) return error;
  return new SystemError('ETLSCLOSED', 'the other side closed the connection in the TLS handshake', undefined, {
    cause: error,
  });
}

function contextOf({ trusted, identity, minVersion, maxVersion }: TlsOptions): tls.SecureContext {
  const ca = trusted && certificatesOf(trusted, 'the trusted certificates');
  const cert = identity && certificatesOf(identity.certificates, 'our own certificate');
  const key = identity && privateKeyOf(identity.privateKey);
  const make = (parts: tls.SecureContextOptions, what: string): tls.SecureContext => {
    try {
      return tls.createSecureContext(parts);
    } catch (error) {
      throw unusable(`${what} cannot be used: ${(error as Error).message}`, error);
    }
  };
  // One after the other, so that the message can say which of them it is.
  if (ca) make({ ca }, `the trusted certificates${placeOf(trusted)}`);
  if (key) make({ key, passphrase: identity.passphrase }, `the private key${placeOf(identity.privateKey)}`);
  return make(
    { ca, cert, key, passphrase: identity?.passphrase, minVersion, maxVersion },
    'our own certificate and its private key',
  );
}

function certificatesOf(source: PemSource, what: string): string {
  const text = textOf(source, what);
  if (!text.includes('-----BEGIN CERTIFICATE-----')) {
    throw unusable(`${what}${placeOf(source)}: there is no PEM certificate in it (-----BEGIN CERTIFICATE-----)`);
  }
  return text;
}

function privateKeyOf(source: PemSource): string {
  const text = textOf(source, 'our private key');
  const [block] = /-----BEGIN ([A-Z]+ )*PRIVATE KEY-----[\s\S]*?-----END ([A-Z]+ )*PRIVATE KEY-----/.exec(text) ?? [];
  if (block === undefined) {
    throw unusable(
      `our private key${placeOf(source)}: there is no PEM private key in it (-----BEGIN PRIVATE KEY-----)`,
    );
  }
  return block;
}

function textOf(source: PemSource, what: string): string {
  if ('pem' in source) return source.pem;
  try {
    const { size } = fs.statSync(source.file);
    if (size > PEM_BYTES_MAX) throw new Error(`${size} bytes are too many for certificates`);
    return fs.readFileSync(source.file, 'latin1');
  } catch (error) {
    throw unusable(`${what} cannot be read from ${source.file}: ${(error as Error).message}`, error);
  }
}

function placeOf(source: PemSource | undefined): string {
  return source !== undefined && 'file' in source ? ` in ${source.file}` : '';
}

function unusable(message: string, cause?: unknown): SystemError {
  return new SystemError('ETLSOPTIONS', message, undefined, { cause });
}
