/** What a batch must be, whoever its producer is, before a leader appends it. */
import { KafkaError } from '../core/index.ts';
import { type BatchHeader, type ControlRecord, verifyRecords } from '../records/index.ts';
import type { LogConfig } from './log-config.ts';
import type { AppendOrigin } from './producer-state.ts';

export interface OfferedBatch {
  /** `verifyBatch` has passed it. */
  readonly batch: Uint8Array;
  readonly header: BatchHeader;
  readonly control: ControlRecord | undefined;
  readonly origin: AppendOrigin;
  readonly config: LogConfig;
  /** Of the log. */
  readonly endOffset: number;
  /** Wall clock. */
  readonly now: number;
}

/** @throws KafkaError INVALID_RECORD, RECORD_LIST_TOO_LARGE, MESSAGE_TOO_LARGE, INVALID_TIMESTAMP */
export function checkBatch(offered: OfferedBatch): void {
  const { batch, header, control, origin, config } = offered;
  if (header.length !== batch.length) throw new KafkaError('INVALID_RECORD', 'more than one batch');
  if (header.length > config.segmentBytes) {
    throw new KafkaError(
      'RECORD_LIST_TOO_LARGE',
      `batch of ${header.length} bytes, segment.bytes is ${config.segmentBytes}`,
    );
  }
  if (origin === 'replication') {
    if (header.baseOffset >= offered.endOffset) return;
    throw new KafkaError('INVALID_RECORD', `base offset ${header.baseOffset}, the log ends at ${offered.endOffset}`);
  }
  if (header.isTransactional && !header.hasProducerId) {
    throw new KafkaError('INVALID_RECORD', 'a transactional batch without a producer id');
  }
  if (origin === 'client') checkClientBatch(offered);
  else if (control?.kind === 'unknown' || control?.kind === 'none')
    throw new KafkaError('INVALID_RECORD', 'a control batch of an unknown kind');
}

function checkClientBatch({ batch, header, config, now }: OfferedBatch): void {
  if (header.length > config.maxMessageBytes) {
    throw new KafkaError(
      'MESSAGE_TOO_LARGE',
      `batch of ${header.length} bytes, max.message.bytes is ${config.maxMessageBytes}`,
    );
  }
  if (header.isControl) throw new KafkaError('INVALID_RECORD', 'clients cannot write control batches');
  if (header.hasProducerId && (header.baseSequence < 0 || header.producerEpoch < 0)) {
    throw new KafkaError(
      'INVALID_RECORD',
      `producer ${header.producerId} with epoch ${header.producerEpoch} and sequence ${header.baseSequence}`,
    );
  }
  if (config.messageTimestampType === 'CreateTime' && header.maxTimestamp - now > config.messageTimestampAfterMaxMs) {
    throw new KafkaError(
      'INVALID_TIMESTAMP',
      `timestamp ${header.maxTimestamp} is too far ahead of ${now}: message.timestamp.after.max.ms is ` +
        `${config.messageTimestampAfterMaxMs}`,
    );
  }
  if (config.compacted) verifyRecords(batch, { keysRequired: true });
}
