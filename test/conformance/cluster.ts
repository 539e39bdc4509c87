/**
 * What the scenarios of other people's clients stand on: an address, and small aids to wait. The scenarios know nothing
 * else about the cluster: the same ones run on our broker and on Apache Kafka, which proves the scenarios themselves.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Cluster {
  /** `host:port` */
  readonly bootstrap: string;
  stop(): Promise<void>;
}

/** Starts a cluster for the scenarios of one client, and stops it after them. */
export type StartCluster = () => Promise<Cluster>;

/** Declares the scenarios of one client on one kind of cluster. `bootstrap` may be called inside the tests. */
export function onCluster(title: string, start: StartCluster, scenarios: (bootstrap: () => string) => void): void {
  describe(title, () => {
    let cluster: Cluster | undefined;
    before(async () => {
      cluster = await start();
    });
    after(async () => {
      await cluster?.stop();
    });
    scenarios(() => {
      assert.ok(cluster, 'the cluster has started');
      return cluster.bootstrap;
    });
  });
}

/** A name that nothing else uses on the cluster. */
export function unique(name: string): string {
  return `${name}-${randomBytes(4).toString('hex')}`;
}

/** Waits until `holds` returns something truthy. Fails with what `state` shows when it does not within `timeoutMs`. */
export async function eventually<T>(
  what: string,
  holds: () => T | Promise<T>,
  { timeoutMs = 20_000, state }: { timeoutMs?: number; state?: () => unknown } = {},
): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await holds();
    if (value) return value;
    if (Date.now() > deadline) {
      assert.fail(`not within ${timeoutMs} ms: ${what}${state ? `; at the end: ${JSON.stringify(state())}` : ''}`);
    }
    await sleep(20);
  }
}

/** `count` values `<prefix>-0` … in order. */
export function values(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}

/** The same values in the same numbers, in any order. */
export function assertSameValues(actual: readonly string[], expected: readonly string[]): void {
  assert.deepEqual([...actual].sort(), [...expected].sort());
}
