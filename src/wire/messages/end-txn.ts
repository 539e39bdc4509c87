/**
 * EndTxn (key 26): commits or aborts. Versions 0-5; with 5 (TV2, KIP-890) each transaction ends in a new epoch, which the
 * response carries. Left out: nothing.
 */
import { api, bool, type Infer, type InferInput, int16, int32, int64, message, string } from '../schema.ts';

export const endTxnRequest = message('EndTxnRequest', {
  versions: '0-5',
  flexible: '3+',
  fields: {
    transactionalId: string(),
    producerId: int64(),
    producerEpoch: int16(),
    /** True commits, false aborts. */
    committed: bool(),
  },
});

export const endTxnResponse = message('EndTxnResponse', {
  versions: '0-5',
  flexible: '3+',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    /** What the producer goes on with. */
    producerId: int64({ versions: '5+', default: -1 }),
    producerEpoch: int16({ versions: '5+', default: -1 }),
  },
});

export const endTxn = api({ key: 26, name: 'EndTxn', request: endTxnRequest, response: endTxnResponse });

export type EndTxnRequest = Infer<typeof endTxnRequest>;
export type EndTxnRequestInput = InferInput<typeof endTxnRequest>;
export type EndTxnResponse = Infer<typeof endTxnResponse>;
export type EndTxnResponseInput = InferInput<typeof endTxnResponse>;
