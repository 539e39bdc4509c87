/** Damage that readers meet: each place is reported once, not with every read. */
import type { Logger } from '../core/index.ts';

/** Places that are remembered: more damage than this is reported again. */
const REMEMBERED_MAX = 1000;

export class DamageReports {
  private readonly directory: string;
  private readonly logger: Logger;
  private readonly seen = new Set<string>();

  constructor(directory: string, logger: Logger) {
    this.directory = directory;
    this.logger = logger;
  }

  report(error: Error): void {
    if (this.seen.has(error.message)) return;
    if (this.seen.size >= REMEMBERED_MAX) this.seen.clear();
    this.seen.add(error.message);
    this.logger.error(
      `a damaged batch was met: the partition is served up to it. Restore the file from a copy, or delete the records up ` +
        `to behind it (kafka-delete-records): ${error.message}`,
      { directory: this.directory },
    );
  }
}
