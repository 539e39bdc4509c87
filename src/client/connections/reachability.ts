/**
 * How well brokers could be reached so far: when each may be tried again, and how long the next attempt may take. Both grow
 * with its failures in a row, with jitter (KIP-144, KIP-601).
 */
import type { Clock, Random } from '../../core/index.ts';
import { type Address, where } from './connection.ts';
import { backoffMs, type ConnectionConfig } from './runtime.ts';

interface Record {
  /** In a row, lost connections included. */
  failures: number;
  /** In a row, of connecting. */
  failedConnects: number;
  /** Monotonic: not before. */
  retryAt: number;
}

/** Brokers remembered at most; one that is not is taken for one that never failed. */
const RECORDS_MAX = 1000;

export class Reachability {
  private readonly clock: Clock;
  private readonly random: Random;
  private readonly config: ConnectionConfig;
  private readonly records = new Map<string, Record>();

  constructor(clock: Clock, random: Random, config: ConnectionConfig) {
    this.clock = clock;
    this.random = random;
    this.config = config;
  }

  /** Milliseconds until it may be tried again; 0: now. */
  backoffLeft(address: Address): number {
    const known = this.records.get(where(address));
    return known === undefined ? 0 : Math.max(0, known.retryAt - this.clock.monotonic());
  }

  /** How long connecting to one of its addresses may take, milliseconds. */
  setupTimeoutMs(address: Address): number {
    const { socketConnectionSetupTimeoutMs: base, socketConnectionSetupTimeoutMaxMs: max } = this.config;
    const failures = this.records.get(where(address))?.failedConnects ?? 0;
    return failures === 0 ? base : backoffMs(this.random, base, Math.max(base, max), failures + 1);
  }

  reached(address: Address): void {
    this.records.delete(where(address));
  }
  lost(address: Address): void {
    this.failed(address, 0);
  }
  notReached(address: Address): void {
    this.failed(address, 1);
  }

  private failed(address: Address, connects: number): void {
    const name = where(address);
    const known = this.records.get(name);
    const failures = (known?.failures ?? 0) + 1;
    const { reconnectBackoffMs, reconnectBackoffMaxMs } = this.config;
    const pause = backoffMs(this.random, reconnectBackoffMs, reconnectBackoffMaxMs, failures);
    const retryAt = this.clock.monotonic() + pause;
    this.records.delete(name);
    this.records.set(name, { failures, failedConnects: (known?.failedConnects ?? 0) + connects, retryAt });
    if (this.records.size <= RECORDS_MAX) return;
    for (const oldest of this.records.keys()) return void this.records.delete(oldest);
  }
}
