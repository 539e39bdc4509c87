/** What the command line tells a person who can do something about it: the cause and the cure, and no stack trace. */
import { DirectoryLockedError, KafkaError, SystemError } from '../core/index.ts';

/** Ends the command with exit code 1 and this message alone. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

export function codeOf(error: unknown): string | undefined {
  if (error instanceof SystemError) return error.code;
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** Where `--host` and `--port` had the broker listen; undefined: `listeners` said it. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** The error of `Broker.start`, in words for the command line; anything unforeseen stays as it is. */
export function explainStart(error: unknown, address: Address | undefined, directory: string): unknown {
  if (error instanceof DirectoryLockedError) return new Refusal(error.message);
  const ofDirectory = (error as { path?: unknown } | null)?.path !== undefined;
  // The broker's own message names the listener and the cure.
  if (address === undefined && error instanceof SystemError && !ofDirectory) return new Refusal(error.message);
  const { host, port } = address ?? { host: '', port: 0 };
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return new Refusal(
        `port ${port} on ${host} is in use: stop the program that holds it, or choose another with --port (0 picks a free one)`,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new Refusal(
        `${host} is not an address of this machine: choose another with --host, for example 127.0.0.1`,
      );
    case 'EACCES':
    case 'EPERM':
      if (!ofDirectory) {
        return new Refusal(`port ${port} may not be opened by this user: choose one above 1023 with --port`);
      }
      return explainDirectory(error, directory);
    case 'EROFS':
    case 'ENOTDIR':
    case 'ENOSPC':
    case 'EEXIST':
    case 'EDQUOT':
      return explainDirectory(error, directory);
    default:
      // The broker's own refusals (a bad property, say) name the cure; anything else is a fault of ours.
      if (error instanceof SystemError || KafkaError.is(error)) return new Refusal(error.message);
      return error instanceof Error && error.constructor === Error ? new Refusal(error.message) : error;
  }
}

/** The error of making or writing a data directory. */
export function explainDirectory(error: unknown, directory: string): unknown {
  const cure = 'choose another with --data';
  switch (codeOf(error)) {
    case 'EACCES':
    case 'EPERM':
      return new Refusal(
        `the data directory ${directory} may not be written by this user: change its owner, or ${cure}`,
      );
    case 'EROFS':
      return new Refusal(`the data directory ${directory} is on a read-only file system: ${cure}`);
    case 'ENOTDIR':
    case 'EEXIST':
      return new Refusal(`the data directory ${directory} cannot be made, a file is in its way: ${cure}`);
    case 'ENOSPC':
    case 'EDQUOT':
      return new Refusal(`no space is left for the data directory ${directory}: free some, or ${cure}`);
    case 'ENOENT':
      return new Refusal(`the data directory ${directory} cannot be made there: ${cure}`);
    case 'ENAMETOOLONG':
      return new Refusal(`the name of the data directory ${directory} is too long for the file system: ${cure}`);
    default:
      return error;
  }
}
