/** The admin client's options. */
import { type ClientConfig, commonOptions, normaliseClient, type Surroundings } from './common.ts';
import { type GivenOptions, integer } from './normalise.ts';

export const adminOptions = {
  ...commonOptions,
  'default.api.timeout.ms': integer('How long a call may take, retries included.', 60_000, 1),
};

export type AdminOptions = GivenOptions<typeof adminOptions> & Surroundings;
export type AdminConfig = ClientConfig<typeof adminOptions>;

export function normaliseAdminOptions(given: AdminOptions): AdminConfig {
  return normaliseClient(adminOptions, given, 'the admin client').config;
}
