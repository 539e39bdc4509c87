/**
 * The connections of one client: at most one per broker and role. Roles keep requests that a broker holds back (a
 * fetch, a join) from blocking others, since a broker answers one connection in order. A broker that could not be
 * reached, by any address that its name has, is tried again after an exponential backoff with jitter. A connection that
 * nobody uses is closed.
 */
import type { Timer } from '../../core/index.ts';
import { ClosedError, isRetriableError, NetworkError } from '../errors.ts';
import { ignore, sleep } from '../support/async.ts';
import { type Address, Connection, type Features, where } from './connection.ts';
import { addressesOf } from './names.ts';
import { Reachability } from './reachability.ts';
import type { ConnectionConfig, Runtime } from './runtime.ts';

export type Role = 'main' | 'fetch' | 'group';

interface Slot {
  connection: Connection | undefined;
  opening: Promise<Connection> | undefined;
}

export class BrokerPool {
  /** Called when any connection can take more or is gone. */
  onChange: (() => void) | undefined;
  /** The newest finalized features that a broker told. */
  features: Features = { epoch: -1, levels: new Map() };

  private readonly runtime: Runtime;
  private readonly config: ConnectionConfig;
  private readonly slots = new Map<string, Slot>();
  private readonly reachability: Reachability;
  private readonly lifetime = new AbortController();

  constructor(runtime: Runtime, config: ConnectionConfig) {
    this.runtime = runtime;
    this.config = config;
    this.reachability = new Reachability(runtime.clock, runtime.random, config);
  }

  /** The open connection, if there is one. */
  ready(role: Role, address: Address): Connection | undefined {
    const connection = this.slots.get(key(role, address))?.connection;
    return connection?.open ? connection : undefined;
  }

  /**
   * The connection, opened when there is none; waits out the backoff of a broker that failed before.
   * @throws NetworkError, TlsError, AuthenticationError, ClosedError
   */
  connect(role: Role, address: Address): Promise<Connection> {
    if (this.lifetime.signal.aborted) return Promise.reject(new ClosedError('client'));
    const name = key(role, address);
    let slot = this.slots.get(name);
    if (slot === undefined) {
      slot = { connection: undefined, opening: undefined };
      this.slots.set(name, slot);
    }
    if (slot.connection?.open) return Promise.resolve(slot.connection);
    slot.opening ??= this.open(slot, address);
    return slot.opening;
  }

  /** Milliseconds until a broker that failed may be tried again; 0: now. */
  backoffLeft(address: Address): number {
    return this.reachability.backoffLeft(address);
  }

  async close(): Promise<void> {
    this.lifetime.abort(new ClosedError('client'));
    const open = [...this.slots.values()];
    this.slots.clear();
    await Promise.all(
      open.map(({ connection, opening }) => Promise.all([connection?.close(), opening?.catch(ignore)])),
    );
  }

  private async open(slot: Slot, address: Address): Promise<Connection> {
    const { signal } = this.lifetime;
    try {
      const wait = this.backoffLeft(address);
      if (wait > 0) await sleep(this.runtime.timers, wait, signal);
      const connection = await this.reach(address, signal);
      if (signal.aborted) {
        await connection.close();
        throw signal.reason;
      }
      this.reachability.reached(address);
      const { connections, events } = this.runtime.instruments;
      const broker = where(address);
      connections['connection-creation-total']++;
      events.emit('connection', { broker, state: 'opened', error: undefined });
      slot.connection = connection;
      if (connection.features.epoch > this.features.epoch) this.features = connection.features;
      let isIdle = false;
      const watch = this.closeWhenIdle(connection, () => {
        isIdle = true;
      });
      connection.onClose = (error) => {
        watch.cancel();
        connections['connection-close-total']++;
        events.emit('connection', { broker, state: 'closed', error: signal.aborted || isIdle ? undefined : error });
        if (slot.connection === connection) slot.connection = undefined;
        if (!isIdle) this.reachability.lost(address);
        this.onChange?.();
      };
      connection.onDrain = () => this.onChange?.();
      return connection;
    } catch (error) {
      if (!signal.aborted) this.notReached(address, error as Error);
      throw error;
    } finally {
      slot.opening = undefined;
      this.onChange?.();
    }
  }

  /** By the first of its addresses that works. @throws what the last of them failed with */
  private async reach(address: Address, signal: AbortSignal): Promise<Connection> {
    const timeoutMs = this.reachability.setupTimeoutMs(address);
    const addresses = await addressesOf(this.runtime, address, timeoutMs, signal);
    for (const [index, each] of addresses.entries()) {
      try {
        return await Connection.open(this.runtime, this.config, address, signal, { address: each, timeoutMs });
      } catch (error) {
        if (signal.aborted || index === addresses.length - 1 || !isRetriableError(error)) throw error;
        this.runtime.logger.debug('the next address is tried', {
          broker: where(address),
          cause: (error as Error).message,
        });
      }
    }
    throw new NetworkError(`${where(address)} has no address`);
  }

  /** connections.max.idle.ms. `closing` is called just before. */
  private closeWhenIdle(connection: Connection, closing: () => void): { cancel(): void } {
    const longest = this.config.connectionsMaxIdleMs;
    if (longest < 0) return { cancel: () => {} };
    const { timers } = this.runtime;
    let timer: Timer;
    const look = (): void => {
      const left = longest - connection.idleMs;
      if (left > 0) {
        timer = timers.after(left, look);
        return;
      }
      closing();
      void connection.close();
    };
    timer = timers.after(longest, look);
    return { cancel: () => timer.cancel() };
  }

  private notReached(address: Address, error: Error): void {
    const { connections, events } = this.runtime.instruments;
    connections['connection-failure-total']++;
    events.emit('connection', { broker: where(address), state: 'failed', error });
    this.reachability.notReached(address);
  }
}

function key(role: Role, address: Address): string {
  return `${role} ${where(address)}`;
}
