/** Features of the cluster, such as `transaction.version`, and the levels that they are at (KIP-584). */
import { apiVersions, updateFeatures } from '../../wire/index.ts';
import { SOFTWARE } from '../connections/connection.ts';
import { brokerError, type ClientError, PartialFailureError } from '../errors.ts';
import type { AdminCall } from './call.ts';
import { refuseUnknownFields, refuseUnknownValue } from './given.ts';
import { labelled } from './items.ts';
import { controllerOf } from './routes.ts';

export interface FeatureMetadata {
  /** What holds for the whole cluster; a feature that is not here is at level 0. */
  readonly finalizedFeatures: ReadonlyMap<string, number>;
  /** Grows with each change; -1 where the broker does not tell. */
  readonly finalizedFeaturesEpoch: number;
  /** What the broker that answered is able to. */
  readonly supportedFeatures: ReadonlyMap<string, { readonly minVersion: number; readonly maxVersion: number }>;
}

export interface FeatureUpdate {
  readonly feature: string;
  /** 0 removes it. */
  readonly level: number;
  /** `UPGRADE` where it is left out; a safe downgrade loses nothing, an unsafe one may. */
  readonly upgradeType?: keyof typeof upgradeTypes;
}

const upgradeTypes = { UPGRADE: 1, SAFE_DOWNGRADE: 2, UNSAFE_DOWNGRADE: 3 } as const;

export function describeFeaturesBy(call: AdminCall): Promise<FeatureMetadata> {
  const place = () => call.cluster.anyConnection();
  return call.ask('ApiVersions', place, async (connection) => {
    const answer = await call.send(connection, apiVersions, SOFTWARE, { min: 3 });
    if (answer.errorCode !== 0) throw brokerError(answer.errorCode, 'ApiVersions');
    return {
      finalizedFeatures: new Map(answer.finalizedFeatures.map(({ name, maxVersionLevel }) => [name, maxVersionLevel])),
      finalizedFeaturesEpoch: answer.finalizedFeaturesEpoch,
      supportedFeatures: new Map(
        answer.supportedFeatures.map(({ name, minVersion, maxVersion }) => [name, { minVersion, maxVersion }]),
      ),
    };
  });
}

export async function updateFeaturesBy(
  call: AdminCall,
  updates: readonly FeatureUpdate[],
  validateOnly: boolean,
): Promise<void> {
  refuseUnknownFields('an update of a feature', updates, { feature: true, level: true, upgradeType: true });
  for (const { feature, upgradeType = 'UPGRADE' } of updates) {
    refuseUnknownValue(`the upgradeType of ${feature} is one of`, upgradeType, upgradeTypes);
  }
  labelled(updates, ({ feature }) => feature);
  const what = 'UpdateFeatures';
  await call.ask(
    what,
    () => controllerOf(call),
    async (connection) => {
      const answer = await call.send(
        connection,
        updateFeatures,
        {
          timeoutMs: call.requestTimeoutMs,
          featureUpdates: updates.map(({ feature, level, upgradeType = 'UPGRADE' }) => ({
            feature,
            maxVersionLevel: level,
            upgradeType: upgradeTypes[upgradeType],
          })),
          validateOnly,
        },
        { min: 1 },
      );
      if (answer.errorCode !== 0) throw brokerError(answer.errorCode, what, answer.errorMessage);
      const failures = new Map<string, ClientError>();
      for (const { feature, errorCode, errorMessage } of answer.results) {
        if (errorCode !== 0) failures.set(feature, brokerError(errorCode, `feature ${feature}`, errorMessage));
      }
      if (failures.size > 0) throw new PartialFailureError(what, failures, []);
    },
  );
}
