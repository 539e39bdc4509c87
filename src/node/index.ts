/**
 * The real ports: the machine's clock, timers, randomness, TCP, TLS, files and digests. Nothing else in the project touches them.
 * `drainTurn`, `forbidAmbient` and `promptCrypto` are what the simulator needs of the real machine.
 */
import type { Ports } from '../core/index.ts';
import { realClock, realRandom, realTimers } from './clock.ts';
import { realCrypto } from './crypto.ts';
import { realDisk } from './disk.ts';
import { realNetwork } from './network.ts';

export { AmbientUseError, forbidAmbient } from './ambient-guard.ts';
export { drainTurn } from './clock.ts';
export { promptCrypto } from './crypto.ts';

const real: Ports = {
  clock: realClock,
  timers: realTimers,
  random: realRandom,
  network: realNetwork,
  disk: realDisk,
  crypto: realCrypto,
};

export function nodePorts(): Ports {
  return real;
}
