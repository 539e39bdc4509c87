/** Node's errors as the ports' `SystemError`. */
import { SystemError } from '../core/index.ts';

/** `what` says what was being done, e.g. `cannot open /data/a.log`. An error that is a SystemError stays as it is. */
export function systemError(cause: unknown, what: string, path?: string): SystemError {
  if (cause instanceof SystemError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new SystemError(codeOf(cause), `${what}: ${message}`, path, { cause });
}

/** The POSIX code; of several attempts (one for each address of a host name), that of the first. */
function codeOf(cause: unknown): string {
  if (cause instanceof AggregateError && cause.errors.length > 0) return codeOf(cause.errors[0]);
  if (typeof cause === 'object' && cause !== null && 'code' in cause && typeof cause.code === 'string') {
    return cause.code;
  }
  return 'EIO';
}
