/** Authorization, tokens, TLS. Kafka’s broker properties (https://kafka.apache.org/43/configuration/broker-configs/). */
import { boolean, int, javaClass, list, long, password, string, withoutEffect } from '../../controller/index.ts';

export const securityConfigs = {
  ...withoutEffect('no authorization and no tokens yet', {
    'authorizer.class.name': string('', 'The class that decides who may do what.'),
    'delegation.token.expiry.check.interval.ms': long('3600000', 'How often expired tokens are looked for.', {
      min: 1,
    }),
    'delegation.token.expiry.time.ms': long('86400000', 'How long a token lives unless it is renewed.', { min: 1 }),
    'delegation.token.max.lifetime.ms': long('604800000', 'The longest a token can live.', { min: 1 }),
    'delegation.token.secret.key': password(null, 'The secret that tokens are signed with.'),
    'principal.builder.class': javaClass(
      'org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder',
      'The class that makes a name of a connection.',
      { update: 'per-broker' },
    ),
    'security.providers': string(null, 'Classes that provide security algorithms.'),
    'connection.failed.authentication.delay.ms': int('100', 'How long a connection that was refused is kept open.', {
      min: 0,
    }),
    'connections.max.reauth.ms': long('0', 'How long an authentication holds.'),
  }),
  ...withoutEffect('no TLS yet', {
    'ssl.allow.dn.changes': boolean('false', 'Whether a new certificate may carry another name.'),
    'ssl.allow.san.changes': boolean('false', 'Whether a new certificate may carry other alternative names.'),
    'ssl.cipher.suites': list('', 'The cipher suites allowed; none named: all of the platform.', {
      update: 'per-broker',
    }),
    'ssl.client.auth': string('none', 'Whether clients must show a certificate.', {
      oneOf: ['required', 'requested', 'none'],
      update: 'per-broker',
    }),
    'ssl.enabled.protocols': list('TLSv1.2,TLSv1.3', 'The versions of TLS allowed.', { update: 'per-broker' }),
    'ssl.endpoint.identification.algorithm': string('https', 'How a host name is checked against its certificate.', {
      update: 'per-broker',
    }),
    'ssl.engine.factory.class': javaClass(null, 'The class that makes TLS engines.', { update: 'per-broker' }),
    'ssl.key.password': password(null, 'The password of the private key.', { update: 'per-broker' }),
    'ssl.keymanager.algorithm': string('SunX509', 'Which kind of key manager is used.', { update: 'per-broker' }),
    'ssl.keystore.certificate.chain': password(null, 'The certificates, as PEM text.', { update: 'per-broker' }),
    'ssl.keystore.key': password(null, 'The private key, as PEM text.', { update: 'per-broker' }),
    'ssl.keystore.location': string(null, 'The file of the key store.', { update: 'per-broker' }),
    'ssl.keystore.password': password(null, 'The password of the key store.', { update: 'per-broker' }),
    'ssl.keystore.type': string('JKS', 'The format of the key store.', { update: 'per-broker' }),
    'ssl.principal.mapping.rules': string('DEFAULT', 'How a certificate’s name becomes a user’s.'),
    'ssl.protocol': string('TLSv1.3', 'The version of TLS that contexts are made for.', { update: 'per-broker' }),
    'ssl.provider': string(null, 'Whose TLS is used.', { update: 'per-broker' }),
    'ssl.secure.random.implementation': string(null, 'Which source of randomness is used.', { update: 'per-broker' }),
    'ssl.trustmanager.algorithm': string('PKIX', 'Which kind of trust manager is used.', { update: 'per-broker' }),
    'ssl.truststore.certificates': password(null, 'The trusted certificates, as PEM text.', { update: 'per-broker' }),
    'ssl.truststore.location': string(null, 'The file of the trust store.', { update: 'per-broker' }),
    'ssl.truststore.password': password(null, 'The password of the trust store.', { update: 'per-broker' }),
    'ssl.truststore.type': string('JKS', 'The format of the trust store.', { update: 'per-broker' }),
  }),
};
