/**
 * UpdateFeatures (key 57): sets the levels of the cluster's features, such as `transaction.version` (KIP-584). Versions 0-2; 2
 * has no results for single features: all of them are changed or none. Left out: nothing.
 */
import { api, array, bool, type Infer, type InferInput, int8, int16, int32, message, string } from '../schema.ts';

export const updateFeaturesRequest = message('UpdateFeaturesRequest', {
  versions: '0-2',
  flexible: '0+',
  fields: {
    timeoutMs: int32({ default: 60_000 }),
    featureUpdates: array({
      feature: string(),
      /** The level to set; below 1 turns the feature off. */
      maxVersionLevel: int16(),
      allowDowngrade: bool({ versions: '0' }),
      /** 1 upgrade, 2 downgrade where nothing is lost, 3 downgrade anyway. */
      upgradeType: int8({ versions: '1+', default: 1 }),
    }),
    /** Only say whether it would succeed. */
    validateOnly: bool({ versions: '1+' }),
  },
});

export const updateFeaturesResponse = message('UpdateFeaturesResponse', {
  versions: '0-2',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
    results: array(
      { feature: string(), errorCode: int16(), errorMessage: string({ nullable: '0+' }) },
      { versions: '0-1' },
    ),
  },
});

export const updateFeatures = api({
  key: 57,
  name: 'UpdateFeatures',
  request: updateFeaturesRequest,
  response: updateFeaturesResponse,
});

export type UpdateFeaturesRequest = Infer<typeof updateFeaturesRequest>;
export type UpdateFeaturesRequestInput = InferInput<typeof updateFeaturesRequest>;
export type UpdateFeaturesResponse = Infer<typeof updateFeaturesResponse>;
export type UpdateFeaturesResponseInput = InferInput<typeof updateFeaturesResponse>;
