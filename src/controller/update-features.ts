/**
 * Decides on UpdateFeatures (KIP-584): the records of all levels asked for, or the first refusal. Pure over the image; the
 * order of the checks and the wording are Kafka's. The version of the metadata never falls: its records might not be
 * known to the lower one.
 */
import { KafkaError } from '../core/index.ts';
import { METADATA_VERSION, supportedFeatures } from './features.ts';
import type { MetadataImage } from './image.ts';
import type { NewMetadataRecord } from './metadata-records.ts';

export interface FeatureUpdate {
  readonly feature: string;
  /** 0: off. */
  readonly maxVersionLevel: number;
  readonly upgradeType: number;
}

const UPGRADE = 1;
const SAFE_DOWNGRADE = 2;
const UNSAFE_DOWNGRADE = 3;

/** A feature that comes twice counts as it comes last. @throws KafkaError INVALID_UPDATE_VERSION */
export function decideUpdateFeatures(
  image: MetadataImage,
  updates: readonly FeatureUpdate[],
  controllerId: number,
): NewMetadataRecord[] {
  const records: NewMetadataRecord[] = [];
  const byName = new Map(updates.map((update) => [update.feature, update]));
  for (const update of byName.values()) {
    const problem = problemOf(update, image, controllerId);
    if (problem !== undefined) {
      const which = 'The update failed for all features since the following feature had an error: ';
      throw new KafkaError('INVALID_UPDATE_VERSION', `${which}${problem}`);
    }
    const { feature: name, maxVersionLevel: featureLevel } = update;
    if (image.featureLevel(name) === featureLevel) continue;
    records.push({ type: 'FeatureLevelRecord', value: { name, featureLevel } });
  }
  return records;
}

function problemOf(update: FeatureUpdate, image: MetadataImage, controllerId: number): string | undefined {
  const { feature, maxVersionLevel, upgradeType } = update;
  const invalid = (why: string) => `Invalid update version ${maxVersionLevel} for feature ${feature}. ${why}`;
  if (upgradeType < UPGRADE || upgradeType > UNSAFE_DOWNGRADE) {
    return invalid('The controller does not support the given upgrade type.');
  }
  const range = supportedFeatures.find(({ name }) => name === feature);
  if (maxVersionLevel < 0) return invalid('A feature version cannot be less than 0.');
  if (range === undefined && maxVersionLevel === 0) return invalid(`Feature ${feature} not found.`);
  if (range === undefined) return invalid(`Local controller ${controllerId} does not support this feature.`);
  if (maxVersionLevel < range.min || maxVersionLevel > range.max) {
    return invalid(`Local controller ${controllerId} only supports versions ${range.min}-${range.max}`);
  }
  const current = image.featureLevel(feature);
  if (maxVersionLevel > current && upgradeType !== UPGRADE) return invalid("Can't downgrade to a newer version.");
  if (maxVersionLevel >= current) return undefined;
  if (upgradeType === UPGRADE) {
    return invalid(
      "Can't downgrade the version of this feature without setting the upgrade type to either safe or unsafe downgrade.",
    );
  }
  if (feature !== METADATA_VERSION) return undefined;
  const why =
    upgradeType === SAFE_DOWNGRADE
      ? 'Refusing to perform the requested downgrade because it might delete metadata information.'
      : 'Unsafe metadata downgrade is not supported in this version.';
  return `Unsupported metadata.version downgrade from ${current} to ${maxVersionLevel}. ${why}`;
}
