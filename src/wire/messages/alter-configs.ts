/**
 * AlterConfigs (key 33): sets the properties of topics, brokers, groups and client metrics; what is not named goes back to
 * its default. Versions 0-2. Left out: nothing.
 */
import { api, array, bool, type Infer, type InferInput, int8, int16, int32, message, string } from '../schema.ts';

export const alterConfigsRequest = message('AlterConfigsRequest', {
  versions: '0-2',
  flexible: '2+',
  fields: {
    resources: array({
      /** 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group. */
      resourceType: int8(),
      /** Of a broker: empty for the default of all. */
      resourceName: string(),
      configs: array({ name: string(), value: string({ nullable: '0+' }) }),
    }),
    validateOnly: bool(),
  },
});

export const alterConfigsResponse = message('AlterConfigsResponse', {
  versions: '0-2',
  flexible: '2+',
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

export const alterConfigs = api({
  key: 33,
  name: 'AlterConfigs',
  request: alterConfigsRequest,
  response: alterConfigsResponse,
});

export type AlterConfigsRequest = Infer<typeof alterConfigsRequest>;
export type AlterConfigsRequestInput = InferInput<typeof alterConfigsRequest>;
export type AlterConfigsResponse = Infer<typeof alterConfigsResponse>;
export type AlterConfigsResponseInput = InferInput<typeof alterConfigsResponse>;
