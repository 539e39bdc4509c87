/** Authentication by SASL. Kafka’s broker properties (https://kafka.apache.org/43/configuration/broker-configs/). */
import {
  boolean,
  double,
  int,
  javaClass,
  list,
  long,
  password,
  short,
  string,
  withoutEffect,
} from '../../controller/index.ts';

export const saslConfigs = {
  ...withoutEffect('no SASL yet', {
    'sasl.client.callback.handler.class': javaClass(null, 'The class that answers a client’s questions.'),
    'sasl.enabled.mechanisms': list('GSSAPI', 'The mechanisms that clients may use.', { update: 'per-broker' }),
    'sasl.jaas.config': password(null, 'The login, in the format of JAAS.', { update: 'per-broker' }),
    'sasl.kerberos.kinit.cmd': string('/usr/bin/kinit', 'The path of kinit.', { update: 'per-broker' }),
    'sasl.kerberos.min.time.before.relogin': long('60000', 'The least time between two logins.', {
      update: 'per-broker',
    }),
    'sasl.kerberos.principal.to.local.rules': list('DEFAULT', 'How a Kerberos name becomes a user’s.', {
      update: 'per-broker',
    }),
    'sasl.kerberos.service.name': string(null, 'The name Kafka runs under.', { update: 'per-broker' }),
    'sasl.kerberos.ticket.renew.jitter': double('0.05', 'How much chance is in the time of renewal.', {
      update: 'per-broker',
    }),
    'sasl.kerberos.ticket.renew.window.factor': double('0.8', 'At which part of its life a ticket is renewed.', {
      update: 'per-broker',
    }),
    'sasl.login.callback.handler.class': javaClass(null, 'The class that answers the login’s questions.'),
    'sasl.login.class': javaClass(null, 'The class that logs in.'),
    'sasl.login.connect.timeout.ms': int(null, 'How long connecting to the provider may take.'),
    'sasl.login.read.timeout.ms': int(null, 'How long its answer may take.'),
    'sasl.login.refresh.buffer.seconds': short(
      '300',
      'How long before its end a credential is renewed at the latest.',
      { update: 'per-broker' },
    ),
    'sasl.login.refresh.min.period.seconds': short('60', 'How long a credential is used at least.', {
      update: 'per-broker',
    }),
    'sasl.login.refresh.window.factor': double('0.8', 'At which part of its life a credential is renewed.', {
      update: 'per-broker',
    }),
    'sasl.login.refresh.window.jitter': double('0.05', 'How much chance is in that.', { update: 'per-broker' }),
    'sasl.login.retry.backoff.max.ms': long('10000', 'The longest pause between attempts to log in.'),
    'sasl.login.retry.backoff.ms': long('100', 'The first pause between them.'),
    'sasl.mechanism.controller.protocol': string('GSSAPI', 'The mechanism towards the controller.'),
    'sasl.mechanism.inter.broker.protocol': string('GSSAPI', 'The mechanism between brokers.', {
      update: 'per-broker',
    }),
    'sasl.oauthbearer.assertion.algorithm': string('RS256', 'How an assertion is signed.', {
      oneOf: ['ES256', 'RS256'],
      ignoreCase: true,
    }),
    'sasl.oauthbearer.assertion.claim.aud': string(null, 'Whom an assertion is for.'),
    'sasl.oauthbearer.assertion.claim.exp.seconds': int('300', 'How long an assertion holds.', { min: 0, max: 86400 }),
    'sasl.oauthbearer.assertion.claim.iss': string(null, 'Who issues an assertion.'),
    'sasl.oauthbearer.assertion.claim.jti.include': boolean('false', 'Whether an assertion has an id of its own.'),
    'sasl.oauthbearer.assertion.claim.nbf.seconds': int('60', 'How far back an assertion’s validity begins.', {
      min: 0,
      max: 3600,
    }),
    'sasl.oauthbearer.assertion.claim.sub': string(null, 'Whom an assertion is about.'),
    'sasl.oauthbearer.assertion.file': string(null, 'A file with an assertion made beforehand.'),
    'sasl.oauthbearer.assertion.private.key.file': string(null, 'The key that assertions are signed with.'),
    'sasl.oauthbearer.assertion.private.key.passphrase': password(null, 'The passphrase of that key.'),
    'sasl.oauthbearer.assertion.template.file': string(null, 'A file with further headers and claims.'),
    'sasl.oauthbearer.client.credentials.client.id': string(null, 'The id for the grant of client credentials.'),
    'sasl.oauthbearer.client.credentials.client.secret': password(null, 'The secret that goes with it.'),
    'sasl.oauthbearer.clock.skew.seconds': int('30', 'How far the provider’s clock may be off.'),
    'sasl.oauthbearer.expected.audience': list('', 'The audience a token must be for.'),
    'sasl.oauthbearer.expected.issuer': string(null, 'The issuer a token must come from.'),
    'sasl.oauthbearer.jwks.endpoint.refresh.ms': long('3600000', 'How often the provider’s keys are read again.'),
    'sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms': long(
      '10000',
      'The longest pause between attempts to read them.',
    ),
    'sasl.oauthbearer.jwks.endpoint.retry.backoff.ms': long('100', 'The first pause between them.'),
    'sasl.oauthbearer.jwks.endpoint.url': string(null, 'Where the provider’s keys are.'),
    'sasl.oauthbearer.jwt.retriever.class': javaClass(
      'org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever',
      'The class that gets tokens.',
    ),
    'sasl.oauthbearer.jwt.validator.class': javaClass(
      'org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator',
      'The class that checks tokens.',
    ),
    'sasl.oauthbearer.scope': string(null, 'The scope that is asked for.'),
    'sasl.oauthbearer.scope.claim.name': string('scope', 'The claim that holds the scope.'),
    'sasl.oauthbearer.sub.claim.name': string('sub', 'The claim that holds the subject.'),
    'sasl.oauthbearer.token.endpoint.url': string(null, 'Where tokens are given out.'),
    'sasl.server.callback.handler.class': javaClass(null, 'The class that answers the server’s questions.'),
    'sasl.server.max.receive.size': int('524288', 'The largest message while authenticating, in bytes.'),
  }),
};
