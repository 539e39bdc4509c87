/** `onceward start`: a broker in the foreground, until it is told to stop. */
import { Broker } from '../broker/index.ts';
import { brokerSettings } from './broker-settings.ts';
import { givenDirectory } from './data-directory.ts';
import type { LogLevel } from './options.ts';
import { explainStart } from './refusal.ts';
import { stderrLogger } from './stderr-logger.ts';
import { aborted, stopSignal, within } from './stop-signals.ts';

export interface StartOptions {
  readonly data?: string;
  /** A properties file. */
  readonly config?: string;
  readonly host?: string;
  readonly port?: number;
  readonly set?: Readonly<Record<string, string>>;
  readonly logLevel: LogLevel;
}

/** Milliseconds that stopping may take. */
const STOP_MS_MAX = 30_000;

/** Returns the exit code. @throws Refusal */
export async function startCommand(options: StartOptions): Promise<number> {
  const { logLevel } = options;
  const stop = stopSignal();
  const logger = stderrLogger('debug');
  const config = await brokerSettings(options);
  const listens = 'listeners' in config;
  const host = options.host ?? (listens ? undefined : '127.0.0.1');
  const port = options.port ?? (listens ? undefined : 9092);
  const directory = options.data === undefined ? undefined : await givenDirectory(options.data);
  let broker: Broker;
  try {
    broker = await Broker.start({
      ...(host === undefined ? {} : { host }),
      ...(port === undefined ? {} : { port }),
      config,
      logger,
      logLevel,
      ...(directory === undefined ? {} : { dataDirectory: directory.path }),
    });
  } catch (error) {
    throw explainStart(
      error,
      host === undefined || port === undefined ? undefined : { host, port },
      directory?.path ?? '',
    );
  }
  process.stdout.write(`listening on ${broker.bootstrap}\n`);
  await aborted(stop);
  const own = stderrLogger(logLevel);
  own.info('stopping');
  if (!(await within(STOP_MS_MAX, broker.close()))) {
    // Nothing is lost: the next start recovers the log as it does after a crash.
    own.warn('stopped without waiting any longer', { milliseconds: STOP_MS_MAX });
  }
  return 0;
}
