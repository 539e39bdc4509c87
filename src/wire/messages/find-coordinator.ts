/**
 * FindCoordinator (key 10): which broker keeps a group or a transactional id. Versions 0-6; since 4 several keys at once
 * (`coordinatorKeys`, `coordinators`), before it one (`key`, and the answer in the response itself). Left out: nothing.
 */
import { api, array, type Infer, type InferInput, int8, int16, int32, message, string } from '../schema.ts';

export const findCoordinatorRequest = message('FindCoordinatorRequest', {
  versions: '0-6',
  flexible: '3+',
  fields: {
    key: string({ versions: '0-3' }),
    /** 0 group, 1 transactional id, 2 share group's partition (6+). */
    keyType: int8({ versions: '1+' }),
    coordinatorKeys: array(string(), { versions: '4+' }),
  },
});

export const findCoordinatorResponse = message('FindCoordinatorResponse', {
  versions: '0-6',
  flexible: '3+',
  fields: {
    throttleTimeMs: int32({ versions: '1+' }),
    errorCode: int16({ versions: '0-3' }),
    errorMessage: string({ versions: '1-3', nullable: '1-3' }),
    nodeId: int32({ versions: '0-3' }),
    host: string({ versions: '0-3' }),
    port: int32({ versions: '0-3' }),
    coordinators: array(
      {
        key: string(),
        nodeId: int32(),
        host: string(),
        port: int32(),
        errorCode: int16(),
        errorMessage: string({ nullable: '4+' }),
      },
      { versions: '4+' },
    ),
  },
});

export const findCoordinator = api({
  key: 10,
  name: 'FindCoordinator',
  request: findCoordinatorRequest,
  response: findCoordinatorResponse,
});

export type FindCoordinatorRequest = Infer<typeof findCoordinatorRequest>;
export type FindCoordinatorRequestInput = InferInput<typeof findCoordinatorRequest>;
export type FindCoordinatorResponse = Infer<typeof findCoordinatorResponse>;
export type FindCoordinatorResponseInput = InferInput<typeof findCoordinatorResponse>;
