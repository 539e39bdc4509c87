/** When a snapshot of the metadata is written, and beginning from the last one. */
import { type Clock, type Logger, MalformedBytesError, type Timer, type Timers } from '../core/index.ts';
import type { MetadataImage } from './image.ts';
import { decodeSnapshot, encodeSnapshot, type SnapshotStore } from './snapshot.ts';

export interface SnapshotsOptions {
  readonly store: SnapshotStore;
  readonly maxBytesBetween: number;
  /** 0: bytes alone count. */
  readonly maxIntervalMs: number;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
}

export class Snapshots {
  private readonly options: SnapshotsOptions;
  private bytes = 0;
  private lastTimestamp = -1;
  private timer: Timer | undefined;
  private closed = false;

  constructor(options: SnapshotsOptions) {
    this.options = options;
  }

  /** Fills the images from the newest snapshot that can be read. Returns the offset to go on from, undefined: none. */
  restore(images: readonly MetadataImage[], logEndOffset: number): number | undefined {
    const { store, logger } = this.options;
    let below = logEndOffset;
    for (let found = store.load(below); found !== undefined; found = store.load(below)) {
      try {
        const records = decodeSnapshot(found.bytes);
        for (const image of images) image.restore(records, found.endOffset);
        return found.endOffset;
      } catch (error) {
        if (!(error instanceof MalformedBytesError)) throw error;
        logger.warn(`the snapshot of the metadata at offset ${found.endOffset} is damaged: an older one is taken`, {
          cause: error.message,
        });
        below = found.endOffset - 1;
      }
    }
    return undefined;
  }

  /** Committed records that no snapshot has. */
  grown(bytes: number, timestamp: number): void {
    this.bytes += bytes;
    this.lastTimestamp = timestamp;
  }

  /** The image is whole, up to its offset: writes it down where it is time. */
  published(image: MetadataImage): void {
    const { maxBytesBetween, maxIntervalMs, timers } = this.options;
    if (this.closed || this.bytes === 0) return;
    if (this.bytes >= maxBytesBetween) this.write(image);
    else if (maxIntervalMs > 0) this.timer ??= timers.after(maxIntervalMs, () => this.write(image));
  }

  close(): void {
    this.closed = true;
    this.timer?.cancel();
  }

  private write(image: MetadataImage): void {
    const { store, logger } = this.options;
    this.timer?.cancel();
    this.timer = undefined;
    this.bytes = 0;
    if (this.closed) return;
    try {
      store.save(image.offset + 1, encodeSnapshot(image, this.lastTimestamp));
    } catch (error) {
      logger.warn(`the metadata could not be written down as a snapshot, its log is kept: ${String(error)}`, { error });
    }
  }
}
