/**
 * ListTransactions (key 66), versions 0-2: the transactional ids of this coordinator, by state, producer id, since 1 by
 * duration, since 2 by a pattern in RE2's syntax. A pattern is matched in time that grows with its size times the id's
 * length and never explodes; one that is too large, or that does too much work over all ids together, is refused like one
 * that is malformed (INVALID_REGULAR_EXPRESSION). Left out: nothing.
 */
import { listTransactions } from '../../wire/index.ts';
import { handler } from './handler.ts';

export const listTransactionsHandler = handler(listTransactions, (request, _call, { transactions }) =>
  transactions.listTransactions(request),
);
