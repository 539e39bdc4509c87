/**
 * The ports: everything that is not deterministic reaches the system through these interfaces and nowhere else.
 * The real ones are in `node/`, the simulated ones in `lab/`; a run on the simulated ones is a function of its seed.
 */

/** What time it is. */
export interface Clock {
  /** Wall clock, whole milliseconds since 1970-01-01T00:00:00Z. May jump; use it for timestamps only. */
  now(): number;
  /** Monotonic clock, milliseconds with a fraction, from an arbitrary start. Use it for durations and deadlines. */
  monotonic(): number;
}

/** A pending call that can be called off. Cancelling twice, or after it ran, does nothing. */
export interface Timer {
  cancel(): void;
}

/** Calls in the future. */
export interface Timers {
  /** Calls `run` once, `delayMs` from now or later. A delay of zero or less means "in a later turn". */
  after(delayMs: number, run: () => void): Timer;
  /** Calls `run` in a later turn of the event loop, after the I/O that is already due. */
  defer(run: () => void): void;
}

/** Unpredictable numbers: ids, jitter, shuffles. */
export interface Random {
  /** A uniform integer in [0, 2^32). */
  uint32(): number;
  /** `length` uniform bytes. */
  bytes(length: number): Uint8Array;
}

/** What a socket's owner is told. Calls never nest, and none follows `close`. */
export interface SocketHandler {
  /** Bytes arrived. `chunk` is only valid during the call: copy what must outlive it. */
  data(chunk: Uint8Array): void;
  /** `write` returned false before, and the buffer has emptied since. */
  drain(): void;
  /** The connection is over, in both directions. Called exactly once; `error` says why when it was not a clean end. */
  close(error?: Error): void;
}

/** One TCP-like byte stream: ordered, no duplicates, cut at any byte. */
export interface Socket {
  /** `host:port` of the other side. */
  readonly remoteAddress: string;
  /**
   * Queues bytes, in order. The caller must not change `bytes` afterwards. Returns false when the buffer is over its
   * limit: the caller should stop until `drain`. Writing after the end is a no-op.
   * `sent` is called in a later turn, when these bytes and all before them were handed on and are the caller's again; never
   * where the connection ends first.
   */
  write(bytes: Uint8Array, sent?: () => void): boolean;
  /** Stops `data` calls (the other side feels it as backpressure) until `resume`. */
  pause(): void;
  resume(): void;
  /** Sends what is queued, then closes. */
  end(): void;
  /** Closes at once; what is queued may be lost. `close` is still called, in a later turn. */
  destroy(): void;
}

/** A listening address. */
export interface Listener {
  readonly host: string;
  /** The port that was really bound (meaningful after listening on port 0). */
  readonly port: number;
  /** Stops accepting. Connections that are open stay so. */
  close(): Promise<void>;
}

export interface ListenOptions {
  readonly host: string;
  /** 0 picks a free one. */
  readonly port: number;
  /** Called for each accepted connection; returns who handles it. */
  readonly accept: (socket: Socket) => SocketHandler;
}

/** PEM blocks, or the file that has them. Files are read for each connection, so new certificates need no restart. */
export type PemSource = { readonly pem: string } | { readonly file: string };

/** How a connection is encrypted, and who vouches for each side. */
export interface TlsOptions {
  /** Certificates of the authorities that may vouch for the other side. Default: those of the platform. */
  readonly trusted?: PemSource | undefined;
  /** Our own certificate, with its chain, and its private key: for a server that asks who we are. */
  readonly identity?: TlsIdentity | undefined;
  /** The name that the other side's certificate must be for, and that it is told (SNI). Default: `host`. */
  readonly serverName?: string | undefined;
  /** False: any name will do. The certificate is checked all the same. */
  readonly checkServerName: boolean;
  readonly minVersion?: TlsVersion | undefined;
  readonly maxVersion?: TlsVersion | undefined;
}

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

export interface TlsIdentity {
  readonly certificates: PemSource;
  readonly privateKey: PemSource;
  readonly passphrase?: string | undefined;
}

export interface ConnectOptions {
  readonly host: string;
  /** The one of the host's addresses to go to, as `lookup` gives them. Absent: the first that answers. */
  readonly address?: string | undefined;
  readonly port: number;
  readonly handler: SocketHandler;
  /** The handshake is part of connecting. Absent: the bytes travel as they are. */
  readonly tls?: TlsOptions | undefined;
  /** Gives up after this many milliseconds. */
  readonly timeoutMs: number;
  /**
   * After this many silent milliseconds the system begins to ask the other side's whether the connection is still there
   * (TCP keep-alive), and ends it when ten seconds pass without an answer. Absent: when the system sees fit, if ever.
   */
  readonly keepAliveMs?: number | undefined;
  readonly signal?: AbortSignal;
}

/** Byte streams between hosts. */
export interface Network {
  /** @throws SystemError `EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL` */
  listen(options: ListenOptions): Promise<Listener>;
  /**
   * @throws SystemError `ECONNREFUSED`, `ETIMEDOUT`, `EHOSTUNREACH`, …; with `tls` OpenSSL's codes as Node gives them
   *   (`CERT_HAS_EXPIRED`, `ERR_TLS_CERT_ALTNAME_INVALID`, …), `ETLSCLOSED` when the other side ended the handshake, and
   *   `ETLSOPTIONS` for certificates or keys that cannot be used; the signal's reason when aborted
   */
  connect(options: ConnectOptions): Promise<Socket>;
  /** The addresses of a host, the preferred first. @throws SystemError `ENOTFOUND`, `EAI_AGAIN`, … */
  lookup(host: string): Promise<readonly string[]>;
  /** The host's own name for one of its addresses. @throws SystemError `ENOTFOUND`, … where it has none */
  nameOf(address: string): Promise<string>;
}

export type DigestName = 'sha256' | 'sha512';

/** Digests. Functions of their input, and a port because the machine computes the slow one outside of our thread. */
export interface Crypto {
  digest(name: DigestName, data: Uint8Array): Uint8Array;
  hmac(name: DigestName, key: Uint8Array, data: Uint8Array): Uint8Array;
  /** PBKDF2 with HMAC (RFC 8018), as long as the digest. */
  pbkdf2(name: DigestName, password: Uint8Array, salt: Uint8Array, iterations: number): Promise<Uint8Array>;
}

/**
 * An open file. Reads and writes are synchronous: the page cache answers in microseconds, and a partition's decisions
 * stay in one turn. Only `sync` waits for the device.
 */
export interface DiskFile {
  readonly path: string;
  /** Bytes. */
  size(): number;
  /** Fills `target` from `position`; returns how many bytes there were (fewer at the end of the file). */
  read(target: Uint8Array, position: number): number;
  /** Writes all of `bytes` at `position`. @throws SystemError `ENOSPC`, `EIO`: part of it may have been written */
  write(bytes: Uint8Array, position: number): void;
  truncate(size: number): void;
  /** fdatasync: all that was written before the call survives a crash once it resolves. Never retry a failed one. */
  sync(): Promise<void>;
  /** The same, blocking; for start and stop only. */
  syncNow(): void;
  close(): void;
}

/** Held while a process owns a directory. */
export interface DiskLock {
  release(): void;
}

/** Where a directory is, and the volume that it is on. */
export interface DiskVolume {
  readonly absolutePath: string;
  /** Bytes of the volume; -1 where that means nothing. */
  readonly totalBytes: number;
  /** Bytes that this process may still take. */
  readonly usableBytes: number;
}

/** Files. Paths are `/`-separated. */
export interface Disk {
  /** Opens for reading and writing; with `create` makes the file when it is missing. @throws SystemError `ENOENT` */
  open(path: string, options?: { readonly create?: boolean }): DiskFile;
  exists(path: string): boolean;
  /** The names in a directory, sorted. @throws SystemError `ENOENT` */
  list(directory: string): string[];
  /** Makes the directory and its parents; no error when it is there. */
  makeDirectory(path: string): void;
  /** Removes a file or a whole directory; no error when it is missing. */
  remove(path: string): void;
  /** Replaces `to` atomically. Durable after `syncDirectory` of the parent. */
  rename(from: string, to: string): void;
  /** fsync of a directory: names created, removed and renamed in it survive a crash. */
  syncDirectory(path: string): void;
  volumeOf(directory: string): DiskVolume;
  /**
   * Takes the exclusive lock of a directory, freed by `release` or by the death of the process.
   * @throws DirectoryLockedError when another process holds it
   */
  lock(directory: string): DiskLock;
}

/** All of them together, as the broker, the client and the lab take them. */
export interface Ports {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly network: Network;
  readonly disk: Disk;
  readonly crypto: Crypto;
}

/** An operating-system failure with its POSIX code, as both the real and the simulated ports throw it. */
export class SystemError extends Error {
  override readonly name = 'SystemError';
  readonly code: string;
  readonly path: string | undefined;
  constructor(code: string, message: string, path?: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.path = path;
  }
}

/** Another process holds the data directory. */
export class DirectoryLockedError extends Error {
  override readonly name = 'DirectoryLockedError';
  readonly directory: string;
  /** Process id of the holder, where it is known. */
  readonly holder: number | undefined;
  constructor(directory: string, holder?: number) {
    super(
      `${directory} is in use by another process${holder === undefined ? '' : ` (pid ${holder})`}: ` +
        'stop it first, or choose another data directory',
    );
    this.directory = directory;
    this.holder = holder;
  }
}
