/**
 * InitProducerId (key 22): a producer id and epoch; for a transactional id it also fences whoever had it. Versions 0-5; since
 * 3 a producer may ask to go on from its own id and epoch (KIP-360). Left out: 6, two-phase commit (KIP-939), which Kafka 4.3
 * itself marks as unstable.
 */
import { api, type Infer, type InferInput, int16, int32, int64, message, string } from '../schema.ts';

export const initProducerIdRequest = message('InitProducerIdRequest', {
  versions: '0-5',
  flexible: '2+',
  fields: {
    /** Null for a producer that is idempotent only. */
    transactionalId: string({ nullable: '0+' }),
    /** A transaction open for longer is aborted by the coordinator. */
    transactionTimeoutMs: int32(),
    /** What the producer has now; -1 where it starts. */
    producerId: int64({ versions: '3+', default: -1 }),
    producerEpoch: int16({ versions: '3+', default: -1 }),
  },
});

export const initProducerIdResponse = message('InitProducerIdResponse', {
  versions: '0-5',
  flexible: '2+',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    producerId: int64({ default: -1 }),
    producerEpoch: int16(),
  },
});

export const initProducerId = api({
  key: 22,
  name: 'InitProducerId',
  request: initProducerIdRequest,
  response: initProducerIdResponse,
});

export type InitProducerIdRequest = Infer<typeof initProducerIdRequest>;
export type InitProducerIdRequestInput = InferInput<typeof initProducerIdRequest>;
export type InitProducerIdResponse = Infer<typeof initProducerIdResponse>;
export type InitProducerIdResponseInput = InferInput<typeof initProducerIdResponse>;
