/** AddOffsetsToTxn (key 25), versions 0-4: a group's offsets enter a transaction (TV1). Left out: nothing. */
import { addOffsetsToTxn } from '../../wire/index.ts';
import { handler } from './handler.ts';

export const addOffsetsToTxnHandler = handler(addOffsetsToTxn, (request, call, { transactions }) =>
  transactions.addOffsetsToTxn(request, call),
);
