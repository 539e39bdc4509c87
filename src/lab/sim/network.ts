/** The network as a scenario sees it: its conditions, and the faults that can be planned or done at once. */
import type { Direction, NetworkConditions, NetworkCounts } from './network-conditions.ts';
import type { NetworkCore } from './network-core.ts';

export class SimulatedNetwork {
  readonly counts: NetworkCounts;
  private readonly core: NetworkCore;

  constructor(core: NetworkCore) {
    this.core = core;
    this.counts = core.counts;
  }

  /** May be changed at any time; holds for what is sent from then on. */
  get conditions(): NetworkConditions {
    return this.core.conditions;
  }

  /** Nothing arrives from `from` at `to` until it is healed. What is on its way waits, as TCP sends it again. */
  block(direction: Direction): void {
    this.core.block(direction);
  }

  /** Nodes in different groups do not reach each other, in either direction. */
  partition(...groups: readonly (readonly string[])[]): void {
    for (const [index, group] of groups.entries()) {
      for (const other of groups.filter((_, at) => at !== index)) {
        for (const from of group) for (const to of other) this.core.block({ from, to });
      }
    }
  }

  /** The node reaches no other, and no other reaches it. */
  isolate(node: string): void {
    this.partition(
      [node],
      this.core.nodeNames().filter((name) => name !== node),
    );
  }

  /** Opens one direction again, or all of them. */
  heal(direction?: Direction): void {
    this.core.heal(direction);
  }

  /** Adds this much to the delay in one direction; 0 takes it away. */
  slow(direction: Direction, extraDelayMs: number): void {
    this.core.slow(direction, extraDelayMs);
  }

  /** Resets every connection between two nodes; what is on its way is lost. Returns how many there were. */
  cut(one: string, other: string): number {
    return this.core.cut(one, other);
  }

  /** Cuts the connection on which the byte arrives that is `bytes` further on in this direction. */
  cutAfter(direction: Direction, bytes: number): void {
    this.core.planCut(direction, bytes);
  }

  /** From now on a name stands for these nodes, as one in DNS with several addresses; none takes it away. */
  name(host: string, nodes: readonly string[]): void {
    if (nodes.length === 0) this.core.names.delete(host);
    else this.core.names.set(host, nodes);
  }
  /** What a node is called when it is asked by its address. */
  canonicalName(node: string, name: string): void {
    this.core.ownNames.set(node, name);
  }

  /** How many connections there are between two nodes. */
  connectionsBetween(one: string, other: string): number {
    return this.core.between(one, other).length / 2;
  }
}
