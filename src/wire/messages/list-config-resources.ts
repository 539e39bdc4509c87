/**
 * ListConfigResources (key 74): the resources that have a configuration. Versions 0-1; version 0 lists client metrics only
 * (KIP-1142). Left out: nothing.
 */
import { api, array, type Infer, type InferInput, int8, int16, int32, message, string } from '../schema.ts';

export const listConfigResourcesRequest = message('ListConfigResourcesRequest', {
  versions: '0-1',
  flexible: '0+',
  fields: {
    /** Empty: all types. */
    resourceTypes: array(int8(), { versions: '1+' }),
  },
});

export const listConfigResourcesResponse = message('ListConfigResourcesResponse', {
  versions: '0-1',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    configResources: array({
      resourceName: string(),
      resourceType: int8({ versions: '1+', default: 16 }),
    }),
  },
});

export const listConfigResources = api({
  key: 74,
  name: 'ListConfigResources',
  request: listConfigResourcesRequest,
  response: listConfigResourcesResponse,
});

export type ListConfigResourcesRequest = Infer<typeof listConfigResourcesRequest>;
export type ListConfigResourcesRequestInput = InferInput<typeof listConfigResourcesRequest>;
export type ListConfigResourcesResponse = Infer<typeof listConfigResourcesResponse>;
export type ListConfigResourcesResponseInput = InferInput<typeof listConfigResourcesResponse>;
