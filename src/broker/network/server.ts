/** The listening socket and the connections that came through it. */
import type { BufferPool, Listener, Logger, Network, Timers } from '../../core/index.ts';
import type { AnswerMemory } from './answer-memory.ts';
import { Connection, type Dispatch } from './connection.ts';
import { addressOf, type ConnectionCounts, type ConnectionLimits } from './connection-limits.ts';
import type { ConnectionPace } from './connection-pace.ts';
import type { RequestMemory } from './request-memory.ts';

export interface ServerOptions {
  readonly network: Network;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly host: string;
  readonly port: number;
  readonly dispatch: Dispatch;
  readonly maxFrameBytes: number;
  readonly maxInFlight: number;
  /** Asked at each connection: the limits may change. */
  readonly connectionLimits: () => ConnectionLimits;
  /** Of all listeners. */
  readonly counts: ConnectionCounts;
  /** Of all listeners. */
  readonly pace: ConnectionPace;
  readonly idleMs: number;
  readonly requests: RequestMemory;
  readonly answers: AnswerMemory;
  readonly buffers: BufferPool;
}

/** A destroyed socket reports its end in the next turns; this bounds the wait for it. */
const DESTROY_MS = 1000;

export class Server {
  private readonly options: ServerOptions;
  private readonly connections = new Set<Connection>();
  private listener!: Listener;
  private accepting = true;
  private whenEmpty: (() => void) | undefined;

  private constructor(options: ServerOptions) {
    this.options = options;
  }

  /** @throws SystemError where the address cannot be listened on */
  static async listen(options: ServerOptions): Promise<Server> {
    const server = new Server(options);
    server.listener = await options.network.listen({
      host: options.host,
      port: options.port,
      accept: (socket) => {
        const { logger } = options;
        const connection = new Connection(socket, {
          dispatch: options.dispatch,
          timers: options.timers,
          logger,
          maxFrameBytes: options.maxFrameBytes,
          maxInFlight: options.maxInFlight,
          idleMs: options.idleMs,
          requests: options.requests,
          answers: options.answers,
          buffers: options.buffers,
          onClosed: (closed) => server.closed(closed),
        });
        server.connections.add(connection);
        const why =
          options.counts.add(addressOf(socket.remoteAddress), options.connectionLimits()) ?? server.pace(connection);
        if (server.accepting && why !== undefined) logger.warn(`refusing ${socket.remoteAddress}: ${why}`);
        if (!server.accepting || why !== undefined) connection.destroy();
        return connection;
      },
    });
    return server;
  }

  get host(): string {
    return this.listener.host;
  }
  get port(): number {
    return this.listener.port;
  }
  get connectionCount(): number {
    return this.connections.size;
  }

  /** Has it wait for its turn. Returns why it should not even wait. */
  private pace(connection: Connection): string | undefined {
    const turn = this.options.pace.enter(connection.serve);
    if (turn === 'later') connection.hold();
    return turn === 'full'
      ? 'socket.listen.backlog.size connections wait already for their turn by max.connection.creation.rate'
      : undefined;
  }

  /** Stops accepting, lets requests under way be answered for at most `graceMs`, then cuts what is left. */
  async close(graceMs: number): Promise<void> {
    if (!this.accepting) return;
    this.accepting = false;
    const stopped = this.listener.close();
    for (const connection of [...this.connections]) connection.finish();
    await this.emptied(graceMs);
    for (const connection of [...this.connections]) connection.destroy();
    await this.emptied(DESTROY_MS);
    await stopped;
  }

  /** Resolves once there is no connection, or after `limitMs`. */
  private emptied(limitMs: number): Promise<void> {
    if (this.connections.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.options.timers.after(limitMs, resolve);
      this.whenEmpty = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  private closed(connection: Connection): void {
    this.options.pace.leave(connection.serve);
    if (this.connections.delete(connection)) this.options.counts.remove(addressOf(connection.remoteAddress));
    if (this.connections.size === 0) this.whenEmpty?.();
  }
}
