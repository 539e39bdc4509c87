/**
 * DescribeConfigs (key 32): configurations of topics, brokers and groups, with where each value comes from. Versions 1-4; 0 was
 * removed in Kafka 4.0. Left out: nothing.
 */
import { api, array, bool, type Infer, type InferInput, int8, int16, int32, message, string } from '../schema.ts';

export const describeConfigsRequest = message('DescribeConfigsRequest', {
  versions: '1-4',
  flexible: '4+',
  fields: {
    resources: array({
      /** 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group. */
      resourceType: int8(),
      resourceName: string(),
      /** Null: all of them. */
      configurationKeys: array(string(), { nullable: '0+' }),
    }),
    includeSynonyms: bool(),
    includeDocumentation: bool({ versions: '3+' }),
  },
});

export const describeConfigsResponse = message('DescribeConfigsResponse', {
  versions: '1-4',
  flexible: '4+',
  fields: {
    throttleTimeMs: int32(),
    results: array({
      errorCode: int16(),
      errorMessage: string({ nullable: '0+' }),
      resourceType: int8(),
      resourceName: string(),
      configs: array({
        name: string(),
        value: string({ nullable: '0+' }),
        readOnly: bool(),
        /** 1 of the topic, 2 of the broker, 3 default of all brokers, 4 the broker's file, 5 Kafka's default, 8 of the group. */
        configSource: int8({ default: -1 }),
        isSensitive: bool(),
        /** Where else the value could come from, the strongest first. */
        synonyms: array({ name: string(), value: string({ nullable: '0+' }), source: int8() }),
        /** 1 boolean, 2 string, 3 int, 4 short, 5 long, 6 double, 7 list, 8 class, 9 password; 0 unknown. */
        configType: int8({ versions: '3+' }),
        documentation: string({ versions: '3+', nullable: '0+' }),
      }),
    }),
  },
});

export const describeConfigs = api({
  key: 32,
  name: 'DescribeConfigs',
  request: describeConfigsRequest,
  response: describeConfigsResponse,
});

export type DescribeConfigsRequest = Infer<typeof describeConfigsRequest>;
export type DescribeConfigsRequestInput = InferInput<typeof describeConfigsRequest>;
export type DescribeConfigsResponse = Infer<typeof describeConfigsResponse>;
export type DescribeConfigsResponseInput = InferInput<typeof describeConfigsResponse>;
