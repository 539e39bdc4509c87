/**
 * The layering of src/, as the check enforces it. There is no exemption besides this table: where the code proves it
 * wrong, the table changes, in view of everybody.
 */

export interface Layer {
  /** What the folder holds. */
  readonly holds: string;
  /** The areas it may import, each through its index.ts only. */
  readonly mayImport: readonly string[] | 'anything';
  /** Packages it may import. None where absent: a package can hide a clock or a socket. */
  readonly packages?: readonly string[];
  /** Node's own modules it may import. */
  readonly builtins?: readonly string[];
  /** The adapters: the clock, timers, randomness, files, sockets and the process itself may be touched here. */
  readonly ambient?: true;
}

export const layers: Readonly<Record<string, Layer>> = {
  core: { holds: 'bytes, errors, assertions, ports, logger', mayImport: [] },
  wire: { holds: 'message tables and their compiler, framing', mayImport: ['core'] },
  records: {
    holds: 'record batches, control records, codecs',
    mayImport: ['core'],
    packages: ['@node-rs/crc32', 'lz4-napi', 'snappy'],
    builtins: ['node:zlib'],
  },
  node: { holds: 'the real ports', mayImport: ['core'], ambient: true },
  log: { holds: 'segments, recovery, producer state, transaction index', mayImport: ['core', 'records'] },
  replay: { holds: 'state machines kept in a log', mayImport: ['core', 'records'] },
  coordinator: {
    holds: 'group and transaction coordinators',
    mayImport: ['core', 'wire', 'records', 'replay'],
  },
  controller: {
    holds: 'the cluster metadata log and its image',
    mayImport: ['core', 'wire', 'records', 'replay'],
  },
  broker: {
    holds: 'connections, dispatch, handlers, partitions',
    mayImport: ['core', 'wire', 'records', 'replay', 'log', 'coordinator', 'controller', 'node'],
  },
  client: { holds: 'producer, consumer, admin', mayImport: ['core', 'wire', 'records', 'node'] },
  lab: {
    holds: 'simulated ports, fault proxy, checker, the proof',
    mayImport: 'anything',
    packages: ['hdr-histogram-js'],
  },
  cli: {
    holds: 'the command line',
    mayImport: 'anything',
    packages: ['cli-progress', 'cli-table3', 'commander', 'picocolors'],
    ambient: true,
  },
};

/** Globals that reach outside the program, with the port or the way that stands for each. */
export const ambientGlobals: Readonly<Record<string, string>> = {
  performance: 'Clock.monotonic',
  setTimeout: 'Timers.after',
  setInterval: 'Timers.after',
  setImmediate: 'Timers.defer',
  clearTimeout: 'Timer.cancel',
  clearInterval: 'Timer.cancel',
  clearImmediate: 'Timer.cancel',
  queueMicrotask: 'Timers.defer',
  scheduler: 'Timers',
  crypto: 'Random',
  fetch: 'Network',
  WebSocket: 'Network',
  EventSource: 'Network',
  BroadcastChannel: 'Network',
  MessageChannel: 'Timers.defer',
  Worker: 'one thread',
  navigator: 'a parameter',
  process: 'a parameter',
  console: 'Logger',
  globalThis: 'the name itself',
  global: 'the name itself',
};

/** Globals of which a part is ambient: the members that are not, and the port for the others. */
export const partlyAmbientGlobals: Readonly<
  Record<string, { readonly banned: readonly string[]; readonly instead: string }>
> = {
  Math: { banned: ['random'], instead: 'Random' },
  Date: { banned: ['now'], instead: 'Clock.now' },
  AbortSignal: { banned: ['timeout'], instead: 'Timers.after and an AbortController' },
  Atomics: { banned: ['wait', 'waitAsync', 'pause'], instead: 'Timers.after' },
};
