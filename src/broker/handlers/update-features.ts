/**
 * UpdateFeatures (key 57), versions 0-2: sets the levels of features, such as `transaction.version`, all of them or none.
 * Left out: `timeoutMs` and, as in Kafka, `allowDowngrade` (version 0); downgrades of `metadata.version`.
 */
import { ErrorCode, KafkaError } from '../../core/index.ts';
import { updateFeatures } from '../../wire/index.ts';
import { handler } from './handler.ts';

export const updateFeaturesHandler = handler(updateFeatures, async (request, _call, { controller }) => {
  const { featureUpdates, validateOnly } = request;
  try {
    await controller.updateFeatures(featureUpdates, { validateOnly });
  } catch (error) {
    if (!KafkaError.is(error)) throw error;
    return { errorCode: error.errorCode, errorMessage: error.message, results: [] };
  }
  const results = featureUpdates.map(({ feature }) => ({ feature, errorCode: ErrorCode.NONE, errorMessage: 'NONE' }));
  return { errorMessage: null, results };
});
