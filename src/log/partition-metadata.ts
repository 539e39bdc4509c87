/** `partition.metadata`: which topic a partition directory belongs to. */
import { type Disk, joinPath, KafkaError, readWholeFile, replaceFile, type Uuid } from '../core/index.ts';
import { PARTITION_METADATA_FILE } from './file-names.ts';

/** The topic id that is on disk, undefined when there is none. @throws KafkaError KAFKA_STORAGE_ERROR when unreadable */
export function readTopicId(disk: Disk, directory: string): Uuid | undefined {
  const path = joinPath(directory, PARTITION_METADATA_FILE);
  if (!disk.exists(path)) return undefined;
  const text = Buffer.from(readWholeFile(disk, path, 4096)).toString('latin1');
  const match = /^version: 0\ntopic_id: ([A-Za-z0-9_-]{22})\n?$/.exec(text);
  if (match === null) throw new KafkaError('KAFKA_STORAGE_ERROR', `${path} does not hold a topic id`);
  return match[1];
}

export function writeTopicId(disk: Disk, directory: string, topicId: Uuid): void {
  const path = joinPath(directory, PARTITION_METADATA_FILE);
  replaceFile(disk, path, Buffer.from(`version: 0\ntopic_id: ${topicId}\n`, 'latin1'));
}
