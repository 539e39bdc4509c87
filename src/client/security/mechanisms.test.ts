import assert from 'node:assert/strict';
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { test } from 'node:test';
import { nodePorts } from '../../node/index.ts';
import type { LoginContext, SaslMechanism } from './mechanism.ts';
import { OAuthBearer, type OAuthBearerToken } from './oauth-bearer.ts';
import { Plain } from './plain.ts';
import { Scram, type ScramName } from './scram.ts';

const real = nodePorts();
const NOW = 1_700_000_000_000;

function context(more: Partial<LoginContext> = {}): LoginContext {
  const { random, crypto } = real;
  const clock = { now: () => NOW, monotonic: () => 0 };
  return { clock, random, crypto, signal: new AbortController().signal, ...more };
}
/** Random bytes whose base64 is the nonce of an example. */
const nonceOf = (nonce: string): LoginContext['random'] => ({
  uint32: () => 0,
  bytes: () => Buffer.from(nonce, 'base64'),
});
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Plays a login against what the broker says; returns what the client said. */
async function play(mechanism: SaslMechanism, answers: readonly string[], given = context()): Promise<string[]> {
  const login = mechanism.login(given);
  const said: string[] = [];
  let step = await login.next();
  for (const answer of answers) {
    if (step.done) throw new Error('the client has ended already');
    said.push(Buffer.from(step.value).toString());
    step = await login.next(bytes(answer));
  }
  assert.equal(step.done, true, 'the client waits for more');
  return said;
}

/** The broker's half, by RFC 5802 and Node's own digests. */
function scramServer(name: ScramName, password: string, clientFirst: string, iterations = 4096) {
  const digest = name === 'SCRAM-SHA-256' ? 'sha256' : 'sha512';
  const salt = Buffer.from('some salt or other');
  const salted = pbkdf2Sync(password, salt, iterations, digest === 'sha256' ? 32 : 64, digest);
  const hmac = (key: Uint8Array, data: string): Buffer => createHmac(digest, key).update(data).digest();
  const storedKey = createHash(digest).update(hmac(salted, 'Client Key')).digest();
  const bare = clientFirst.slice(clientFirst.indexOf('n='));
  const nonce = `${/r=(.*)$/.exec(bare)![1]}broker`;
  const challenge = `r=${nonce},s=${salt.toString('base64')},i=${iterations}`;
  return {
    challenge,
    /** The last word, when the proof is right. */
    verdict(clientFinal: string): string {
      const [unproven, proof] = clientFinal.split(',p=') as [string, string];
      const signed = `${bare},${challenge},${unproven}`;
      const signature = hmac(storedKey, signed);
      const clientKey = Buffer.from(proof, 'base64').map((byte, at) => byte ^ signature[at]!);
      if (!createHash(digest).update(clientKey).digest().equals(storedKey)) return 'e=invalid-proof';
      return `v=${hmac(hmac(salted, 'Server Key'), signed).toString('base64')}`;
    },
  };
}

async function scramLogin(mechanism: Scram, password: string, change = (verdict: string) => verdict): Promise<string> {
  const login = mechanism.login(context());
  const first = Buffer.from((await login.next()).value as Uint8Array).toString();
  const server = scramServer(mechanism.name, password, first);
  const final = Buffer.from((await login.next(bytes(server.challenge))).value as Uint8Array).toString();
  const { done } = await login.next(bytes(change(server.verdict(final))));
  assert.equal(done, true);
  return first;
}

test('PLAIN is the example of RFC 4616', async () => {
  const tim = { username: 'tim', password: 'tanstaaftanstaaf' };
  assert.deepEqual(await play(new Plain(tim), ['']), ['\0tim\0tanstaaftanstaaf']);
  assert.deepEqual(await play(new Plain({ ...tim, authorizationId: 'Ursel' }), ['']), ['Ursel\0tim\0tanstaaftanstaaf']);
});

test('SCRAM-SHA-256 is the example of RFC 7677', async () => {
  const nonce = 'rOprNGfwEbeRWgbNEkqO';
  const whole = `${nonce}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0`;
  const said = await play(
    new Scram('SCRAM-SHA-256', { username: 'user', password: 'pencil' }),
    [`r=${whole},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`, 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='],
    context({ random: nonceOf(nonce) }),
  );
  assert.deepEqual(said, [`n,,n=user,r=${nonce}`, `c=biws,r=${whole},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`]);
});

for (const name of ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const) {
  test(`${name}: both sides prove that they know the password, and names are escaped`, async () => {
    const first = await scramLogin(new Scram(name, { username: 'a=b,c', password: 'päss' }), 'päss');
    assert.match(first, /^n,,n=a=3Db=2Cc,r=[A-Za-z0-9+/]{24}$/);
    const acting = new Scram(name, { username: 'u', password: 'p', authorizationId: 'x,y' });
    assert.match(await scramLogin(acting, 'p'), /^n,a=x=2Cy,n=u,r=/);
  });
  test(`${name}: a broker that cannot prove it is refused, and so is a refusal`, async () => {
    const scram = new Scram(name, { username: 'u', password: 'p' });
    const otherByte = (verdict: string): string =>
      verdict.replace(/^v=(.)/, (_, one) => `v=${one === 'A' ? 'B' : 'A'}`);
    await assert.rejects(scramLogin(scram, 'p', otherByte), /its signature is wrong/);
    await assert.rejects(
      scramLogin(scram, 'p', () => 'v='),
      /its signature is wrong/,
    );
    await assert.rejects(
      scramLogin(scram, 'p', (verdict) => `${verdict.slice(0, -8)}`),
      /its signature is wrong/,
    );
    await assert.rejects(
      scramLogin(scram, 'p', () => ''),
      /its signature is wrong/,
    );
    await assert.rejects(scramLogin(scram, 'other'), /refused the login: invalid-proof/);
  });
}

test('SCRAM: the slow part is done once for each salt', async () => {
  const scram = new Scram('SCRAM-SHA-256', { username: 'u', password: 'p' });
  let count = 0;
  const pbkdf2: LoginContext['crypto']['pbkdf2'] = (...args) => {
    count++;
    return real.crypto.pbkdf2(...args);
  };
  for (const salt of ['QUJD', 'QUJD', 'REVG']) {
    const login = scram.login(context({ crypto: { ...real.crypto, pbkdf2 }, random: nonceOf('AAAA') }));
    await login.next();
    await login.next(bytes(`r=AAAAx,s=${salt},i=4096`));
  }
  assert.equal(count, 2);
});

test('SCRAM: a challenge that is wrong, weak or too much work is refused before any work', async () => {
  const crypto = { ...real.crypto, pbkdf2: () => assert.fail('work') };
  for (const [challenge, reason] of [
    ['r=AAAAx,s=QUJD,i=4095', /4095 iterations/],
    ['r=AAAAx,s=QUJD,i=1000001', /1000001 iterations: 4096 to 1000000/],
    ['r=AAAAx,s=QUJD,i=99999999999999', /not SCRAM/],
    ['r=AAAA,s=QUJD,i=4096', /does not continue ours/],
    ['r=BBBBx,s=QUJD,i=4096', /does not continue ours/],
    [`r=AAAAx,s=${'QUJD'.repeat(10_000)},i=4096`, /salt is too long/],
    ['m=must,r=AAAAx,s=QUJD,i=4096', /extension/],
    ['r=AAAAx,s=,i=4096', /not SCRAM/],
    ['', /not SCRAM/],
  ] as const) {
    const scram = new Scram('SCRAM-SHA-256', { username: 'u', password: 'hush' });
    const login = play(scram, [challenge], context({ crypto, random: nonceOf('AAAA') }));
    await assert.rejects(login, { name: 'LoginRefusal', message: reason }, challenge);
  }
});

test('OAUTHBEARER carries the token and its extensions', async () => {
  const token = { value: 'abc.def-123', extensions: { traceId: '4 2', tenant: 'x' } };
  const said = await play(new OAuthBearer(async () => token), ['']);
  assert.deepEqual(said, ['n,,\x01auth=Bearer abc.def-123\x01traceId=4 2\x01tenant=x\x01\x01']);
  assert.deepEqual(await play(new OAuthBearer(async () => ({ value: 't' }), 'a,b'), ['']), [
    'n,a=a=2Cb,\x01auth=Bearer t\x01\x01',
  ]);
});

test('OAUTHBEARER: the broker’s reason becomes the error, after the exchange has been ended in order', async () => {
  const login = new OAuthBearer(async () => ({ value: 't' })).login(context());
  await login.next();
  const refusal = '{"status":"insufficient_scope","scope":"kafka","openid-configuration":"https://id/"}';
  assert.deepEqual((await login.next(bytes(refusal))).value, Uint8Array.of(1));
  await assert.rejects(login.throw(new Error('code 58')), {
    message:
      'the broker refused the token: insufficient_scope; the scope needed is kafka; tokens come from https://id/',
  });
  await assert.rejects(
    play(new OAuthBearer(async () => ({ value: 't' })), ['no JSON', '']),
    /refused the token: no JSON/,
  );
});

test('OAUTHBEARER: a token with a known end is asked for anew when four fifths of its life are over', async () => {
  let now = NOW;
  let brought = 0;
  const bearer = new OAuthBearer(async () => ({ value: `t${++brought}`, lifetimeMs: now + 1000 }));
  const clock = { now: () => now, monotonic: () => 0 };
  const use = async (): Promise<string> => (await play(bearer, [''], context({ clock })))[0]!.slice(16, 18);
  assert.deepEqual([await use(), await use()], ['t1', 't1']);
  now += 799;
  assert.equal(await use(), 't1');
  now += 1;
  assert.equal(await use(), 't2');
});

test('OAUTHBEARER: what the provider brings is checked, and its failure is the error', async () => {
  const refused = async (token: unknown): Promise<unknown> =>
    play(new OAuthBearer(async () => token as OAuthBearerToken), ['']).catch((error) => error.message);
  assert.match(String(await refused('text')), /no \{ value: token \}/);
  assert.match(String(await refused({ value: 'hush\u0001hush' })), /characters that no bearer token has/);
  assert.doesNotMatch(String(await refused({ value: 'hush hush' })), /hush/);
  assert.match(String(await refused({ value: 't', extensions: { auth: 'x' } })), /extension called "auth"/);
  assert.match(String(await refused({ value: 't', extensions: { a: 'x\u0001y' } })), /cannot be sent/);
  assert.match(String(await refused({ value: 't', lifetimeMs: NOW })), /has ended already/);
  const failing = new OAuthBearer(() => Promise.reject(new Error('the token server is down')));
  await assert.rejects(play(failing, ['']), /oauthBearerProvider failed: the token server is down/);
});
