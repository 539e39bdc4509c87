/**
 * The network between simulated nodes: names instead of addresses, and on each connection two ordered streams of bytes
 * that arrive late, in pieces of any size, or never. A node's own name and 127.0.0.1 reach the node itself without
 * the network.
 */
import {
  assert,
  type ConnectOptions,
  type Listener,
  type ListenOptions,
  type Network,
  type Socket,
  SystemError,
  type Timer,
} from '../../core/index.ts';
import { Endpoint, type EndpointNetwork, type Packet } from './endpoint.ts';
import { keepAlive, type ProbedNetwork } from './keep-alive.ts';
import type { Life } from './life.ts';
import type { Direction, NetworkConditions, NetworkCounts } from './network-conditions.ts';
import { type Scheduler, TURN_MS } from './scheduler.ts';
import type { SeededRandom } from './seeded-random.ts';
import type { Trace } from './trace.ts';

interface Bound {
  readonly life: Life;
  readonly node: string;
  readonly port: number;
  readonly host: string;
  readonly accept: ListenOptions['accept'];
}

interface PlannedCut extends Direction {
  /** Bytes still to be delivered in this direction before the cut. */
  left: number;
}

const EVERY_HOST = new Set(['0.0.0.0', '::']);
const OWN_HOST = new Set(['127.0.0.1', '::1', 'localhost']);
const FIRST_EPHEMERAL_PORT = 32_768;
/** As Linux does it: 1 s, then twice as long each time. */
const FIRST_CONNECT_RETRY_MS = 1_000;

export class NetworkCore implements EndpointNetwork {
  readonly conditions: NetworkConditions = {
    leastDelayMs: 0.05,
    meanExtraDelayMs: 0.2,
    longestDelayMs: 20,
    bytesPerMs: 125_000,
    windowBytes: 262_144,
    writeBufferBytes: 262_144,
    retransmissionLimitMs: 120_000,
  };
  readonly counts: NetworkCounts = { connections: 0, refused: 0, cut: 0, packetsStalled: 0 };
  private readonly scheduler: Scheduler;
  private readonly random: SeededRandom;
  private readonly trace: Trace;
  /** The life that the network's own events belong to: it never ends. */
  private readonly world: Life;
  /** Whether the machine of a name has power; its process may be dead. */
  private readonly isUp: (node: string) => boolean;
  readonly nodeNames: () => string[];
  private bound: Bound[] = [];
  private readonly endpoints = new Set<Endpoint>();
  private readonly blocked = new Set<string>();
  private readonly extraDelays = new Map<string, number>();
  private plannedCuts: PlannedCut[] = [];
  /** Names that stand for nodes, besides the nodes' own. */
  readonly names = new Map<string, readonly string[]>();
  /** Of nodes that have another name for themselves. */
  readonly ownNames = new Map<string, string>();
  private nextPort = FIRST_EPHEMERAL_PORT;

  constructor(
    scheduler: Scheduler,
    random: SeededRandom,
    trace: Trace,
    world: Life,
    isUp: (node: string) => boolean,
    nodeNames: () => string[],
  ) {
    this.scheduler = scheduler;
    this.random = random;
    this.trace = trace;
    this.world = world;
    this.isUp = isUp;
    this.nodeNames = nodeNames;
  }

  private readonly probes: ProbedNetwork = {
    after: (delayMs, endpoint, run) => void this.scheduler.after(delayMs, endpoint.life, 'probe', endpoint.label, run),
    reaches: ({ life: { node }, peer }) => {
      const other = peer.life.node;
      return this.isUp(other) && !this.isBlocked(node, other) && !this.isBlocked(other, node);
    },
    refuse: (endpoint) => this.resetSoon(endpoint, 'the other side has restarted'),
  };

  /** The network port for one life of a node. */
  portFor(life: Life): Network {
    return {
      listen: (options) => this.listen(life, options),
      connect: (options) => this.connect(life, options),
      lookup: async (host) => this.names.get(host) ?? [host],
      nameOf: async (address) => this.ownNames.get(address) ?? address,
    };
  }

  // Listening and connecting.

  private listen(life: Life, options: ListenOptions): Promise<Listener> {
    const { promise, resolve, reject } = Promise.withResolvers<Listener>();
    const { host, accept } = options;
    this.scheduler.after(0, life, 'listen', `${host}:${options.port}`, () => {
      if (host !== life.node && !EVERY_HOST.has(host) && !OWN_HOST.has(host)) {
        const why = `cannot listen on ${host}:${options.port}: not an address of ${life.node}`;
        return reject(new SystemError('EADDRNOTAVAIL', why));
      }
      const port = options.port === 0 ? this.freePort() : options.port;
      if (this.bound.some((at) => at.node === life.node && at.port === port)) {
        return reject(new SystemError('EADDRINUSE', `cannot listen on ${host}:${port}: address already in use`));
      }
      const bound: Bound = { life, node: life.node, port, host, accept };
      this.bound.push(bound);
      const close = async (): Promise<void> => {
        if (life.alive) this.bound = this.bound.filter((at) => at !== bound);
      };
      resolve({ host, port, close });
    });
    return promise;
  }

  private connect(life: Life, options: ConnectOptions): Promise<Socket> {
    const { promise, resolve, reject } = Promise.withResolvers<Socket>();
    const { host, port, handler, timeoutMs, signal } = options;
    if (!life.alive) return promise;
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    const where = `${host}:${port}`;
    if (options.tls !== undefined) {
      const why = 'the simulated network has no TLS; leave it out here, and use the real ports to encrypt';
      return Promise.reject(new SystemError('ETLSOPTIONS', `cannot connect to ${where}: ${why}`));
    }
    const target = options.address ?? host;
    const to = OWN_HOST.has(target) ? life.node : target;
    let settled = false;
    let client: Endpoint | undefined;
    let retry: Timer | undefined;
    const settle = (): void => {
      settled = true;
      timer.cancel();
      retry?.cancel();
      signal?.removeEventListener('abort', aborted);
    };
    const fail = (reason: unknown): void => {
      settle();
      // The other side may have accepted already; it learns that nobody is here.
      client?.destroy();
      reject(reason);
    };
    const aborted = (): void => {
      if (life.alive && !settled) fail(signal?.reason);
    };
    const timer = this.scheduler.after(timeoutMs, life, 'connect-timeout', where, () => {
      fail(new SystemError('ETIMEDOUT', `cannot connect to ${where}: no answer within ${timeoutMs} ms`));
    });
    signal?.addEventListener('abort', aborted, { once: true });

    const answer = (kind: string, run: () => void): void => {
      this.scheduler.after(this.delay(to, life.node), life, kind, where, () => {
        if (settled) return;
        if (this.isBlocked(to, life.node)) return;
        run();
      });
    };
    const knock = (retryMs: number): void => {
      if (settled || !life.alive) return;
      const arriveMs = this.delay(life.node, to);
      retry = this.scheduler.after(retryMs, life, 'connect-retry', where, () => knock(retryMs * 2));
      this.scheduler.after(arriveMs, this.world, 'connect', `${life.label} to ${where}`, () => {
        if (settled || !life.alive || this.isBlocked(life.node, to)) return;
        if (!this.nodeNames().includes(to)) {
          answer('unknown-host', () => fail(new SystemError('ENOTFOUND', `cannot connect to ${where}: no such host`)));
          return;
        }
        if (!this.isUp(to)) return;
        const listener = this.bound.find((at) => at.node === to && at.port === port && reaches(at, life.node));
        if (listener === undefined) {
          this.counts.refused++;
          answer('refused', () => fail(new SystemError('ECONNREFUSED', `cannot connect to ${where}: refused`)));
          return;
        }
        client ??= this.accept(life, listener);
        const made = client;
        answer('connected', () => {
          if (made.closed) return fail(new SystemError('ECONNRESET', `cannot connect to ${where}: reset`));
          settle();
          made.attach(handler);
          if (options.keepAliveMs !== undefined) keepAlive(this.probes, made, options.keepAliveMs);
          resolve(made);
        });
      });
    };
    knock(FIRST_CONNECT_RETRY_MS);
    return promise;
  }

  private accept(life: Life, listener: Bound): Endpoint {
    const number = this.counts.connections++;
    const from = `${life.node}:${this.freePort()}`;
    const to = `${listener.node}:${listener.port}`;
    const client = new Endpoint(this, life, to, `${from}>${to}/${number}`);
    const server = new Endpoint(this, listener.life, from, `${to}>${from}/${number}`);
    client.peer = server;
    server.peer = client;
    this.endpoints.add(client).add(server);
    this.soon(server, 'accept', () => {
      if (!server.closed) server.attach(listener.accept(server));
    });
    return client;
  }

  private freePort(): number {
    return this.nextPort++;
  }

  // What the endpoints ask for.

  /** In one of the next turns of the endpoint's node. */
  soon(endpoint: Endpoint, kind: string, run: () => void): void {
    this.scheduler.after(TURN_MS, endpoint.life, kind, endpoint.label, run);
  }

  later(endpoint: Endpoint, delayMs: number, kind: string, run: () => void): void {
    this.scheduler.after(delayMs, endpoint.life, kind, endpoint.label, run);
  }

  note(endpoint: Endpoint, kind: string, value: number, content: number): void {
    this.trace.note(this.scheduler.nowMs, kind, endpoint.life.label, endpoint.label, value, content);
  }

  /** How much of `most` bytes leaves together: often all, often a part that cuts frames anywhere. */
  packetSize(most: number): number {
    const shape = this.random.below(8);
    if (shape < 4) return most;
    if (shape < 7) return this.random.between(1, most);
    return this.random.between(1, Math.min(most, 16));
  }

  mergesReads(): boolean {
    return this.random.chance(0.5);
  }

  /** Sends a packet on its way; in one direction of a connection they arrive in order. */
  dispatch(from: Endpoint, packet: Packet): void {
    const size = packet.kind === 'data' ? packet.bytes.length : 0;
    const delayMs = this.delay(from.life.node, from.peer.life.node) + size / this.conditions.bytesPerMs;
    const { way } = from;
    way.packets.push(packet);
    this.expect(from, delayMs);
  }

  /** The first packet on the way, whichever that is by then, arrives in `delayMs` and after those before it. */
  private expect(from: Endpoint, delayMs: number): void {
    const { way } = from;
    way.lastArrivalMs = Math.max(way.lastArrivalMs, this.scheduler.nowMs + delayMs);
    this.scheduler.at(way.lastArrivalMs, this.world, 'arrive', from.label, () => {
      if (!from.severed) this.arrive(from);
    });
  }

  /** One side has closed: the other learns it as an end of the stream or as a reset. */
  leave(endpoint: Endpoint, rude: boolean): void {
    if (rude && this.random.chance(0.5)) this.resetSoon(endpoint.peer, 'reset by the other side');
    else this.dispatch(endpoint, { kind: 'fin' });
  }

  forget(endpoint: Endpoint): void {
    // Its peer may still be about to send to it, and must find out; both go when both are closed.
    if (endpoint.peer.closed || !endpoint.peer.life.alive) {
      this.endpoints.delete(endpoint);
      this.endpoints.delete(endpoint.peer);
    }
  }

  private arrive(from: Endpoint): void {
    const to = from.peer;
    const { way } = from;
    if (way.stalled > 0 || !this.isUp(to.life.node) || this.isBlocked(from.life.node, to.life.node)) {
      way.stalled++;
      if (way.stalled === 1) this.watchStall(from);
      this.counts.packetsStalled++;
      return;
    }
    const packet = way.packets.shift();
    assert(packet !== undefined, 'a packet arrives twice');
    const bytes = packet.kind === 'data' ? packet.bytes.length : 0;
    way.inFlightBytes -= bytes;
    if (to.closed || !to.life.alive) {
      if (packet.kind === 'data') this.resetSoon(from, 'reset by the other side');
      return;
    }
    const cut = this.cutWithin(from.life.node, to.life.node, bytes);
    if (cut === undefined) {
      to.arrive(packet);
      return;
    }
    if (packet.kind === 'data' && cut > 0) to.arrive({ kind: 'data', bytes: packet.bytes.subarray(0, cut) });
    this.sever(from);
  }

  /** What has waited too long for its way to open again ends the connection. */
  private watchStall(from: Endpoint): void {
    const [first] = from.way.packets;
    const limitMs = this.conditions.retransmissionLimitMs;
    this.scheduler.after(limitMs, from.life, 'retransmission-limit', from.label, () => {
      if (from.way.packets[0] === first) from.reset('ETIMEDOUT', 'the other side does not answer');
    });
  }

  private resetSoon(endpoint: Endpoint, why: string): void {
    const { peer } = endpoint;
    endpoint.severed = true;
    peer.severed = true;
    const deliver = (): void => {
      if (endpoint.closed || !endpoint.life.alive) return;
      if (this.isBlocked(peer.life.node, endpoint.life.node)) {
        this.scheduler.after(FIRST_CONNECT_RETRY_MS, this.world, 'reset', endpoint.label, deliver);
      } else {
        endpoint.reset('ECONNRESET', why);
      }
    };
    const delayMs = this.delay(peer.life.node, endpoint.life.node);
    this.scheduler.after(delayMs, this.world, 'reset', endpoint.label, deliver);
  }

  // Faults.

  block(direction: Direction): void {
    this.blocked.add(key(direction));
    this.trace.note(this.scheduler.nowMs, 'block', '', key(direction));
  }

  heal(direction?: Direction): void {
    this.trace.note(this.scheduler.nowMs, 'heal', '', direction === undefined ? 'all' : key(direction));
    if (direction === undefined) this.blocked.clear();
    else this.blocked.delete(key(direction));
    this.resumeStalled();
  }

  slow(direction: Direction, extraDelayMs: number): void {
    this.extraDelays.set(key(direction), extraDelayMs);
  }

  planCut(direction: Direction, bytes: number): void {
    this.plannedCuts.push({ ...direction, left: bytes });
  }

  cut(one: string, other: string): number {
    const found = this.between(one, other).filter((endpoint) => !endpoint.severed);
    for (const endpoint of found) this.sever(endpoint);
    return found.length / 2;
  }

  between(one: string, other: string): Endpoint[] {
    return [...this.endpoints].filter(
      ({ life, peer, closed }) =>
        !closed &&
        !peer.closed &&
        ((life.node === one && peer.life.node === other) || (life.node === other && peer.life.node === one)),
    );
  }

  /** A process has died, and its kernel lives on: it closes what the process had open. */
  processDied(life: Life): void {
    this.bound = this.bound.filter((at) => at.life !== life);
    for (const endpoint of this.endpointsOf(life)) {
      this.resetSoon(endpoint.peer, 'the process at the other side has died');
      this.endpoints.delete(endpoint);
    }
  }

  /** A machine has lost its power: it says nothing to anybody. */
  powerLost(life: Life): void {
    this.bound = this.bound.filter((at) => at.life !== life);
  }

  /** A machine is back: it knows nothing of the connections of its life before. */
  cameBack(node: string): void {
    for (const endpoint of [...this.endpoints]) {
      if (endpoint.life.node === node && !endpoint.life.alive) {
        if (endpoint.peer.way.stalled > 0) this.resetSoon(endpoint.peer, 'the other side has restarted');
        if (endpoint.peer.closed) this.forget(endpoint);
      }
    }
    this.resumeStalled();
  }

  private sever(endpoint: Endpoint): void {
    const { peer } = endpoint;
    if (endpoint.severed) return;
    endpoint.severed = true;
    peer.severed = true;
    this.counts.cut++;
    for (const side of [endpoint, peer]) {
      const delayMs = this.delay(side.peer.life.node, side.life.node);
      this.scheduler.after(delayMs, this.world, 'cut', side.label, () => side.reset('ECONNRESET', 'cut'));
    }
  }

  private resumeStalled(): void {
    for (const endpoint of [...this.endpoints]) {
      const { way } = endpoint;
      const { stalled } = way;
      if (stalled === 0 || this.isBlocked(endpoint.life.node, endpoint.peer.life.node)) continue;
      if (!this.isUp(endpoint.peer.life.node)) continue;
      way.stalled = 0;
      for (let at = 0; at < stalled; at++)
        this.expect(endpoint, this.delay(endpoint.life.node, endpoint.peer.life.node));
    }
  }

  private endpointsOf(life: Life): Endpoint[] {
    return [...this.endpoints].filter((endpoint) => endpoint.life === life && !endpoint.closed);
  }

  private cutWithin(from: string, to: string, bytes: number): number | undefined {
    const planned = this.plannedCuts.find((cut) => cut.from === from && cut.to === to);
    if (planned === undefined) return undefined;
    if (bytes < planned.left) {
      planned.left -= bytes;
      return undefined;
    }
    this.plannedCuts = this.plannedCuts.filter((cut) => cut !== planned);
    return planned.left;
  }

  private isBlocked(from: string, to: string): boolean {
    return from !== to && this.blocked.has(key({ from, to }));
  }

  private delay(from: string, to: string): number {
    if (from === to) return 0.01 + this.random.exponential(0.01);
    const { leastDelayMs, meanExtraDelayMs, longestDelayMs } = this.conditions;
    const usual = Math.min(longestDelayMs, leastDelayMs + this.random.exponential(meanExtraDelayMs));
    return usual + (this.extraDelays.get(key({ from, to })) ?? 0);
  }
}

function key({ from, to }: Direction): string {
  return `${from}>${to}`;
}

/** What is bound to the loopback address is reached from the node itself only. */
function reaches(bound: Bound, from: string): boolean {
  return !OWN_HOST.has(bound.host) || bound.node === from;
}
