import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { type AdminOptions, normaliseAdminOptions } from './admin.ts';
import type { Security } from './security.ts';

const whole = (options: object) => normaliseAdminOptions({ bootstrapServers: 'h:1', ...options } as AdminOptions);
const read = (options: object): Security => whole(options).security;
const SECRET = 'p4ss-w0rd';
const jaas = (module: string, user = 'alice', password = SECRET): string =>
  `org.apache.kafka.common.security.${module} required username="${user}" password="${password}";`;
const PLAIN = jaas('plain.PlainLoginModule');
const SCRAM = jaas('scram.ScramLoginModule');
const login = { mechanism: 'plain', username: 'alice', password: SECRET };

test('the protocol follows from ssl and sasl', () => {
  const protocol = (options: object): string => read(options).protocol;
  assert.equal(protocol({}), 'PLAINTEXT');
  assert.equal(protocol({ ssl: true }), 'SSL');
  assert.equal(protocol({ ssl: false }), 'PLAINTEXT');
  assert.equal(protocol({ sasl: login }), 'SASL_PLAINTEXT');
  assert.equal(protocol({ ssl: true, sasl: login }), 'SASL_SSL');
  assert.equal(protocol({ securityProtocol: 'SASL_SSL', sasl: login }), 'SASL_SSL');
});

test('Kafka’s own names say the same', () => {
  const options = { 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'SCRAM-SHA-512', 'sasl.jaas.config': SCRAM };
  const { protocol, tls, sasl } = read(options);
  assert.deepEqual([protocol, sasl!.name], ['SASL_SSL', 'SCRAM-SHA-512']);
  assert.deepEqual(tls, {
    trusted: undefined,
    identity: undefined,
    checkServerName: true,
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
  });
  const ssl = {
    'security.protocol': 'SSL',
    'ssl.endpoint.identification.algorithm': '',
    'ssl.enabled.protocols': 'TLSv1.2',
  };
  const files = { 'ssl.truststore.location': 't.pem', 'ssl.truststore.type': 'PEM', 'ssl.keystore.location': 'k.pem' };
  assert.deepEqual(read({ ...ssl, ...files, 'ssl.key.password': 'x' }).tls, {
    trusted: { file: 't.pem' },
    identity: { certificates: { file: 'k.pem' }, privateKey: { file: 'k.pem' }, passphrase: 'x' },
    checkServerName: false,
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.2',
  });
  const texts = { 'ssl.truststore.certificates': 'C', 'ssl.keystore.certificate.chain': 'A', 'ssl.keystore.key': 'B' };
  assert.deepEqual(read({ securityProtocol: 'SSL', ...texts }).tls!.identity, {
    certificates: { pem: 'A' },
    privateKey: { pem: 'B' },
    passphrase: undefined,
  });
  assert.equal(read({ securityProtocol: 'SSL', ...texts }).tls!.checkServerName, true);
});

test('the typed form of ssl', () => {
  const given = { ca: ['A', 'B'], cert: 'C', key: 'K', passphrase: 'P', serverName: 'n', checkServerName: false };
  assert.deepEqual(read({ ssl: given }).tls, {
    trusted: { pem: 'A\nB' },
    identity: { certificates: { pem: 'C' }, privateKey: { pem: 'K' }, passphrase: 'P' },
    serverName: 'n',
    checkServerName: false,
  });
});

test('sasl.jaas.config is read as Java reads it', async () => {
  const credentials = async (config: string): Promise<string> => {
    const { sasl } = read({ securityProtocol: 'SASL_SSL', saslMechanism: 'PLAIN', saslJaasConfig: config });
    const step = await sasl!.login({} as never).next();
    return Buffer.from(step.value as Uint8Array).toString();
  };
  assert.equal(await credentials(PLAIN), `\0alice\0${SECRET}`);
  assert.equal(
    await credentials("PlainLoginModule REQUIRED\n username = bob\n password = 'a\"b;c=' ;\n"),
    '\0bob\0a"b;c=',
  );
  assert.equal(await credentials('x.PlainLoginModule required username="a\\"b" password="c\\\\d";'), '\0a"b\0c\\d');
});

test('what contradicts what is refused with both names and the cure, and never with the password', () => {
  const scram = { 'sasl.mechanism': 'SCRAM-SHA-256', 'sasl.jaas.config': SCRAM };
  for (const [options, message] of [
    [
      { securityProtocol: 'PLAINTEXT', sasl: login },
      /sasl contradicts security\.protocol=PLAINTEXT: set security\.protocol=SASL_PLAINTEXT/,
    ],
    [{ securityProtocol: 'SSL', sasl: login }, /sasl contradicts security\.protocol=SSL: set .*SASL_SSL/],
    [
      { securityProtocol: 'PLAINTEXT', ssl: true },
      /ssl contradicts security\.protocol=PLAINTEXT: set security\.protocol=SSL/,
    ],
    [
      { securityProtocol: 'SASL_PLAINTEXT', ...scram, 'ssl.key.password': SECRET },
      /ssl\.key\.password contradicts .*set .*SASL_SSL/,
    ],
    [{ securityProtocol: 'SSL', ssl: false }, /ssl=false contradicts security\.protocol=SSL/],
    [{ securityProtocol: 'SASL_SSL' }, /security\.protocol=SASL_SSL has no credentials: give sasl/],
    [{ securityProtocol: 'PLAINTEXT', ...scram }, /sasl\.mechanism contradicts security\.protocol=PLAINTEXT/],
    [scram, /sasl\.mechanism needs security\.protocol: set/],
    [{ 'ssl.truststore.location': 'x' }, /ssl\.truststore\.location needs security\.protocol/],
    [
      { securityProtocol: 'SASL_SSL', saslMechanism: 'PLAIN' },
      /sasl\.mechanism=PLAIN has no credentials: set sasl\.jaas\.config/,
    ],
    [{ securityProtocol: 'SASL_SSL', saslJaasConfig: PLAIN }, /sasl\.jaas\.config needs sasl\.mechanism/],
    [{ securityProtocol: 'SASL_SSL', saslMechanism: 'OAUTHBEARER' }, /oauthBearerProvider/],
    [{ securityProtocol: 'SASL_SSL', saslMechanism: 'GSSAPI' }, /saslMechanism: one of PLAIN, SCRAM-SHA-256/],
    [
      { securityProtocol: 'SASL_SSL', saslMechanism: 'PLAIN', saslJaasConfig: SCRAM },
      /sasl\.mechanism=PLAIN contradicts sasl\.jaas\.config, whose ScramLoginModule is for SCRAM-SHA-256 and/,
    ],
    [{ securityProtocol: 'SASL_SSL', sasl: login, saslMechanism: 'PLAIN' }, /sasl contradicts sasl\.mechanism/],
    [{ ssl: { ca: 'x' }, 'ssl.truststore.certificates': 'y' }, /ssl contradicts ssl\.truststore\.certificates/],
    [
      { securityProtocol: 'SSL', 'ssl.truststore.certificates': 'x', 'ssl.truststore.location': 'y' },
      /ssl\.truststore\.certificates contradicts ssl\.truststore\.location/,
    ],
    [
      { securityProtocol: 'SSL', 'ssl.keystore.key': SECRET },
      /ssl\.keystore\.key needs ssl\.keystore\.certificate\.chain/,
    ],
    [{ securityProtocol: 'SSL', 'ssl.keystore.certificate.chain': 'x' }, /needs ssl\.keystore\.key/],
    [{ securityProtocol: 'SSL', 'ssl.key.password': SECRET }, /ssl\.key\.password needs a private key/],
    [{ 'ssl.keystore.type': 'JKS' }, /ssl\.keystore\.type: PEM is wanted.*openssl pkcs12/],
    [{ 'ssl.truststore.type': 'PKCS12' }, /ssl\.truststore\.type: PEM is wanted.*keytool -exportcert -rfc/],
    [{ 'ssl.keystore.password': SECRET }, /ssl\.keystore\.password: .*ssl\.key\.password/],
    [{ ssl: { cert: 'x' } }, /ssl: cert and key go together/],
    [{ ssl: { rejectUnauthorized: false } }, /there is no rejectUnauthorized;.*give the authority’s as ca/],
    [{ sasl: { ...login, mechanism: 'kerberos' } }, /sasl: one of PLAIN/],
    [{ sasl: { ...login, username: '' } }, /PLAIN needs a username/],
    [{ sasl: { ...login, token: SECRET } }, /there is no token; PLAIN takes username, password/],
    [{ sasl: { mechanism: 'oauthbearer' } }, /oauthBearerProvider is missing/],
    [{ sasl: { ...login, password: `${SECRET}\0` } }, /zero character/],
  ] as const) {
    assert.throws(
      () => whole(options),
      (error: Error) => {
        assert.equal(error.name, 'ConfigurationError');
        assert.match(error.message, message);
        assert.ok(!error.message.includes(SECRET), error.message);
        return true;
      },
      String(message),
    );
  }
});

test('a sasl.jaas.config that cannot be read is refused with the form, and never shown', () => {
  for (const config of [
    SECRET,
    `${SECRET} required`,
    `PlainLoginModule username="${SECRET}";`,
    `PlainLoginModule required username="a" password="${SECRET}"`,
    `PlainLoginModule required username="a" password="${SECRET};`,
    `PlainLoginModule required username="a" password ${SECRET};`,
    `PlainLoginModule required username=a "${SECRET}"=b;`,
    `${PLAIN} ${SCRAM}`,
    `${SECRET} required username="a" password="b";`,
    `PlainLoginModule required username="a" password="b" ${SECRET}="c";`,
    `PlainLoginModule required password="${SECRET}";`,
    ';',
    '',
  ]) {
    const options = { securityProtocol: 'SASL_SSL', saslMechanism: 'PLAIN', saslJaasConfig: config };
    assert.throws(
      () => whole(options),
      (error: Error) => /asl\.?[jJ]aas\.?[cC]onfig/.test(error.message) && !error.message.includes(SECRET),
      config,
    );
  }
});

test('a configuration that is printed has no password in it', () => {
  for (const options of [
    { sasl: login },
    { sasl: { ...login, mechanism: 'scram-sha-256' } },
    { securityProtocol: 'SASL_PLAINTEXT', saslMechanism: 'PLAIN', saslJaasConfig: PLAIN },
  ]) {
    const config = whole(options);
    assert.ok(!inspect(config, { depth: 10 }).includes(SECRET));
    assert.ok(!JSON.stringify(config).includes(SECRET));
  }
});
