/** What a caller without types may hand over, and must not. */
import { hintAt } from '../options/normalise.ts';
import type { ProducerRecord } from './records.ts';

const fields: Readonly<Record<keyof ProducerRecord, true>> = {
  topic: true,
  partition: true,
  key: true,
  value: true,
  headers: true,
  timestamp: true,
};

/** What is wrong with a record that the types would have refused; undefined when nothing is. */
export function faultOf(record: ProducerRecord): string | undefined {
  const { topic, key, value, timestamp, headers } = record;
  if (typeof topic !== 'string' || topic === '') return `a record needs a topic (got ${JSON.stringify(topic)})`;
  if (!isData(key)) return `the key of a record for ${topic} must be text, bytes or null, not ${kindOf(key)}`;
  if (!isData(value)) {
    return `the value of a record for ${topic} must be text, bytes or null, not ${kindOf(value)}: JSON.stringify() it`;
  }
  // A value that is not there may be there under another name. Those that are there cost nothing.
  if (value === undefined) {
    for (const name of Object.keys(record)) if (!Object.hasOwn(fields, name)) return unknownField(topic, name);
  }
  if (timestamp !== undefined && (!Number.isSafeInteger(timestamp) || timestamp < 0)) {
    return `the timestamp of a record for ${topic} must be whole milliseconds since 1970 (got ${timestamp})`;
  }
  if (headers !== undefined) {
    if (!Array.isArray(headers)) {
      return `the headers of a record for ${topic} must be a list, [{ key: 'name', value: 'text' }], not ${kindOf(headers)}`;
    }
    for (const header of headers) {
      if (typeof header?.key !== 'string' || !isData(header.value)) {
        return `a header of a record for ${topic} needs a text as key, and text, bytes or null as value`;
      }
    }
  }
  return undefined;
}

function unknownField(topic: string, name: string): string {
  const known = Object.keys(fields);
  return `a record for ${topic} without a value has no field ${name}: it may have ${known.join(', ')}${hintAt(name, known)}`;
}

function isData(data: unknown): boolean {
  return data === undefined || data === null || typeof data === 'string' || data instanceof Uint8Array;
}
/** With its article. */
function kindOf(data: unknown): string {
  if (data === null) return 'null';
  if (Array.isArray(data)) return 'a list';
  return typeof data === 'object' ? 'an object' : `a ${typeof data}`;
}
