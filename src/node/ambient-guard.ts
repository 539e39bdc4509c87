/**
 * Makes the process's own clocks, timers and randomness refuse to work: for the simulator, in whose runs whoever uses
 * them breaks the promise that a run is a function of its seed.
 */

export class AmbientUseError extends Error {
  override readonly name = 'AmbientUseError';
  constructor(used: string) {
    super(`${used} was used in a simulated run, which makes it differ from the next one: take it from the ports`);
  }
}

const RealDate = Date;

/**
 * From now until the returned function is called each use throws AmbientUseError, and `used` is told of it as well,
 * in case the thrown error is swallowed.
 */
export function forbidAmbient(used: (error: AmbientUseError) => void): () => void {
  const refuse = (name: string) => (): never => {
    const error = new AmbientUseError(name);
    used(error);
    throw error;
  };
  class GuardedDate extends RealDate {
    constructor(...values: [] | [number | string | Date]) {
      if (values.length === 0) refuse('new Date()')();
      super(...(values as [number]));
    }
    static override now = refuse('Date.now');
  }
  const restores = [
    replace(globalThis, 'Date', GuardedDate),
    replace(Math, 'random', refuse('Math.random')),
    replace(globalThis.performance, 'now', refuse('performance.now')),
    replace(AbortSignal, 'timeout', refuse('AbortSignal.timeout')),
    replace(globalThis.crypto, 'getRandomValues', refuse('crypto.getRandomValues')),
    replace(globalThis.crypto, 'randomUUID', refuse('crypto.randomUUID')),
  ];
  for (const name of ['setTimeout', 'setInterval', 'setImmediate', 'fetch'] as const) {
    restores.push(replace(globalThis, name, refuse(name)));
  }
  return () => {
    for (const restore of restores) restore();
  };
}

function replace(target: object, name: string, value: unknown): () => void {
  const before = Object.getOwnPropertyDescriptor(target, name);
  Object.defineProperty(target, name, { value, configurable: true, writable: true });
  return () => {
    if (before === undefined) Reflect.deleteProperty(target, name);
    else Object.defineProperty(target, name, before);
  };
}
