/**
 * ListTransactions (key 66): the transactional ids of a coordinator (KIP-664). Versions 0-2; since 1 filtered by duration
 * (KIP-994), since 2 by a pattern (KIP-1152). Left out: nothing.
 */
import { api, array, type Infer, type InferInput, int16, int32, int64, message, string } from '../schema.ts';

export const listTransactionsRequest = message('ListTransactionsRequest', {
  versions: '0-2',
  flexible: '0+',
  fields: {
    /** Empty: all. */
    stateFilters: array(string()),
    /** Empty: all. */
    producerIdFilters: array(int64()),
    /** Milliseconds that a transaction must have been open for; negative: all. */
    durationFilter: int64({ versions: '1+', default: -1 }),
    /** Of RE2's syntax, for whole transactional ids; null or empty: all. */
    transactionalIdPattern: string({ versions: '2+', nullable: '2+', default: null }),
  },
});

export const listTransactionsResponse = message('ListTransactionsResponse', {
  versions: '0-2',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    /** Those of the request that name no state. */
    unknownStateFilters: array(string()),
    transactionStates: array({ transactionalId: string(), producerId: int64(), transactionState: string() }),
  },
});

export const listTransactions = api({
  key: 66,
  name: 'ListTransactions',
  request: listTransactionsRequest,
  response: listTransactionsResponse,
});

export type ListTransactionsRequest = Infer<typeof listTransactionsRequest>;
export type ListTransactionsRequestInput = InferInput<typeof listTransactionsRequest>;
export type ListTransactionsResponse = Infer<typeof listTransactionsResponse>;
export type ListTransactionsResponseInput = InferInput<typeof listTransactionsResponse>;
