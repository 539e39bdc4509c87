/**
 * TCP, and TLS over it. Small writes of one turn leave in one system call; nothing waits for Nagle's algorithm on either
 * side.
 */
import * as dns from 'node:dns/promises';
import * as net from 'node:net';
import {
  type ConnectOptions,
  type Listener,
  type ListenOptions,
  type Network,
  type Socket,
  type SocketHandler,
  SystemError,
} from '../core/index.ts';
import { systemError } from './system-error.ts';
import { connectTls, tlsFailure } from './tls.ts';

/** Above this many queued bytes `write` returns false. */
const WRITE_BUFFER_BYTES = 262_144;
/**
 * What arrives at any socket is read into this, and is copied out before the next read. By itself Node takes 64 KiB of new
 * memory for each read, however little has come, and a broker's heap is collected after a thousand of them.
 */
const received = Buffer.allocUnsafeSlow(65_536);
/** After `end`, the other side has this long to end too. */
const LINGER_MS = 5_000;
const BACKLOG = 1024;

export const realNetwork: Network = {
  listen(options: ListenOptions): Promise<Listener> {
    const { promise, resolve, reject } = Promise.withResolvers<Listener>();
    const server = net.createServer({
      noDelay: true,
      keepAlive: true,
      highWaterMark: WRITE_BUFFER_BYTES,
      pauseOnConnect: true,
    });
    server.on('connection', (connection) => {
      // A connection that was reset while it waited has no peer any more.
      if (connection.remoteAddress === undefined) return void connection.destroy();
      let accepted: RealSocket | undefined;
      const socket = readingInto(connection, (chunk) => accepted?.received(chunk));
      accepted = new RealSocket(socket);
      accepted.attach(options.accept(accepted));
      accepted.begin();
    });
    server.once('error', (error) => {
      reject(systemError(error, `cannot listen on ${options.host}:${options.port}`));
    });
    server.listen({ host: options.host, port: options.port, backlog: BACKLOG }, () => {
      // From now on errors are of single connections that could not be accepted (EMFILE): those are lost, we are not.
      server.removeAllListeners('error').on('error', () => {});
      resolve(new RealListener(server));
    });
    return promise;
  },

  connect(options: ConnectOptions): Promise<Socket> {
    const { host, port, handler, timeoutMs, keepAliveMs = 0, signal, tls } = options;
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    const { promise, resolve, reject } = Promise.withResolvers<Socket>();
    const where = `${host}:${port}`;
    const target = options.address ?? host;
    let connected: RealSocket | undefined;
    let reached = false;
    const onData = (chunk: Uint8Array): void => connected?.received(chunk);
    let socket: net.Socket;
    try {
      socket = tls
        ? connectTls(target, port, { ...tls, serverName: tls.serverName ?? host }, WRITE_BUFFER_BYTES)
        : connectPlain(target, port, keepAliveMs, onData);
    } catch (error) {
      return Promise.reject(systemError(error, `cannot connect to ${where}`));
    }
    const ready = tls ? 'secureConnect' : 'connect';

    const timer = setTimeout(() => {
      const missing = tls && reached ? 'no answer to the TLS handshake' : 'no answer';
      fail(new SystemError('ETIMEDOUT', `cannot connect to ${where}: ${missing} within ${timeoutMs} ms`));
    }, timeoutMs);
    const aborted = (): void => fail(signal?.reason);
    const failed = (error: Error): void => {
      fail(systemError(tls && reached ? tlsFailure(error) : error, `cannot connect to ${where}`));
    };
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', aborted);
      socket.removeListener('error', failed);
      socket.removeListener(ready, succeeded);
    };
    const fail = (reason: unknown): void => {
      settle();
      socket.on('error', () => {});
      socket.destroy();
      reject(reason);
    };
    const succeeded = (): void => {
      settle();
      connected = new RealSocket(socket);
      connected.attach(handler);
      // TLS has buffers of its own, and reads into new ones.
      if (tls) socket.setNoDelay(true).setKeepAlive(true, keepAliveMs).on('data', onData);
      resolve(connected);
    };
    signal?.addEventListener('abort', aborted, { once: true });
    socket.once('error', failed);
    socket.once('connect', () => {
      reached = true;
    });
    socket.once(ready, succeeded);
    return promise;
  },

  async lookup(host: string): Promise<readonly string[]> {
    if (net.isIP(host) !== 0) return [host];
    try {
      return (await dns.lookup(host, { all: true })).map(({ address }) => address);
    } catch (error) {
      throw systemError(error, `cannot find the address of ${host}`);
    }
  },

  async nameOf(address: string): Promise<string> {
    try {
      return (await dns.lookupService(address, 0)).hostname;
    } catch (error) {
      throw systemError(error, `cannot find the name of ${address}`);
    }
  },
};

function connectPlain(
  host: string,
  port: number,
  keepAliveMs: number,
  onData: (chunk: Uint8Array) => void,
): net.Socket {
  return net.connect({
    host,
    port,
    noDelay: true,
    keepAlive: true,
    // libuv asks ten times, once a second, from then on.
    keepAliveInitialDelay: keepAliveMs,
    writableHighWaterMark: WRITE_BUFFER_BYTES,
    onread: onread(onData),
  } as net.NetConnectOpts);
}

function onread(onData: (chunk: Uint8Array) => void): net.OnReadOpts {
  return {
    buffer: received,
    callback: (length) => {
      onData(received.subarray(0, length));
      return true;
    },
  };
}

/**
 * The accepted connection as a socket that reads into `received`. Node's servers have no option for it, so the handle moves
 * from the socket that they make to another; where there is no such handle the socket stays what it is.
 */
function readingInto(accepted: net.Socket, onData: (chunk: Uint8Array) => void): net.Socket {
  const owner = accepted as unknown as { _handle?: object | null };
  const handle = owner._handle;
  if (!handle) return accepted.on('data', onData);
  owner._handle = null;
  accepted.destroy();
  return new net.Socket({
    handle,
    readable: true,
    writable: true,
    manualStart: true,
    writableHighWaterMark: WRITE_BUFFER_BYTES,
    onread: onread(onData),
  } as net.SocketConstructorOpts);
}

class RealListener implements Listener {
  readonly host: string;
  readonly port: number;
  private readonly server: net.Server;

  constructor(server: net.Server) {
    const address = server.address() as net.AddressInfo;
    this.host = address.address;
    this.port = address.port;
    this.server = server;
  }

  /** The port is free again when it resolves, although connections that were accepted stay open. */
  close(): Promise<void> {
    if (this.server.listening) this.server.close();
    return new Promise((resolve) => void setImmediate(resolve));
  }
}

class RealSocket implements Socket {
  readonly remoteAddress: string;
  private readonly socket: net.Socket;
  private handler: SocketHandler | undefined;
  private error: SystemError | undefined;
  private corked = false;
  private paused = false;
  private linger: NodeJS.Timeout | undefined;
  private readonly flush = (): void => {
    this.corked = false;
    this.socket.uncork();
  };

  constructor(socket: net.Socket) {
    this.socket = socket;
    const address = socket.remoteAddress ?? 'unknown';
    this.remoteAddress = `${address.includes(':') ? `[${address}]` : address}:${socket.remotePort ?? 0}`;
  }

  attach(handler: SocketHandler): void {
    this.handler = handler;
    this.socket.on('drain', () => handler.drain());
    // Node begins to read again in the tick after `resume`, though `pause` came in between.
    this.socket.on('resume', () => {
      if (this.paused) this.socket.pause();
    });
    this.socket.on('error', (error) => {
      this.error ??= systemError(error, `connection to ${this.remoteAddress}`);
    });
    this.socket.once('close', () => {
      clearTimeout(this.linger);
      this.handler = undefined;
      handler.close(this.error);
    });
  }

  received(chunk: Uint8Array): void {
    // After `destroy` the owner wants no more, even of what had arrived before.
    if (!this.socket.destroyed) this.handler?.data(chunk);
  }

  write(bytes: Uint8Array, sent?: () => void): boolean {
    if (!this.socket.writable) return true;
    if (!this.corked) {
      this.corked = true;
      this.socket.cork();
      process.nextTick(this.flush);
    }
    return sent === undefined
      ? this.socket.write(bytes)
      : this.socket.write(bytes, (error) => {
          if (!error) sent();
        });
  }

  pause(): void {
    this.paused = true;
    this.socket.pause();
  }

  resume(): void {
    this.paused = false;
    this.socket.resume();
  }
  /** Lets bytes come, unless it was paused before. */
  begin(): void {
    if (!this.paused) this.socket.resume();
  }

  end(): void {
    if (this.socket.writableEnded || this.socket.destroyed) return;
    this.socket.end(() => {
      if (!this.socket.destroyed) this.linger = setTimeout(() => this.socket.destroy(), LINGER_MS);
    });
  }

  destroy(): void {
    this.socket.destroy();
  }
}
