/**
 * The real ports: the machine's clock, timers, randomness, TCP and files. Nothing else in the project touches them.
 * `drainTurn` and `forbidAmbient` are what the simulator needs of the real event loop.
 */
import type { Ports } from '../core/index.ts';
import { realClock, realRandom, realTimers } from './clock.ts';
import { realDisk } from './disk.ts';
import { realNetwork } from './network.ts';

export { AmbientUseError, forbidAmbient } from './ambient-guard.ts';
export { drainTurn } from './clock.ts';

const real: Ports = {
  clock: realClock,
  timers: realTimers,
  random: realRandom,
  network: realNetwork,
  disk: realDisk,
};

export function nodePorts(): Ports {
  return real;
}
