/**
 * For how long brokers have had batches to take and took none: they are not connected, or have all the requests in flight
 * that they may (partitioner.availability.timeout.ms, KIP-794).
 */
export class BrokerReadiness {
  private readonly blockedSince = new Map<number, number>();

  /** It could take nothing of what is ready for it. `now`: monotonic. */
  blocked(broker: number, now: number): void {
    if (!this.blockedSince.has(broker)) this.blockedSince.set(broker, now);
  }
  /** It took something. */
  drained(broker: number): void {
    this.blockedSince.delete(broker);
  }
  /** For all others nothing is ready. */
  keepOnly(brokers: { has(broker: number): boolean }): void {
    for (const broker of this.blockedSince.keys()) if (!brokers.has(broker)) this.blockedSince.delete(broker);
  }

  /** Whether it has been blocked for more than this; 0: not to be looked at. */
  isSlow(broker: number, now: number, timeoutMs: number): boolean {
    const since = this.blockedSince.get(broker);
    return timeoutMs > 0 && since !== undefined && now - since > timeoutMs;
  }
}
