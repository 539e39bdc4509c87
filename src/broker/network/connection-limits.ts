/** How many connections there may be, over all and from one address, and how many there are. */
import type { BrokerConfig } from '../config/broker-configs.ts';

export interface ConnectionLimits {
  /** `max.connections` */
  readonly total: number;
  /** `max.connections.per.ip` */
  readonly perAddress: number;
  /** `max.connections.per.ip.overrides` */
  readonly overrides: ReadonlyMap<string, number>;
}

export function connectionLimits(config: BrokerConfig): ConnectionLimits {
  return {
    total: config['max.connections'],
    perAddress: config['max.connections.per.ip'],
    overrides: parseOverrides(config['max.connections.per.ip.overrides']),
  };
}

/** `address:count,address:count`; an entry that is none is left out. */
function parseOverrides(text: string | null): ReadonlyMap<string, number> {
  const overrides = new Map<string, number>();
  for (const entry of (text ?? '').split(',')) {
    const at = entry.lastIndexOf(':');
    const count = Number(entry.slice(at + 1).trim());
    if (at > 0 && Number.isInteger(count) && count >= 0) overrides.set(bare(entry.slice(0, at).trim()), count);
  }
  return overrides;
}

/** The address in `host:port`, without brackets. */
export function addressOf(remoteAddress: string): string {
  return bare(remoteAddress.slice(0, Math.max(0, remoteAddress.lastIndexOf(':'))));
}
function bare(address: string): string {
  return address.startsWith('[') && address.endsWith(']') ? address.slice(1, -1) : address;
}

export class ConnectionCounts {
  private readonly byAddress = new Map<string, number>();
  private total = 0;

  /** Counts one more, whose end is to be told by `remove`. Returns why there should not be one. */
  add(address: string, limits: ConnectionLimits): string | undefined {
    const count = (this.byAddress.get(address) ?? 0) + 1;
    this.byAddress.set(address, count);
    this.total += 1;
    if (this.total > limits.total) return `max.connections=${limits.total}`;
    const most = limits.overrides.get(address) ?? limits.perAddress;
    return count > most ? `max.connections.per.ip is ${most} for ${address}` : undefined;
  }

  remove(address: string): void {
    const left = (this.byAddress.get(address) ?? 1) - 1;
    if (left === 0) this.byAddress.delete(address);
    else this.byAddress.set(address, left);
    this.total -= 1;
  }
}
