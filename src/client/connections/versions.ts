/** What a broker said that it speaks, and the newest version of each API in common with it. */
import type { Api } from '../../wire/index.ts';
import { ClientError } from '../errors.ts';

/** Versions that the caller wants beyond what client and broker have in common. */
export interface VersionLimits {
  readonly min?: number;
  readonly max?: number;
}

export class SpokenVersions {
  private readonly broker: string;
  private readonly ranges = new Map<number, { readonly min: number; readonly max: number }>();

  /** `broker`: for the errors. */
  constructor(broker: string) {
    this.broker = broker;
  }

  learn(
    apiKeys: readonly { readonly apiKey: number; readonly minVersion: number; readonly maxVersion: number }[],
  ): void {
    for (const { apiKey, minVersion, maxVersion } of apiKeys) {
      this.ranges.set(apiKey, { min: minVersion, max: maxVersion });
    }
  }

  /** -1: there is none. */
  common(api: Api, limits: VersionLimits): number {
    const range = this.ranges.get(api.key);
    if (range === undefined) return -1;
    const version = Math.min(api.maxVersion, range.max, limits.max ?? api.maxVersion);
    return version >= Math.max(api.minVersion, range.min, limits.min ?? 0) ? version : -1;
  }

  /** @throws ClientError UNSUPPORTED_VERSION */
  needed(api: Api, limits: VersionLimits): number {
    const version = this.common(api, limits);
    if (version >= 0) return version;
    const range = this.ranges.get(api.key);
    const theirs = range ? `${range.min} to ${range.max}` : 'none';
    const ours = `${Math.max(api.minVersion, limits.min ?? 0)} to ${Math.min(api.maxVersion, limits.max ?? api.maxVersion)}`;
    throw new ClientError(
      'UNSUPPORTED_VERSION',
      `${api.name} in a version of ${ours} is needed, the broker at ${this.broker} has ${theirs}`,
    );
  }
}
