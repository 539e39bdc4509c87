/**
 * IncrementalAlterConfigs (key 44): changes single properties and leaves the others as they are (KIP-339). Versions 0-1.
 * Left out: nothing.
 */
import { api, array, bool, type Infer, type InferInput, int8, int16, int32, message, string } from '../schema.ts';

export const incrementalAlterConfigsRequest = message('IncrementalAlterConfigsRequest', {
  versions: '0-1',
  flexible: '1+',
  fields: {
    resources: array({
      /** 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group. */
      resourceType: int8(),
      resourceName: string(),
      configs: array({
        name: string(),
        /** 0 set, 1 delete, 2 append to a list, 3 take out of a list. */
        configOperation: int8(),
        value: string({ nullable: '0+' }),
      }),
    }),
    validateOnly: bool(),
  },
});

export const incrementalAlterConfigsResponse = message('IncrementalAlterConfigsResponse', {
  versions: '0-1',
  flexible: '1+',
  fields: {
    throttleTimeMs: int32(),
    responses: array({
      errorCode: int16(),
      errorMessage: string({ nullable: '0+' }),
      resourceType: int8(),
      resourceName: string(),
    }),
  },
});

export const incrementalAlterConfigs = api({
  key: 44,
  name: 'IncrementalAlterConfigs',
  request: incrementalAlterConfigsRequest,
  response: incrementalAlterConfigsResponse,
});

export type IncrementalAlterConfigsRequest = Infer<typeof incrementalAlterConfigsRequest>;
export type IncrementalAlterConfigsRequestInput = InferInput<typeof incrementalAlterConfigsRequest>;
export type IncrementalAlterConfigsResponse = Infer<typeof incrementalAlterConfigsResponse>;
export type IncrementalAlterConfigsResponseInput = InferInput<typeof incrementalAlterConfigsResponse>;
