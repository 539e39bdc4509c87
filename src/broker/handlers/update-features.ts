/**
 * UpdateFeatures (key 57), versions 0-2: sets the level of a feature, such as `transaction.version`. Left out: a check
 * of what a downgrade would lose (no level of a feature here loses data).
 */
import { ErrorCode, KafkaError } from '../../core/index.ts';
import { updateFeatures } from '../../wire/index.ts';
import { handler } from './handler.ts';

const SAFE_DOWNGRADE = 2;
const UNSAFE_DOWNGRADE = 3;

export const updateFeaturesHandler = handler(updateFeatures, async (request, { apiVersion }, { controller, image }) => {
  const results: { feature: string; errorCode: number; errorMessage: string | null }[] = [];
  for (const { feature, maxVersionLevel, allowDowngrade, upgradeType } of request.featureUpdates) {
    const mayFall =
      apiVersion === 0 ? allowDowngrade : upgradeType === SAFE_DOWNGRADE || upgradeType === UNSAFE_DOWNGRADE;
    try {
      const level = Math.max(0, maxVersionLevel);
      if (level < image.featureLevel(feature) && !mayFall) {
        throw new KafkaError(
          'INVALID_UPDATE_VERSION',
          `${feature} is at level ${image.featureLevel(feature)}: ask for a downgrade to lower it to ${level}.`,
        );
      }
      await controller.updateFeature(feature, level, { validateOnly: request.validateOnly });
      results.push({ feature, errorCode: ErrorCode.NONE, errorMessage: null });
    } catch (error) {
      if (!KafkaError.is(error)) throw error;
      results.push({ feature, errorCode: error.errorCode, errorMessage: error.message });
    }
  }
  // Version 2 has no results for single features: the first error stands for all.
  const failed = apiVersion >= 2 ? results.find(({ errorCode }) => errorCode !== ErrorCode.NONE) : undefined;
  return {
    errorCode: failed?.errorCode ?? ErrorCode.NONE,
    errorMessage: failed?.errorMessage ?? null,
    results,
  };
});
