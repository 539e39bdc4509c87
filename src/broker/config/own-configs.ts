/** What is in no table of Kafka’s: the properties of this broker alone, and those that Kafka knows only while it runs. */
import { boolean, long, withoutEffect } from '../../controller/index.ts';

export const ownConfigs = {
  'acks.all.fdatasync': boolean(
    'true',
    'Not Kafka’s. Whether a partition with one replica answers acks=all, and its coordinators, only after an fdatasync. ' +
      'false: an acknowledged record survives the death of the process, not that of the machine.',
  ),
};

/** Set by `kafka-reassign-partitions --throttle`, and told only once they are set. */
export const throttleConfigs = withoutEffect('one broker: there is nothing to copy', {
  'follower.replication.throttled.rate': long(null, 'Bytes a second for following replicas that are throttled.', {
    min: 0,
    update: 'per-broker',
    internal: true,
  }),
  'leader.replication.throttled.rate': long(null, 'Bytes a second for leading replicas that are throttled.', {
    min: 0,
    update: 'per-broker',
    internal: true,
  }),
  'replica.alter.log.dirs.io.max.bytes.per.second': long(null, 'Bytes a second for replicas that change disks.', {
    min: 0,
    update: 'per-broker',
    internal: true,
  }),
});
