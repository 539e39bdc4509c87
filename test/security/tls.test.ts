/** TLS by the real port, and our client's words for what goes wrong with it; against servers of every bad kind. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import * as net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, describe, test } from 'node:test';
import * as tls from 'node:tls';
import { Admin, type AdminOptions, type ClientError } from '../../src/client/index.ts';
import type { Socket, SocketHandler, TlsOptions } from '../../src/core/index.ts';
import { nodePorts } from '../../src/node/index.ts';
import { Authority, encryptedKey } from './certificates.ts';

const { network } = nodePorts();
const HOST = '127.0.0.1';
const DAY_MS = 86_400_000;
const authority = new Authority('an authority');
const server = authority.issue('server', { names: ['localhost', HOST] });
const directory = mkdtempSync(join(tmpdir(), 'onceward-tls-'));
const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});
after(() => rmSync(directory, { recursive: true, force: true }));

/** A server that does this with each connection; returns its port. */
async function serve(handle: (socket: net.Socket) => void, options?: tls.TlsOptions): Promise<number> {
  const sockets = new Set<net.Socket>();
  const made = options ? tls.createServer(options) : net.createServer();
  made.on('connection', (socket: net.Socket) => {
    sockets.add(socket.on('error', () => {}));
  });
  made.on(options ? 'secureConnection' : 'connection', (socket: net.Socket) => handle(socket.on('error', () => {})));
  made.on('tlsClientError', () => {});
  made.listen(0, HOST);
  await once(made, 'listening');
  open.push({
    close: () => {
      made.close();
      for (const socket of sockets) socket.destroy();
    },
  });
  return (made.address() as net.AddressInfo).port;
}
const echo = (socket: net.Socket): void => void socket.pipe(socket);

interface Talk {
  readonly socket: Socket;
  /** What came back, once it is as long. */
  received(length: number): Promise<Buffer>;
  readonly closed: Promise<Error | undefined>;
}

async function talk(port: number, options: Partial<TlsOptions>, timeoutMs = 5000): Promise<Talk> {
  const chunks: Buffer[] = [];
  let arrived = 0;
  let wake = (): void => {};
  const closed = Promise.withResolvers<Error | undefined>();
  const handler: SocketHandler = {
    data: (chunk) => {
      chunks.push(Buffer.from(chunk));
      arrived += chunk.length;
      wake();
    },
    drain() {},
    close: (error) => closed.resolve(error),
  };
  const trusting = { trusted: { pem: authority.cert }, checkServerName: true, ...options };
  const socket = await network.connect({ host: HOST, port, handler, timeoutMs, tls: trusting });
  open.push({ close: () => socket.destroy() });
  return {
    socket,
    closed: closed.promise,
    async received(length) {
      while (arrived < length) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return Buffer.concat(chunks);
    },
  };
}

/** How a call of our client ends there, and that it does so soon. */
async function failureAt(port: number, options: Omit<AdminOptions, 'bootstrapServers'>): Promise<ClientError> {
  const bootstrapServers = `${HOST}:${port}`;
  const admin = new Admin({ bootstrapServers, defaultApiTimeoutMs: 1500, retryBackoffMs: 50, ...options });
  const began = performance.now();
  try {
    await admin.describeCluster();
  } catch (error) {
    const tookMs = performance.now() - began;
    assert.ok(tookMs < 4000, `${tookMs} ms`);
    return error as ClientError;
  } finally {
    await admin.close();
  }
  throw new Error('it did not fail');
}
const trusting = { ssl: { ca: authority.cert } };

describe('a connection with TLS', () => {
  test('carries bytes both ways, large and small, and ends cleanly', async () => {
    const port = await serve(echo, server);
    const { socket, received, closed } = await talk(port, {});
    assert.equal(socket.remoteAddress, `${HOST}:${port}`);
    const large = Buffer.alloc(3_000_000, 'onceward');
    const small = Buffer.from('small');
    for (let at = 0; at < 20; at++) socket.write(small);
    socket.write(large);
    const everything = Buffer.concat([...Array.from({ length: 20 }, () => small), large]);
    assert.ok((await received(everything.length)).equals(everything));
    socket.end();
    assert.equal(await closed, undefined);
  });

  test('is told of a reader that does not keep up, and stops when it is paused', async () => {
    const port = await serve(echo, server);
    const { socket, received } = await talk(port, {});
    socket.pause();
    const block = Buffer.alloc(1_000_000);
    let blocks = 1;
    while (socket.write(block) && blocks < 100) blocks++;
    assert.ok(blocks < 100, 'write never said that the buffer is full');
    socket.resume();
    assert.equal((await received(blocks * block.length)).length, blocks * block.length);
  });

  test('asks for the host by name, checks the certificate against it, or against the name that is given', async () => {
    const asked: unknown[] = [];
    const other = authority.issue('other', { names: ['other.example'] });
    const port = await serve((socket) => {
      asked.push((socket as tls.TLSSocket).servername);
      socket.write('seen');
    }, other);
    await assert.rejects(talk(port, {}), { name: 'SystemError', code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    await (await talk(port, { serverName: 'other.example' })).received(4);
    await (await talk(port, { checkServerName: false })).received(4);
    assert.deepEqual(asked, ['other.example', false], 'an address is not asked for');
  });

  test('shows our certificate to a server that asks for it; the key may have a password', async () => {
    const seen: string[] = [];
    const port = await serve(
      (socket) => void seen.push((socket as tls.TLSSocket).getPeerCertificate().subject.CN as string),
      { ...server, ca: authority.cert, requestCert: true, rejectUnauthorized: true },
    );
    const { cert, key } = authority.issue('the client');
    const file = join(directory, 'both.pem');
    writeFileSync(file, key + cert);
    const locked = { pem: encryptedKey(key, 'hush') };
    for (const identity of [
      { certificates: { pem: cert }, privateKey: { pem: key } },
      { certificates: { pem: cert }, privateKey: locked, passphrase: 'hush' },
      { certificates: { file }, privateKey: { file } },
    ]) {
      await talk(port, { identity, maxVersion: 'TLSv1.2' });
    }
    assert.deepEqual(seen, ['the client', 'the client', 'the client']);
    const wrong = { certificates: { pem: cert }, privateKey: locked, passphrase: 'wrong' };
    await assert.rejects(talk(port, { identity: wrong }), (error: Error) => {
      assert.match(error.message, /private key cannot be used/);
      return !error.message.includes('wrong');
    });
  });

  test('files are read for each connection: a renewed certificate needs no restart', async () => {
    const port = await serve(echo, server);
    const file = join(directory, 'trusted.pem');
    writeFileSync(file, new Authority('another').cert);
    await assert.rejects(talk(port, { trusted: { file } }), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
    writeFileSync(file, authority.cert);
    await talk(port, { trusted: { file } });
  });

  test('what cannot be used is refused by name: a missing file, a Java keystore, a certificate without its key', async () => {
    const port = await serve(echo, server);
    const file = join(directory, 'store.jks');
    writeFileSync(file, Buffer.from('feedfeed0000000200000001', 'hex'));
    const { cert } = authority.issue('a');
    const { key } = authority.issue('b');
    for (const [options, message] of [
      [
        { trusted: { file: join(directory, 'missing.pem') } },
        /trusted certificates cannot be read from .*missing\.pem/,
      ],
      [{ trusted: { file } }, /trusted certificates in .*store\.jks: there is no PEM certificate in it/],
      [
        { identity: { certificates: { pem: cert }, privateKey: { file } } },
        /private key in .*there is no PEM private key/,
      ],
      [
        { identity: { certificates: { pem: cert }, privateKey: { pem: key } } },
        /certificate and its private key cannot be used/,
      ],
    ] as const) {
      await assert.rejects(talk(port, options), { code: 'ETLSOPTIONS', message });
    }
  });

  test('a silent server is given up in time, in the middle of the handshake too, and an abort is obeyed', async () => {
    const port = await serve(() => {});
    await assert.rejects(talk(port, {}, 100), {
      code: 'ETIMEDOUT',
      message: /no answer to the TLS handshake within 100 ms/,
    });
    const stop = new AbortController();
    const handler = { data() {}, drain() {}, close() {} };
    const connecting = network.connect({
      ...{ host: HOST, port, handler, timeoutMs: 5000, signal: stop.signal },
      tls: { checkServerName: true },
    });
    setTimeout(() => stop.abort(new Error('no longer')), 50);
    await assert.rejects(connecting, /no longer/);
    const closed = net.createServer().listen(0, HOST);
    await once(closed, 'listening');
    const { port: nobody } = closed.address() as net.AddressInfo;
    closed.close();
    await assert.rejects(talk(nobody, {}), { code: 'ECONNREFUSED' });
  });
});

describe('our client says what is wrong with TLS, and what to do', () => {
  const issued = (options: Parameters<Authority['issue']>[1]) =>
    authority.issue('server', { names: [HOST], ...options });
  const now = Date.now();
  for (const [what, options, client, message] of [
    [
      'an authority that nobody knows',
      server,
      { ssl: true },
      /nobody that this client trusts.*ssl\.truststore\.certificates/,
    ],
    ['a certificate of its own making', new Authority('self'), trusting, /nobody that this client trusts/],
    [
      'an expired certificate',
      issued({ notBefore: new Date(now - 2 * DAY_MS), notAfter: new Date(now - DAY_MS) }),
      trusting,
      /has expired: it must be renewed/,
    ],
    [
      'one of the future',
      issued({ notBefore: new Date(now + DAY_MS), notAfter: new Date(now + 2 * DAY_MS) }),
      trusting,
      /not valid yet: compare the clocks/,
    ],
    [
      'another host’s certificate',
      issued({ names: ['other.example'] }),
      trusting,
      /for other names: .*ssl\.endpoint\.identification/,
    ],
    [
      'a server that wants a certificate',
      { ...server, ca: authority.cert, requestCert: true, rejectUnauthorized: true },
      trusting,
      /wants one: .*ssl\.keystore\.certificate\.chain/,
    ],
    [
      'a server that speaks no version of ours',
      { ...server, minVersion: 'TLSv1.3' as const },
      { 'security.protocol': 'SSL', 'ssl.truststore.certificates': authority.cert, 'ssl.enabled.protocols': 'TLSv1.2' },
      /does not speak a version of TLS.*ssl\.enabled\.protocols/,
    ],
  ] as const satisfies readonly (readonly [string, tls.TlsOptions, object, RegExp])[]) {
    test(what, async () => {
      const port = await serve(echo, options);
      const error = await failureAt(port, client as AdminOptions);
      assert.match(error.message, message);
      assert.deepEqual([error.name, error.fatal, error.retriable], ['TlsError', true, false]);
    });
  }

  test('a port without TLS that answers something else', async () => {
    const port = await serve((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const error = await failureAt(port, trusting);
    assert.match(error.message, /does not seem to speak TLS: ask for the port of the SSL listener/);
    assert.equal(error.name, 'TlsError');
  });
  test('a port that ends the handshake, as a broker without TLS does', async () => {
    for (const end of ['end', 'resetAndDestroy'] as const) {
      const port = await serve((socket) => void socket.once('data', () => socket[end]()));
      const error = await failureAt(port, trusting);
      // A broker that restarts does so too: it is tried again as long as the call may take.
      assert.match(
        error.message,
        /took too long \(last: .*ended the TLS handshake without a word: .*does not seem to speak TLS/,
      );
    }
  });
  test('a client without TLS at a port with it', async () => {
    // An alert, as a Java broker sends it: what came is not TLS.
    const alert = Buffer.from('15030300020246', 'hex');
    const port = await serve((socket) => void socket.once('data', () => socket.end(alert)));
    const error = await failureAt(port, {});
    assert.match(error.message, /speaks TLS on this port, and this client does not: set security\.protocol to SSL/);
    assert.equal(error.name, 'TlsError');
  });
  test('a client without TLS at a port that ends the connection without a word', async () => {
    const port = await serve((socket) => void socket.once('data', () => socket.end()));
    assert.match((await failureAt(port, {})).message, /before the broker said anything: is it a port for TLS/);
  });
  test('a keystore that cannot be read is an error of the options', async () => {
    const port = await serve(echo, server);
    const options = { 'security.protocol': 'SSL', 'ssl.keystore.location': '/nowhere/key.pem' } as const;
    const error = await failureAt(port, options);
    assert.deepEqual([error.name, error.fatal], ['TlsError', true]);
    assert.match(error.message, /our own certificate cannot be read from \/nowhere\/key\.pem/);
  });
});
