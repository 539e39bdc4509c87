/**
 * A TCP proxy that understands Kafka's frames and damages the traffic on purpose, by rules. It can stand before any
 * broker: it gives clients its own addresses in place of the brokers', with one listener for each broker, made when the
 * broker is first heard of. Sees nothing but the network and the timers it is given, so it also runs simulated.
 */
import { assert, type Listener, type Logger, type Network, silentLogger, type Timers } from '../../core/index.ts';
import type { Address } from './answers.ts';
import { ProxyConnection } from './connection.ts';
import { type FaultHit, type FaultRule, RuleBook, type RuleHandle } from './rules.ts';

export interface FaultProxyOptions {
  /** `host:port` of one broker of the cluster. */
  readonly target: string;
  /** Where clients connect; port 0 (the default) picks a free one. Further brokers get free ports on the same host. */
  readonly listen?: { readonly host?: string; readonly port?: number };
  readonly network: Network;
  readonly timers: Timers;
  readonly rules?: readonly FaultRule[];
  readonly logger?: Logger;
  /** Bytes; a larger frame closes its connection. @default 128 MiB */
  readonly maxFrameBytes?: number;
}

/** What one rule did. */
export interface RuleCounters {
  readonly name: string;
  /** Frames it took. */
  readonly frames: number;
  /** Records in the Produce requests among them, those that went down with the same connection included. */
  readonly records: number;
}

const CONNECT_MS_MAX = 10_000;
/** More than any cluster has brokers; bounds the listeners that hostile answers could make. */
const LISTENERS_MAX = 256;
/** The log keeps the newest; each keeps its requests in memory. */
const HITS_KEPT = 100;

export class FaultProxy {
  private readonly options: FaultProxyOptions;
  private readonly logger: Logger;
  private readonly host: string;
  private readonly book = new RuleBook();
  private readonly listeners = new Map<string, Promise<Listener>>();
  private readonly connections = new Set<ProxyConnection>();
  private readonly names = new Map<string, string>();
  private readonly frames = new Map<string, { frames: number; records: number }>();
  private readonly log: FaultHit[] = [];
  private connectionCount = 0;
  private closing = false;
  private address: Address | undefined;

  private constructor(options: FaultProxyOptions) {
    this.options = options;
    this.logger = options.logger ?? silentLogger;
    this.host = options.listen?.host ?? '127.0.0.1';
    for (const rule of options.rules ?? []) this.book.add(rule);
  }

  /** @throws SystemError when it cannot listen; RangeError for a target or a rule that makes no sense */
  static async start(options: FaultProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options);
    const target = parseAddress(options.target);
    const listener = await proxy.listenFor(target, options.listen?.port ?? 0);
    proxy.address = { host: proxy.host, port: listener.port };
    return proxy;
  }

  get port(): number {
    assert(this.address !== undefined, 'started');
    return this.address.port;
  }
  /** `host:port`, for the clients. */
  get bootstrap(): string {
    return `${this.host.includes(':') ? `[${this.host}]` : this.host}:${this.port}`;
  }

  /** Takes effect with the next frame. @throws RangeError for a rule that contradicts itself */
  addRule(rule: FaultRule): RuleHandle {
    return this.book.add(rule);
  }
  /** In the order they were added. */
  get rules(): readonly RuleHandle[] {
    return this.book.handles();
  }
  /** The newest frames that rules took, oldest first. */
  get hits(): readonly FaultHit[] {
    return this.log;
  }
  /** Since the start, by the rules' names. */
  counters(): RuleCounters[] {
    return [...this.frames].map(([name, counts]) => ({ name, ...counts }));
  }

  /** Stops listening and destroys every connection. */
  async close(): Promise<void> {
    this.closing = true;
    const listeners = [...this.listeners.values()];
    for (const connection of this.connections) connection.destroy();
    await Promise.all(listeners.map(async (listener) => (await listener).close()));
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private listenFor(broker: Address, port: number): Promise<Listener> {
    const key = `${broker.host}:${broker.port}`;
    const known = this.listeners.get(key);
    if (known !== undefined) return known;
    if (this.listeners.size >= LISTENERS_MAX) throw new RangeError(`more than ${LISTENERS_MAX} brokers`);
    const listening = this.options.network.listen({
      host: this.host,
      port,
      accept: (socket) => {
        const connection = new ProxyConnection(socket, {
          id: ++this.connectionCount,
          upstream: key,
          maxFrameBytes: this.options.maxFrameBytes ?? 128 * 1024 * 1024,
          timers: this.options.timers,
          logger: this.logger,
          names: this.names,
          substitute: (other) => this.substitute(other),
          match: (direction, request) => this.book.match(direction, request),
          record: (hit) => this.record(hit),
          closed: () => this.connections.delete(connection),
        });
        this.connections.add(connection);
        if (this.closing) connection.destroy();
        this.connect(connection, broker);
        return connection.fromClient;
      },
    });
    this.listeners.set(key, listening);
    // A failure is the caller's to report; the next one tries again.
    listening.catch(() => this.listeners.delete(key));
    return listening;
  }

  private async substitute(broker: Address): Promise<Address> {
    if (this.closing) throw new Error('the proxy is closing');
    const listener = await this.listenFor(broker, 0);
    if (this.closing) await listener.close();
    return { host: this.host, port: listener.port };
  }

  private connect(connection: ProxyConnection, broker: Address): void {
    this.options.network.connect({ ...broker, handler: connection.fromUpstream, timeoutMs: CONNECT_MS_MAX }).then(
      (socket) => connection.attach(socket),
      (error: unknown) => {
        this.logger.warn('the broker behind the proxy cannot be reached', { ...broker, error });
        connection.detach();
      },
    );
  }

  private record(hit: FaultHit): void {
    const counts = this.frames.get(hit.rule.name) ?? { frames: 0, records: 0 };
    this.frames.set(hit.rule.name, counts);
    counts.frames++;
    for (const request of [hit.request, ...hit.unanswered, ...hit.swallowed]) {
      for (const { records } of request.produced()) counts.records += records;
    }
    this.log.push(hit);
    if (this.log.length > HITS_KEPT) this.log.shift();
    hit.rule.onHit?.(hit);
  }
}

/** @throws RangeError */
function parseAddress(text: string): Address {
  const at = text.lastIndexOf(':');
  const port = Number(text.slice(at + 1));
  if (at < 1 || !Number.isInteger(port) || port < 1 || port > 65535) {
    throw new RangeError(`not a broker's address: ${JSON.stringify(text)}; it is written host:port`);
  }
  return { host: text.slice(0, at).replace(/^\[(.*)\]$/, '$1'), port };
}
