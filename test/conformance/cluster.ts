/**
 * What the scenarios of other people's clients stand on: an address, and small aids to wait. The scenarios know nothing
 * else about the cluster: the same ones run on our broker and on Apache Kafka, which proves the scenarios themselves.
 */
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import type { Ports, Random } from '../../src/core/index.ts';
import { nodePorts } from '../../src/node/index.ts';

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
  return uniqueBy(nodePorts().random, name);
}

export function uniqueBy(random: Random, name: string): string {
  return `${name}-${random.uint32().toString(16).padStart(8, '0')}`;
}

export interface WaitOptions {
  readonly timeoutMs?: number;
  /** Shown where it fails. */
  readonly state?: () => unknown;
  /** Whose time it is; the machine's unless told. */
  readonly ports?: Pick<Ports, 'clock' | 'timers'>;
}

/** Waits until `holds` returns something truthy. Fails with what `state` shows when it does not within `timeoutMs`. */
export async function eventually<T>(
  what: string,
  holds: () => T | Promise<T>,
  { timeoutMs = 20_000, state, ports = nodePorts() }: WaitOptions = {},
): Promise<NonNullable<T>> {
  const { clock, timers } = ports;
  const deadline = clock.monotonic() + timeoutMs;
  for (;;) {
    const value = await holds();
    if (value) return value;
    if (clock.monotonic() > deadline) {
      assert.fail(`not within ${timeoutMs} ms: ${what}${state ? `; at the end: ${JSON.stringify(state())}` : ''}`);
    }
    await new Promise<void>((resolve) => void timers.after(20, resolve));
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
