/**
 * A metadata log that has lost records in its middle has lost topics. To go on would show clients an empty broker, which
 * makes the topics anew, so the broker does not start until a person has decided. A torn end is no such damage: what was
 * not whole was never acknowledged.
 */
import { CLUSTER_METADATA, type MetadataImage } from '../controller/index.ts';
import type { Disk } from '../core/index.ts';
import type { DataDirectory } from './data-directory.ts';

const SET_ASIDE = '.corrupt';
const PARTITION = /^(.+)-(\d+)$/;

/** @throws Error naming the directory, what is wrong and what can be done */
export function refuseDamagedMetadata(disk: Disk, directory: DataDirectory, image: MetadataImage): void {
  const path = directory.partitionDirectory(CLUSTER_METADATA, 0);
  const aside = disk.list(path).find((name) => name.endsWith(SET_ASIDE));
  if (aside !== undefined) {
    throw new Error(
      `the metadata log in ${path} was damaged in its middle: topics or their properties are missing from it, and the ` +
        `part from the damage on is kept as ${aside}. Restore the directory from a backup; or move ${aside} away to ` +
        'accept the loss: partitions that no topic names any more are then set aside as *-stray, and nothing is deleted',
    );
  }
  if (image.topics.size > 0) return;
  const orphan = disk.list(directory.path).find((name) => {
    const topic = PARTITION.exec(name)?.[1];
    return topic !== undefined && topic !== CLUSTER_METADATA;
  });
  if (orphan !== undefined) {
    throw new Error(
      `${directory.path} holds partitions, such as ${orphan}, but its metadata log knows no topic: it was lost or ` +
        `damaged. Restore ${path} from a backup; or move the partitions elsewhere to start with an empty broker`,
    );
  }
}
