/** What Kafka does not know: the properties of this broker alone. */
import { boolean } from '../../controller/index.ts';

export const ownConfigs = {
  'acks.all.fdatasync': boolean(
    'true',
    'Not Kafka’s. Whether a partition with one replica answers acks=all, and its coordinators, only after an fdatasync. ' +
      'false: an acknowledged record survives the death of the process, not that of the machine.',
  ),
};
