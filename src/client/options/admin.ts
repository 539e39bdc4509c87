/** The admin client's options. */
import { ConfigurationError } from '../errors.ts';
import { commonOptions, type Surroundings, surroundingNames } from './common.ts';
import { type GivenOptions, integer, normalise, type Options } from './normalise.ts';

export const adminOptions = {
  ...commonOptions,
  'default.api.timeout.ms': integer('How long a call may take, retries included.', 60_000, 1),
};

export type AdminOptions = GivenOptions<typeof adminOptions> & Surroundings;
export type AdminConfig = Options<typeof adminOptions>;

export function normaliseAdminOptions(given: AdminOptions): AdminConfig {
  const { options } = normalise(adminOptions, given, 'the admin client', surroundingNames);
  if (options.bootstrapServers.length === 0)
    throw new ConfigurationError('bootstrap.servers is missing: give host:port');
  return options;
}
