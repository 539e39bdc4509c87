/** What a caller without types may hand over, and must not. */
import type { ProducerRecord } from './records.ts';

/** What is wrong with a record that the types would have refused; undefined when nothing is. */
export function faultOf({ topic, key, value, timestamp, headers }: ProducerRecord): string | undefined {
  if (typeof topic !== 'string' || topic === '') return `a record needs a topic (got ${JSON.stringify(topic)})`;
  if (!isData(key)) return `the key of a record for ${topic} must be text, bytes or null, not a ${typeof key}`;
  if (!isData(value)) {
    return `the value of a record for ${topic} must be text, bytes or null, not a ${typeof value}: JSON.stringify() it`;
  }
  if (timestamp !== undefined && (!Number.isSafeInteger(timestamp) || timestamp < 0)) {
    return `the timestamp of a record for ${topic} must be whole milliseconds since 1970 (got ${timestamp})`;
  }
  if (headers !== undefined) {
    for (const header of headers) {
      if (typeof header.key !== 'string' || !isData(header.value)) {
        return `a header of a record for ${topic} needs a text as key, and text, bytes or null as value`;
      }
    }
  }
  return undefined;
}

function isData(data: unknown): boolean {
  return data === undefined || data === null || typeof data === 'string' || data instanceof Uint8Array;
}
