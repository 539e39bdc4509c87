/** Simulated ports: nodes, time, network and disks that are a function of a seed. Start at `Simulation`. */
export type { DiskChange, DiskConditions, DiskFault, DiskOperation, SimulatedDisk } from './disk.ts';
export type { SimulatedNetwork } from './network.ts';
export type { Direction, NetworkConditions, NetworkCounts } from './network-conditions.ts';
export { NotDeterministicError, playTwice, type Replayed } from './replay-check.ts';
export { SeededRandom } from './seeded-random.ts';
export type { CrashReport, SimulatedFile } from './simulated-file.ts';
export { type RunLimits, Simulation, type SimulationOptions, SimulationStuckError } from './simulation.ts';
export { describeEntry, firstDifference, Trace, type TraceEntry } from './trace.ts';
