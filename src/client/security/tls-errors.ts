/** What went wrong with TLS, in words: cause and cure. */
import { type ClientError, NetworkError, TlsError } from '../errors.ts';

const NOT_TRUSTED =
  'nobody that this client trusts vouches for its certificate: give the certificate of its authority ' +
  '(ssl: { ca }, or ssl.truststore.certificates)';
const NO_TLS = 'this port does not seem to speak TLS: ask for the port of the SSL listener, or leave TLS out';
const VERSIONS = 'it does not speak a version of TLS that this client does: see ssl.enabled.protocols';

const causes: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: NOT_TRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: NOT_TRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: NOT_TRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: NOT_TRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: NOT_TRUSTED,
  CERT_UNTRUSTED: NOT_TRUSTED,
  CERT_SIGNATURE_FAILURE: NOT_TRUSTED,
  CERT_HAS_EXPIRED: 'its certificate, or that of an authority, has expired: it must be renewed there',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet: compare the clocks of both machines',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'its certificate is for other names: connect by one of them, tell which it is (ssl: { serverName }), or leave the ' +
    'check out (ssl.endpoint.identification.algorithm set to nothing)',
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NO_TLS,
  ERR_SSL_UNSUPPORTED_PROTOCOL: VERSIONS,
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: VERSIONS,
  ERR_SSL_NO_PROTOCOLS_AVAILABLE: VERSIONS,
};

const OWN_CERTIFICATE =
  'it refused our certificate, or wants one: give one that it trusts, with its key (ssl: { cert, key }, or ' +
  'ssl.keystore.certificate.chain and ssl.keystore.key)';

/** The failure of a connection with TLS; undefined when TLS has nothing to do with it. */
export function tlsErrorOf(broker: string, error: Error | undefined): ClientError | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  if (error === undefined || typeof code !== 'string') return undefined;
  if (code === 'ETLSOPTIONS') return new TlsError(error.message, { cause: error });
  if (code === 'ETLSCLOSED') {
    // A broker that restarts does this too, so trying again may help.
    return new NetworkError(`the broker at ${broker} ended the TLS handshake without a word: ${NO_TLS}`, {
      cause: error,
    });
  }
  const said = saidBy(error);
  const known = causes[code] ?? (/^ERR_SSL_.*ALERT/.test(code) ? OWN_CERTIFICATE : undefined);
  if (known !== undefined) {
    return new TlsError(`no TLS with the broker at ${broker}: ${known} (${said})`, { cause: error });
  }
  if (!/^(ERR_SSL_|ERR_TLS_|CERT_|CRL_)/.test(code)) return undefined;
  return new TlsError(`no TLS with the broker at ${broker}: ${said}`, { cause: error });
}

/** OpenSSL's own words, without the places in its sources. */
function saidBy({ cause, message }: Error): string {
  const { reason } = (cause ?? {}) as { reason?: unknown };
  if (typeof reason === 'string') return reason.trim();
  return cause instanceof Error ? cause.message : message;
}

/** Whether these first bytes of an answer are TLS: an alert, or a handshake. */
export function isTlsRecord(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && (bytes[0] === 0x15 || bytes[0] === 0x16) && bytes[1] === 0x03;
}

export function plainAtTlsPort(broker: string): TlsError {
  return new TlsError(
    `the broker at ${broker} speaks TLS on this port, and this client does not: set security.protocol to SSL or ` +
      'SASL_SSL (or give ssl: true), or ask for the port of a listener without TLS',
  );
}
