/** The admin client's options. */
import { type ClientConfig, commonOptions, normaliseClient, type Surroundings } from './common.ts';
import { type GivenNotTaken, type GivenOptions, integer } from './normalise.ts';
import { adminNotTaken } from './not-taken.ts';

export const adminOptions = {
  ...commonOptions,
  'default.api.timeout.ms': integer('How long a call may take, retries included.', 60_000, 1),
};

export type AdminOptions = GivenOptions<typeof adminOptions> & GivenNotTaken<typeof adminNotTaken> & Surroundings;
export type AdminConfig = ClientConfig<typeof adminOptions>;

export function normaliseAdminOptions(given: AdminOptions): AdminConfig {
  return normaliseClient(adminOptions, given, 'the admin client', adminNotTaken).config;
}
