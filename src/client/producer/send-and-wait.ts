/** One record and its outcome, for whoever waits for each. */
import type { Timers } from '../../core/index.ts';
import { TimeoutError } from '../errors.ts';
import { abortReason, within } from '../support/async.ts';
import type { DeliveryCallback, DeliveryWaitOptions, ProducerRecord, RecordMetadata } from './records.ts';

/** @throws what `send` throws; the record's error; TimeoutError; the signal's reason */
export function sendAndWait(
  send: (record: ProducerRecord, onDelivery: DeliveryCallback) => unknown,
  record: ProducerRecord,
  timers: Timers,
  { timeoutMs = Number.POSITIVE_INFINITY, signal }: DeliveryWaitOptions,
): Promise<RecordMetadata> {
  if (signal?.aborted) return Promise.reject(abortReason(signal));
  const outcome = new Promise<RecordMetadata>((resolve, reject) => {
    send(record, (error, metadata) => {
      if (error) reject(error);
      else resolve(metadata!);
    });
  });
  if (timeoutMs === Number.POSITIVE_INFINITY && signal === undefined) return outcome;
  const late = (): Error =>
    new TimeoutError(`the record for ${record.topic} was not acknowledged within ${timeoutMs} ms; it may still be`);
  return within(timers, timeoutMs, outcome, late, signal);
}
