/** A partition as the log of a state machine: appends count as acks=-1, reads see everything that is in the log. */

import type { VerificationGuard } from '../../log/index.ts';
import { batchesOf } from '../../records/index.ts';
import type { RecordLog, RecordLogAppend, RecordLogAppendOptions } from '../../replay/index.ts';
import type { Partition } from './partition.ts';

const READ_CHUNK_BYTES = 256 * 1024;

export class PartitionRecordLog implements RecordLog {
  private readonly partition: Partition;

  constructor(partition: Partition) {
    this.partition = partition;
  }

  get startOffset(): number {
    return this.partition.log.startOffset;
  }
  get endOffset(): number {
    return this.partition.log.endOffset;
  }

  append(batch: Uint8Array, options?: RecordLogAppendOptions): RecordLogAppend {
    const { baseOffset, lastOffset } = this.partition.append(batch, -1, {
      origin: 'coordinator',
      verified: options?.verification as VerificationGuard | undefined,
    });
    return { baseOffset, lastOffset, committed: this.committedUpTo(lastOffset + 1) };
  }

  /** @throws KafkaError CORRUPT_MESSAGE at a damaged batch: the log checks what it has not checked before */
  *readAll(from: number): Iterable<Uint8Array> {
    const { log } = this.partition;
    let position = Math.max(from, log.startOffset);
    while (position < log.endOffset) {
      const bytes = log.read({
        fromOffset: position,
        maxBytes: READ_CHUNK_BYTES,
        upTo: log.endOffset,
        minOneBatch: true,
      });
      if (bytes.length === 0) return;
      yield bytes;
      for (const { header } of batchesOf(bytes)) position = header.lastOffset + 1;
    }
  }

  committed(): Promise<void> {
    return this.committedUpTo(this.partition.log.endOffset);
  }

  private committedUpTo(endOffset: number): Promise<void> {
    return this.partition.committed(endOffset) ?? Promise.resolve();
  }
}
