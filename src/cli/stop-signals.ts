/** Ctrl-C and its kin: the first asks the command to stop, the second ends the process at once. */

const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;
type StopSignal = keyof typeof exitCodes;

/** Why a command was told to stop. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
  /** 128 and the signal's number, as shells expect. */
  readonly exitCode: number;
  constructor(signal: StopSignal) {
    super(`stopped by ${signal}`);
    this.exitCode = exitCodes[signal];
  }
}

/** Aborts, with a `Stopped`, at the first signal. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const signal of Object.keys(exitCodes) as StopSignal[]) {
    process.on(signal, () => {
      const stopped = new Stopped(signal);
      if (controller.signal.aborted) process.exit(stopped.exitCode);
      controller.abort(stopped);
    });
  }
  return controller.signal;
}

/** Resolves when the signal aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Waits for `work`, but no longer than `ms`. Returns whether it was done in time; its failure counts as done. */
export async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([
      work.then(
        () => true,
        () => true,
      ),
      late,
    ]);
  } finally {
    clearTimeout(timer);
  }
}
