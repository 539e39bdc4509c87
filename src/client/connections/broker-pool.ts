/**
 * The connections of one client: at most one per broker and role. Roles keep requests that a broker holds back (a
 * fetch, a join) from blocking others, since a broker answers one connection in order. A broker that could not be
 * reached is tried again after an exponential backoff with jitter.
 */
import type { Clock, Random } from '../../core/index.ts';
import { ClosedError } from '../errors.ts';
import { ignore, sleep } from '../support/async.ts';
import { type Address, Connection, type Features, where } from './connection.ts';
import { backoffMs, type ConnectionConfig, type Runtime } from './runtime.ts';

export type Role = 'main' | 'fetch' | 'group';

interface Slot {
  connection: Connection | undefined;
  opening: Promise<Connection> | undefined;
}

interface Reachability {
  failures: number;
  /** Monotonic: not before. */
  retryAt: number;
}

export class BrokerPool {
  /** Called when any connection can take more or is gone. */
  onChange: (() => void) | undefined;
  /** The newest finalized features that a broker told. */
  features: Features = { epoch: -1, levels: new Map() };

  private readonly runtime: Runtime;
  private readonly config: ConnectionConfig;
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly slots = new Map<string, Slot>();
  private readonly reachability = new Map<string, Reachability>();
  private readonly lifetime = new AbortController();

  constructor(runtime: Runtime, config: ConnectionConfig) {
    this.runtime = runtime;
    this.config = config;
    this.clock = runtime.clock;
    this.random = runtime.random;
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
    const known = this.reachability.get(where(address));
    return known === undefined ? 0 : Math.max(0, known.retryAt - this.clock.monotonic());
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
    const name = where(address);
    const { signal } = this.lifetime;
    try {
      const wait = this.backoffLeft(address);
      if (wait > 0) await sleep(this.runtime.timers, wait, signal);
      const connection = await Connection.open(this.runtime, this.config, address, signal);
      if (signal.aborted) {
        await connection.close();
        throw signal.reason;
      }
      this.reachability.delete(name);
      const { connections, events } = this.runtime.instruments;
      connections['connection-creation-total']++;
      events.emit('connection', { broker: name, state: 'opened', error: undefined });
      slot.connection = connection;
      if (connection.features.epoch > this.features.epoch) this.features = connection.features;
      connection.onClose = (error) => {
        connections['connection-close-total']++;
        events.emit('connection', { broker: name, state: 'closed', error: signal.aborted ? undefined : error });
        if (slot.connection === connection) slot.connection = undefined;
        this.failed(name);
        this.onChange?.();
      };
      connection.onDrain = () => this.onChange?.();
      return connection;
    } catch (error) {
      if (!signal.aborted) this.notReached(name, error as Error);
      throw error;
    } finally {
      slot.opening = undefined;
      this.onChange?.();
    }
  }

  private notReached(name: string, error: Error): void {
    const { connections, events } = this.runtime.instruments;
    connections['connection-failure-total']++;
    events.emit('connection', { broker: name, state: 'failed', error });
    this.failed(name);
  }

  private failed(name: string): void {
    const failures = (this.reachability.get(name)?.failures ?? 0) + 1;
    const { reconnectBackoffMs, reconnectBackoffMaxMs } = this.config;
    const pause = backoffMs(this.random, reconnectBackoffMs, reconnectBackoffMaxMs, failures);
    this.reachability.set(name, { failures, retryAt: this.clock.monotonic() + pause });
  }
}

function key(role: Role, address: Address): string {
  return `${role} ${where(address)}`;
}
