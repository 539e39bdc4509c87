#!/usr/bin/env node
/** The command line: reads the arguments, runs one command, turns its end into an exit code. */
import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { logLevels, parsePath, parsePort, parseSetting } from './options.ts';
import type { ProveOptions } from './prove-command.ts';
import { Refusal } from './refusal.ts';
import type { StartOptions } from './start-command.ts';
import { Stopped } from './stop-signals.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('onceward')
  .description("Kafka's delivery guarantees: a broker in one process, and the proof of what is lost and duplicated.")
  .version(version)
  .showHelpAfterError('(--help says more)')
  .addHelpText(
    'after',
    `
Examples:
  onceward start --data ./kafka-data     a broker on 127.0.0.1:9092 for any Kafka client
  onceward prove --once                  what each guarantee loses and duplicates, counted
  onceward help prove                    all about the proof`,
  );

program
  .command('start')
  .summary('run a broker')
  .description(
    'Runs a Kafka-compatible broker in the foreground. Prints one line, "listening on HOST:PORT", once it answers; ' +
      'logs go to standard error. Ctrl-C or SIGTERM stops it; a second one ends it at once.',
  )
  .option(
    '-d, --data <dir>',
    'where topics and offsets are kept (default: log.dirs; else in memory, gone at the end)',
    parsePath,
  )
  .option(
    '-p, --port <port>',
    'port to listen on; 0 picks a free one (default: that of listeners, else 9092)',
    parsePort,
  )
  .option('--host <host>', 'address to listen on (default: that of listeners, else 127.0.0.1)')
  .option('-c, --config <file>', "a server.properties with Kafka's names", parsePath)
  .option(
    '-s, --set <key=value>',
    "a broker property by Kafka's name, before that of the file; may be given several times",
    parseSetting,
  )
  .addOption(new Option('--log-level <level>', 'least level that is logged').choices(logLevels).default('info'))
  .addHelpText(
    'after',
    `
Examples:
  onceward start --data ./kafka-data
  onceward start --config server.properties --set log.retention.hours=24
  onceward start --port 0 --set num.partitions=3 --set log.retention.ms=3600000`,
  )
  .action(async (options: StartOptions) => {
    const { startCommand } = await import('./start-command.ts');
    await end(startCommand(options));
  });

program
  .command('prove')
  .summary('show what each delivery guarantee loses and duplicates')
  .description(
    'The main job: starts a broker, feeds it input, runs a consume-transform-produce pipeline to two topics under ' +
      'at-most-once, at-least-once and exactly-once, breaks it in each by the same plan of faults, and counts the ' +
      'outputs against the inputs. Then the broker stays up for your own clients until Ctrl-C.',
  )
  .option(
    '-i, --input <file>',
    'your own input, one JSON value a line (default: the flights of vega-datasets)',
    parsePath,
  )
  .option('-1, --once', 'end after the table instead of staying up', false)
  .option('-r, --report <file>', 'also write the result as JSON', parsePath)
  .option('-d, --data <dir>', 'keep the data there (default: a temporary directory, removed at the end)', parsePath)
  .addOption(portOption())
  .addOption(hostOption())
  .addHelpText(
    'after',
    `
Exit code: 0 when every promise held, 1 when one was broken or the run was refused, 130 after Ctrl-C.

Examples:
  onceward prove
  onceward prove --once --report result.json
  onceward prove --once --input orders.ndjson --port 0`,
  )
  .action(async (options: ProveOptions) => {
    const { proveCommand } = await import('./prove-command.ts');
    await end(proveCommand(options));
  });

function portOption(): Option {
  return new Option('-p, --port <port>', 'port to listen on; 0 picks a free one').argParser(parsePort).default(9092);
}
function hostOption(): Option {
  return new Option('--host <host>', 'address to listen on').default('127.0.0.1');
}

/** Ends the process: whatever still runs in it (a client that was killed on purpose) must not keep it. */
async function end(command: Promise<number>): Promise<void> {
  let code = 1;
  try {
    code = await command;
  } catch (error) {
    if (error instanceof Stopped) code = error.exitCode;
    else if (error instanceof Refusal) process.stderr.write(`error: ${error.message}\n`);
    else process.stderr.write(`error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  }
  process.exit(code);
}

// A reader that has gone (`| head`) is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

await program.parseAsync();
