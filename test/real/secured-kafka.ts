/** Apache Kafka with listeners that encrypt, that ask for certificates, and that want a login; the users are made with it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Authority, type Certificate } from '../security/certificates.ts';
import { type ApacheKafka, start } from './apache-kafka.ts';

/** By PLAIN. */
export const password = 'alice-s=cret,"1';
/** By SCRAM; the tool that stores it takes no commas. */
export const scramPassword = 'alice-s=cret-2';
/** Full-width and composed characters, which SASLprep would change. */
export const oddPassword = 'ﬁne\u00a0ｐａｓｓ';

export interface SecuredKafka extends ApacheKafka {
  readonly authority: Authority;
  /** A directory for files of the tests. */
  readonly directory: string;
}

const LOGIN = 'org.apache.kafka.common.security';

/**
 * Listeners: TLS, MTLS (wants a certificate), ELSEWHERE (a certificate for another host), EXPIRED (one that is over),
 * LOGIN (SASL in the clear), SECURE (SASL over TLS), BRIEF (SASL, sessions of `sessionMs`).
 * Users: `alice` with `password` by PLAIN and `scramPassword` by SCRAM, `odd` with `oddPassword` by SCRAM.
 */
export async function startSecured(sessionMs: number): Promise<SecuredKafka> {
  const directory = mkdtempSync(join(tmpdir(), 'onceward-secured-'));
  const authority = new Authority('onceward tests');
  const here = { names: ['localhost', '127.0.0.1'] };
  const file = (name: string, ...contents: string[]): string => {
    const path = join(directory, name);
    writeFileSync(path, contents.join(''));
    return path;
  };
  const truststore = file('truststore.pem', authority.cert);
  const tls = (listener: string, { key, cert }: Certificate): Record<string, string> => ({
    [`listener.name.${listener}.ssl.keystore.type`]: 'PEM',
    [`listener.name.${listener}.ssl.keystore.location`]: file(`${listener}.pem`, key, cert),
    [`listener.name.${listener}.ssl.truststore.type`]: 'PEM',
    [`listener.name.${listener}.ssl.truststore.location`]: truststore,
  });
  const escaped = password.replaceAll('"', '\\\\"');
  const sasl = (listener: string, mechanisms: readonly string[]): Record<string, string> => ({
    [`listener.name.${listener}.sasl.enabled.mechanisms`]: mechanisms.join(),
    ...Object.fromEntries(
      mechanisms.map((mechanism) => {
        const modules: Record<string, string> = {
          PLAIN: `${LOGIN}.plain.PlainLoginModule required user_alice="${escaped}";`,
          OAUTHBEARER:
            `${LOGIN}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker" ` +
            'unsecuredValidatorRequiredScope="kafka";',
        };
        const module = modules[mechanism] ?? `${LOGIN}.scram.ScramLoginModule required;`;
        return [`listener.name.${listener}.${mechanism.toLowerCase()}.sasl.jaas.config`, module];
      }),
    ),
  });
  const all = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'];
  const brief = all.map((one) => [
    `listener.name.brief.${one.toLowerCase()}.connections.max.reauth.ms`,
    String(sessionMs),
  ]);
  const dayMs = 86_400_000;
  const past = { notBefore: new Date(Date.now() - 2 * dayMs), notAfter: new Date(Date.now() - dayMs) };
  const kafka = await start(
    {
      ...tls('tls', authority.issue('broker', here)),
      ...tls('mtls', authority.issue('broker', here)),
      'listener.name.mtls.ssl.client.auth': 'required',
      ...tls('elsewhere', authority.issue('broker', { names: ['elsewhere.example'] })),
      ...tls('expired', authority.issue('broker', { ...here, ...past })),
      ...tls('secure', authority.issue('broker', here)),
      ...sasl('login', all),
      ...sasl('secure', ['SCRAM-SHA-512', 'PLAIN']),
      ...sasl('brief', all),
      ...Object.fromEntries(brief),
    },
    {
      listeners: {
        TLS: 'SSL',
        MTLS: 'SSL',
        ELSEWHERE: 'SSL',
        EXPIRED: 'SSL',
        LOGIN: 'SASL_PLAINTEXT',
        SECURE: 'SASL_SSL',
        BRIEF: 'SASL_PLAINTEXT',
      },
      format: ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
        '--add-scram',
        `${mechanism}=[name="alice",password="${scramPassword}"]`,
        '--add-scram',
        `${mechanism}=[name="odd",iterations=8192,password="${oddPassword}"]`,
      ]),
    },
  );
  return {
    ...kafka,
    authority,
    directory,
    async stop() {
      await kafka.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
