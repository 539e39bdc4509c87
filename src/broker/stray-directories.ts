/**
 * Partition directories that the metadata does not know: what is left of a topic whose deletion was cut short, or of a
 * metadata log that lost its end. They are set aside under another name, never deleted: a person may want them.
 */
import type { MetadataImage } from '../controller/index.ts';
import { CLUSTER_METADATA } from '../controller/index.ts';
import type { Disk, Logger } from '../core/index.ts';
import { readTopicId } from '../log/index.ts';
import type { DataDirectory } from './data-directory.ts';

const PARTITION = /^(.+)-(\d+)$/;

export function setAsideStrays(disk: Disk, directory: DataDirectory, image: MetadataImage, logger: Logger): void {
  let moved = false;
  for (const name of disk.list(directory.path)) {
    const match = PARTITION.exec(name);
    if (match === null || match[1] === CLUSTER_METADATA) continue;
    const path = `${directory.path}/${name}`;
    const topicId = readTopicId(disk, path);
    const topic = image.topic(match[1]!);
    const known = topic?.partitions[Number(match[2])] !== undefined;
    if (known && (topicId === undefined || topicId === topic!.id)) continue;
    const aside = `${path}.${topicId ?? 'unknown'}-stray`;
    logger.warn(`${name} belongs to no topic (id ${topicId ?? 'unknown'}): set aside as ${aside}`);
    disk.remove(aside);
    disk.rename(path, aside);
    moved = true;
  }
  if (moved) disk.syncDirectory(directory.path);
}
