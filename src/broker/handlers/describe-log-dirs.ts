/**
 * DescribeLogDirs (key 35), versions 1-5: how much lies in the data directory, partition by partition but for those that are
 * offline, and since 4 on its volume. Left out: several directories, replicas that move between them, cordoned directories.
 */
import { type Disk, type DiskVolume, SystemError } from '../../core/index.ts';
import { describeLogDirs } from '../../wire/index.ts';
import type { Partition } from '../partition/partition.ts';
import { handler } from './handler.ts';

export const describeLogDirsHandler = handler(
  describeLogDirs,
  (request, _call, { partitions, disk, dataDirectory }) => {
    const { absolutePath, totalBytes, usableBytes } = volumeOf(dataDirectory, disk);
    const found = request.topics === null ? partitions.all() : named(request.topics);
    const topics = new Map<string, Partition[]>();
    for (const partition of found) {
      if (partition.failure !== undefined) continue;
      const others = topics.get(partition.topic);
      if (others === undefined) topics.set(partition.topic, [partition]);
      else if (!others.includes(partition)) others.push(partition);
    }
    return {
      results: [
        {
          logDir: absolutePath,
          topics: [...topics].map(([name, present]) => ({
            name,
            partitions: present.map(({ index, log }) => ({ partitionIndex: index, partitionSize: log.sizeInBytes })),
          })),
          totalBytes,
          usableBytes,
        },
      ],
    };

    /** What is not here is left out. */
    function* named(asked: NonNullable<typeof request.topics>): Generator<Partition> {
      for (const { topic, partitions: indexes } of asked) {
        for (const index of indexes) {
          const partition = partitions.find(topic, index);
          if (typeof partition !== 'number') yield partition;
        }
      }
    }
  },
);

/** Where the system does not tell of its volumes, the partitions are told of all the same. */
function volumeOf(directory: string, disk: Disk): DiskVolume {
  try {
    return disk.volumeOf(directory);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    return { absolutePath: directory, totalBytes: -1, usableBytes: -1 };
  }
}
