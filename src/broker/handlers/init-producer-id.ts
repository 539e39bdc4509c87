/** InitProducerId (key 22), versions 0-5. Left out: 6, two-phase commit. */
import { initProducerId } from '../../wire/index.ts';
import { handler } from './handler.ts';

export const initProducerIdHandler = handler(initProducerId, (request, call, { transactions }) =>
  transactions.initProducerId(request, call),
);
