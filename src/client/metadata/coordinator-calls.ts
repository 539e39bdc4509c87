/**
 * Requests to a coordinator, repeated until it decides: found again when it moved (15, 16) or cannot be reached, waited for
 * when it is busy (14, 51).
 */
import type { Connection } from '../connections/connection.ts';
import { asClientError, brokerError, type ClientError, isRetriableError, TimeoutError } from '../errors.ts';
import { within } from '../support/async.ts';
import type { Cluster, Deadline } from './cluster.ts';
import type { CoordinatorKind } from './coordinator-lookup.ts';

/** What an answer means: done, to be tried again (and for what code), or refused for good. */
export type Verdict<T> = { readonly done: T } | { readonly retry: number } | { readonly refused: ClientError };

/** Pause while a transaction is just being completed; such answers come in a row and are short-lived. */
const CONCURRENT_PAUSE_MS = 20;

/**
 * Returns once nothing is on its way any more: at the deadline, or with the signal, a request that is out is still waited
 * for. Who does not depend on that asks `whileWanted`.
 * @param attempt one request and what its answer means
 * @throws the refusal; TimeoutError at the deadline; ClosedError
 */
export async function askCoordinator<T>(
  cluster: Cluster,
  kind: CoordinatorKind,
  key: string,
  deadline: Deadline,
  what: string,
  attempt: (connection: Connection) => Promise<Verdict<T>>,
): Promise<T> {
  let concurrent = 0;
  for (let failures = 1; ; failures++) {
    deadline.signal?.throwIfAborted();
    let failure: ClientError;
    try {
      const verdict = await attempt(await cluster.coordinatorConnection(kind, key));
      if ('done' in verdict) return verdict.done;
      if ('refused' in verdict) throw verdict.refused;
      failure = brokerError(verdict.retry, what);
      if (failure.code === 'CONCURRENT_TRANSACTIONS' && cluster.left(deadline) > 0 && concurrent++ < 50) {
        await cluster.sleep(CONCURRENT_PAUSE_MS, deadline.signal);
        failures = 0;
        continue;
      }
      if (moved.has(failure.code)) cluster.forgetCoordinator(kind, key);
    } catch (error) {
      if (!isRetriableError(error) || cluster.signal.aborted) throw error;
      cluster.forgetCoordinator(kind, key);
      failure = asClientError(error);
    }
    if (cluster.left(deadline) <= 0)
      throw new TimeoutError(`${what} took too long (last: ${failure.message})`, { cause: failure });
    cluster.runtime.instruments.retrying(what, failures, failure);
    await cluster.pause(failures, deadline);
  }
}

/**
 * What `asked` comes to, unless the deadline or the signal comes first, be a request out or not: it may still be done.
 * @throws what `asked` throws; TimeoutError; the signal's reason
 */
export function whileWanted<T>(cluster: Cluster, deadline: Deadline, what: string, asked: Promise<T>): Promise<T> {
  const late = (): Error => new TimeoutError(`${what} was not answered in time`);
  return within(cluster.runtime.timers, cluster.left(deadline), asked, late, deadline.signal);
}

const moved: ReadonlySet<string> = new Set(['NOT_COORDINATOR', 'COORDINATOR_NOT_AVAILABLE', 'REQUEST_TIMED_OUT']);
