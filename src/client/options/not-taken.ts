/**
 * The properties of Apache Kafka 4.3's clients that these clients do not take, each with the reason. A value that says what
 * happens here anyway is accepted and changes nothing; any other is refused with the reason, so that nobody relies on what
 * is not there.
 */

interface NotTaken {
  /** Why not, and what to do instead. */
  readonly reason: string;
  /** What may be given all the same. */
  readonly accepts?: readonly (string | number | boolean)[];
}

export type NotTakenTable = Readonly<Record<string, NotTaken>>;

const TEXT_OR_BYTES = [
  'org.apache.kafka.common.serialization.StringSerializer',
  'org.apache.kafka.common.serialization.ByteArraySerializer',
] as const;
const BYTES = ['org.apache.kafka.common.serialization.ByteArrayDeserializer'] as const;
const serializer = {
  reason:
    'texts are sent as UTF-8 and bytes as they are; give anything else a type with topic(…, { value: serde.json() })',
  accepts: TEXT_OR_BYTES,
} as const;
const deserializer = {
  reason: 'records come as bytes: Buffer.from(value).toString(), or read them with topic(…, { value: serde.string })',
  accepts: BYTES,
} as const;
const sampled = {
  reason: 'metrics() gives totals; whoever reads them makes rates and windows of them',
} as const;
const systemBuffer = {
  reason: 'the system chooses the sizes of sockets’ buffers; -1 says so',
  accepts: [-1],
} as const;
const javaSecurity = {
  reason: 'it names classes and algorithms of Java; TLS here is that of Node',
} as const;
const kerberos = {
  reason: 'there is no GSSAPI here: use PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER',
} as const;
const login = {
  reason: 'tokens come from a function of yours: set sasl to { mechanism: "oauthbearer", oauthBearerProvider }',
} as const;
const share = {
  reason: 'there are no share groups here: use a consumer group',
} as const;

const common = {
  'config.providers': { reason: 'values are taken as they are: read secrets in the program, and pass them' },
  'enable.metrics.push': { reason: 'nothing is pushed to brokers: read metrics()', accepts: [false] },
  'metric.reporters': { reason: 'read metrics(), or listen with on()' },
  'metrics.num.samples': sampled,
  'metrics.recording.level': sampled,
  'metrics.sample.window.ms': sampled,
  'receive.buffer.bytes': systemBuffer,
  'send.buffer.bytes': systemBuffer,
  'security.providers': javaSecurity,
  'ssl.cipher.suites': { reason: 'the suites are Node’s: choose them with its --tls-cipher-list' },
  'ssl.engine.factory.class': javaSecurity,
  'ssl.keymanager.algorithm': javaSecurity,
  'ssl.protocol': { reason: 'set ssl.enabled.protocols' },
  'ssl.provider': javaSecurity,
  'ssl.secure.random.implementation': javaSecurity,
  'ssl.trustmanager.algorithm': javaSecurity,
  'sasl.client.callback.handler.class': login,
  'sasl.kerberos.kinit.cmd': kerberos,
  'sasl.kerberos.min.time.before.relogin': kerberos,
  'sasl.kerberos.service.name': kerberos,
  'sasl.kerberos.ticket.renew.jitter': kerberos,
  'sasl.kerberos.ticket.renew.window.factor': kerberos,
  'sasl.login.callback.handler.class': login,
  'sasl.login.class': login,
  'sasl.login.connect.timeout.ms': login,
  'sasl.login.read.timeout.ms': login,
  'sasl.login.refresh.buffer.seconds': login,
  'sasl.login.refresh.min.period.seconds': login,
  'sasl.login.refresh.window.factor': login,
  'sasl.login.refresh.window.jitter': login,
  'sasl.login.retry.backoff.max.ms': login,
  'sasl.login.retry.backoff.ms': login,
  'sasl.oauthbearer.assertion.algorithm': login,
  'sasl.oauthbearer.assertion.claim.aud': login,
  'sasl.oauthbearer.assertion.claim.exp.seconds': login,
  'sasl.oauthbearer.assertion.claim.iss': login,
  'sasl.oauthbearer.assertion.claim.jti.include': login,
  'sasl.oauthbearer.assertion.claim.nbf.seconds': login,
  'sasl.oauthbearer.assertion.claim.sub': login,
  'sasl.oauthbearer.assertion.file': login,
  'sasl.oauthbearer.assertion.private.key.file': login,
  'sasl.oauthbearer.assertion.private.key.passphrase': login,
  'sasl.oauthbearer.assertion.template.file': login,
  'sasl.oauthbearer.client.credentials.client.id': login,
  'sasl.oauthbearer.client.credentials.client.secret': login,
  'sasl.oauthbearer.clock.skew.seconds': login,
  'sasl.oauthbearer.expected.audience': login,
  'sasl.oauthbearer.expected.issuer': login,
  'sasl.oauthbearer.header.urlencode': login,
  'sasl.oauthbearer.jwks.endpoint.refresh.ms': login,
  'sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms': login,
  'sasl.oauthbearer.jwks.endpoint.retry.backoff.ms': login,
  'sasl.oauthbearer.jwks.endpoint.url': login,
  'sasl.oauthbearer.jwt.retriever.class': login,
  'sasl.oauthbearer.jwt.validator.class': login,
  'sasl.oauthbearer.scope': login,
  'sasl.oauthbearer.scope.claim.name': login,
  'sasl.oauthbearer.sub.claim.name': login,
  'sasl.oauthbearer.token.endpoint.url': login,
} as const satisfies NotTakenTable;

export const producerNotTaken = {
  ...common,
  'key.serializer': serializer,
  'value.serializer': serializer,
  'interceptor.classes': { reason: 'put a function of your own around send(); for tracing there is traceContext' },
  'compression.lz4.level': { reason: 'lz4 has one level here, the fast one: use zstd to pack more' },
  'metadata.max.idle.ms': { reason: 'a topic that was sent to stays known until the producer closes' },
  'transaction.two.phase.commit.enable': {
    reason: 'an outside coordinator of two phases is not spoken to: transactions end by commit() or abort()',
    accepts: [false],
  },
} as const satisfies NotTakenTable;

export const consumerNotTaken = {
  ...common,
  'key.deserializer': deserializer,
  'value.deserializer': deserializer,
  'interceptor.classes': {
    reason: 'put a function of your own around the handler; for tracing there is traceContextOf()',
  },
  'client.rack': { reason: 'records are fetched from the leaders, never from a follower that is nearer' },
  'group.protocol': { reason: 'members speak the classic protocol, which every broker knows', accepts: ['classic'] },
  'group.remote.assignor': { reason: 'the group’s leader assigns: set partition.assignment.strategy' },
  'share.acknowledgement.mode': share,
  'share.acquire.mode': share,
} as const satisfies NotTakenTable;

export const adminNotTaken = {
  ...common,
  'bootstrap.controllers': { reason: 'the controller is reached through the brokers: set bootstrap.servers' },
  retries: {
    reason: 'calls are repeated until default.api.timeout.ms, however often: set that',
    accepts: [2_147_483_647],
  },
} as const satisfies NotTakenTable;
