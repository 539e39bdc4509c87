/**
 * `.kafka_cleanshutdown`: written when all logs were closed well, and taken away before anything is written again. Where it
 * is found no log needs to be scanned. Its content is Kafka's (KIP-966): a version, and the epoch the broker had.
 */
import { type Disk, joinPath, replaceFile } from '../../core/index.ts';

const NAME = '.kafka_cleanshutdown';

/** Was the last stop a clean one? Takes the file away, durably. @throws SystemError */
export function takeCleanShutdown(disk: Disk, directory: string): boolean {
  const path = joinPath(directory, NAME);
  if (!disk.exists(path)) return false;
  disk.remove(path);
  disk.syncDirectory(directory);
  return true;
}

/** @throws SystemError */
export function writeCleanShutdown(disk: Disk, directory: string, brokerEpoch: number): void {
  replaceFile(disk, joinPath(directory, NAME), Buffer.from(JSON.stringify({ version: 0, brokerEpoch }), 'utf8'));
}
