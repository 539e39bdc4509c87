/** EndTxn (key 26), versions 0-5: commits or aborts; since 5 (TV2) the answer carries the epoch to go on with. Left out: nothing. */
import { endTxn } from '../../wire/index.ts';
import { handler } from './handler.ts';

export const endTxnHandler = handler(endTxn, (request, call, { transactions }) => transactions.endTxn(request, call));
