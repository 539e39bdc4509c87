/**
 * TCP's probes on a connection that is silent, as Linux sends them: the other side's kernel answers although its process
 * says nothing. They find a machine that lost its power, or that came back without the connection, which nothing else
 * tells to a side that only waits.
 */
import type { Endpoint } from './endpoint.ts';

/** After the first probe. */
const PROBE_INTERVAL_MS = 1_000;
const PROBES = 10;

/** What the probes ask of the network. */
export interface ProbedNetwork {
  after(delayMs: number, endpoint: Endpoint, run: () => void): void;
  /** Whether a probe gets there, and its answer back. */
  reaches(endpoint: Endpoint): boolean;
  /** The other side's machine does not know the connection, and says so. */
  refuse(endpoint: Endpoint): void;
}

/** Probes each `idleMs` until the connection is over. */
export function keepAlive(network: ProbedNetwork, endpoint: Endpoint, idleMs: number): void {
  const probe = (unanswered: number): void => {
    if (endpoint.closed || endpoint.severed || !endpoint.life.alive) return;
    if (!network.reaches(endpoint)) {
      if (unanswered + 1 >= PROBES) endpoint.reset('ETIMEDOUT', 'the other side does not answer any more');
      else network.after(PROBE_INTERVAL_MS, endpoint, () => probe(unanswered + 1));
    } else if (endpoint.peer.life.alive) {
      network.after(idleMs, endpoint, () => probe(0));
    } else {
      network.refuse(endpoint);
    }
  };
  network.after(idleMs, endpoint, () => probe(0));
}
