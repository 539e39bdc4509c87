/** How connections are encrypted: as one typed option, or as Kafka's `ssl.*` properties, PEM only; what contradicts what. */
import type { PemSource, TlsOptions, TlsVersion } from '../../core/index.ts';
import { ConfigurationError } from '../errors.ts';
import { define, list, type OptionDefinition, text } from './normalise.ts';

export interface SslOptions {
  /** Certificates of the authorities that may vouch for brokers, PEM. @default those of the platform */
  readonly ca?: string | readonly string[] | undefined;
  /** Our own certificate and its chain, PEM, for brokers that ask for one. Goes with `key`. */
  readonly cert?: string | undefined;
  /** The private key of `cert`, PEM. */
  readonly key?: string | undefined;
  /** Of the private key, where it is encrypted. */
  readonly passphrase?: string | undefined;
  /** The name that a broker's certificate must be for. @default the host that is connected to */
  readonly serverName?: string | undefined;
  /** False: the certificate may be for any name. @default true */
  readonly checkServerName?: boolean | undefined;
}

const typedNames = ['ca', 'cert', 'key', 'passphrase', 'serverName', 'checkServerName'];
const versions: readonly TlsVersion[] = ['TLSv1.2', 'TLSv1.3'];

function hidden<T, Given>(
  doc: string,
  fallback: T,
  parse: (value: unknown) => T,
): OptionDefinition<T> & { readonly input: Given } {
  return { ...define<T, Given>(doc, fallback, parse), secret: true };
}
const hiddenText = (doc: string) =>
  hidden<string | null, string>(doc, null, (value) => {
    if (typeof value !== 'string' || value === '') throw new Error('a text that is not empty is wanted');
    return value;
  });

/** Java's own stores are of no use here. */
function storeType(doc: string, cure: string) {
  return define<'PEM' | null, string>(doc, null, (value) => {
    if (value === 'PEM') return value;
    throw new Error(`PEM is wanted, others are not read: ${cure}`);
  });
}
const KEYSTORE_CURE =
  'convert a JKS store with `keytool -importkeystore -deststoretype PKCS12`, and a PKCS12 store with `openssl pkcs12`';
const TRUSTSTORE_CURE = 'write its certificates out with `keytool -exportcert -rfc`';

function noPassword(what: string, cure: string) {
  return hidden<null, string>(`Refused: a PEM ${what} has no password.`, null, () => {
    throw new Error(`a PEM ${what} has no password: ${cure}`);
  });
}

export const sslOptions = {
  ssl: hidden<boolean | SslOptions | null, boolean | SslOptions>(
    'Whether connections are encrypted, and by which certificates: `true`, or `{ ca, cert, key, … }` in PEM.',
    null,
    typed,
  ),
  'ssl.truststore.certificates': hiddenText('Certificates of the authorities that may vouch for brokers, PEM.'),
  'ssl.truststore.location': text('A PEM file with them, read for each connection.', null),
  'ssl.truststore.type': storeType('PEM.', TRUSTSTORE_CURE),
  'ssl.truststore.password': noPassword('truststore', 'leave it out'),
  'ssl.keystore.certificate.chain': hiddenText('Our own certificate and its chain, PEM.'),
  'ssl.keystore.key': hiddenText('Its private key, PEM.'),
  'ssl.keystore.location': text('A PEM file with both, read for each connection.', null),
  'ssl.keystore.type': storeType('PEM.', KEYSTORE_CURE),
  'ssl.keystore.password': noPassword('keystore', 'its private key may have one, which is ssl.key.password'),
  'ssl.key.password': hiddenText('The password of the private key.'),
  'ssl.endpoint.identification.algorithm': define<'https' | '', string>(
    '`https`: a broker’s certificate must be for its host name. Empty: it may be for any.',
    'https',
    (value) => {
      if (value === '' || (typeof value === 'string' && value.toLowerCase() === 'https'))
        return value === '' ? '' : 'https';
      throw new Error('https, or an empty text, is wanted');
    },
  ),
  'ssl.enabled.protocols': list<TlsVersion>('The versions of TLS, of TLSv1.2 and TLSv1.3.', versions, (value) => {
    const found = versions.find((version) => version === value);
    if (found === undefined) throw new Error(`${versions.join(' or ')} is wanted`);
    return found;
  }),
};

/** What was given of them, read. */
export interface GivenSsl {
  readonly ssl: boolean | SslOptions | null;
  readonly sslTruststoreCertificates: string | null;
  readonly sslTruststoreLocation: string | null;
  readonly sslKeystoreCertificateChain: string | null;
  readonly sslKeystoreKey: string | null;
  readonly sslKeystoreLocation: string | null;
  readonly sslKeyPassword: string | null;
  readonly sslEndpointIdentificationAlgorithm: 'https' | '';
  readonly sslEnabledProtocols: readonly TlsVersion[];
}

/** `named`: the `ssl.*` properties that were given. @throws ConfigurationError naming what contradicts what */
export function tlsOf(given: GivenSsl, named: readonly string[]): TlsOptions {
  if (typeof given.ssl === 'object' && given.ssl !== null) {
    if (named.length > 0) {
      throw new ConfigurationError(`ssl contradicts ${named[0]}: both say how to encrypt, so give one of them`);
    }
    return fromTyped(given.ssl);
  }
  const trusted = oneOf(
    given.sslTruststoreCertificates,
    'ssl.truststore.certificates',
    given.sslTruststoreLocation,
    'ssl.truststore.location',
  );
  return {
    trusted,
    identity: identityOf(given),
    checkServerName: given.sslEndpointIdentificationAlgorithm === 'https',
    minVersion: given.sslEnabledProtocols.includes('TLSv1.2') ? 'TLSv1.2' : 'TLSv1.3',
    maxVersion: given.sslEnabledProtocols.includes('TLSv1.3') ? 'TLSv1.3' : 'TLSv1.2',
  };
}

function oneOf(pem: string | null, pemName: string, file: string | null, fileName: string): PemSource | undefined {
  if (pem !== null && file !== null) {
    throw new ConfigurationError(`${pemName} contradicts ${fileName}: give the text or the file`);
  }
  return pem !== null ? { pem } : file !== null ? { file } : undefined;
}

function identityOf(given: GivenSsl): TlsOptions['identity'] {
  const { sslKeystoreCertificateChain: chain, sslKeystoreKey: key, sslKeystoreLocation: file } = given;
  const passphrase = given.sslKeyPassword ?? undefined;
  if (file !== null) {
    oneOf(chain, 'ssl.keystore.certificate.chain', file, 'ssl.keystore.location');
    oneOf(key, 'ssl.keystore.key', file, 'ssl.keystore.location');
    return { certificates: { file }, privateKey: { file }, passphrase };
  }
  if (chain === null && key === null) {
    if (passphrase === undefined) return undefined;
    throw new ConfigurationError('ssl.key.password needs a private key: set ssl.keystore.key, or leave it out');
  }
  if (chain === null) throw new ConfigurationError('ssl.keystore.key needs ssl.keystore.certificate.chain: set it too');
  if (key === null) throw new ConfigurationError('ssl.keystore.certificate.chain needs ssl.keystore.key: set it too');
  return { certificates: { pem: chain }, privateKey: { pem: key }, passphrase };
}

function fromTyped({ ca, cert, key, passphrase, serverName, checkServerName = true }: SslOptions): TlsOptions {
  const trusted = ca === undefined ? undefined : { pem: typeof ca === 'string' ? ca : ca.join('\n') };
  const identity =
    cert === undefined || key === undefined
      ? undefined
      : { certificates: { pem: cert }, privateKey: { pem: key }, passphrase };
  return { trusted, identity, serverName, checkServerName };
}

function typed(value: unknown): boolean | SslOptions {
  if (typeof value === 'boolean') return value;
  if (typeof value !== 'object' || value === null) throw new Error('true, false or { ca, cert, key, … } is wanted');
  const given = value as Record<string, unknown>;
  for (const [name, content] of Object.entries(given)) {
    if (content === undefined) continue;
    if (!typedNames.includes(name)) {
      const cure = name === 'rejectUnauthorized' ? '; certificates are always checked: give the authority’s as ca' : '';
      throw new Error(`there is no ${name}; there are ${typedNames.join(', ')}${cure}`);
    }
    const fits =
      name === 'checkServerName'
        ? typeof content === 'boolean'
        : (typeof content === 'string' && content !== '') ||
          (name === 'ca' && Array.isArray(content) && content.every((one) => typeof one === 'string'));
    if (!fits) throw new Error(`${name} must be ${name === 'checkServerName' ? 'true or false' : 'a text'}`);
  }
  if ((given.cert === undefined) !== (given.key === undefined)) throw new Error('cert and key go together: give both');
  if (given.passphrase !== undefined && given.key === undefined) throw new Error('passphrase needs key: give it too');
  return value as SslOptions;
}
