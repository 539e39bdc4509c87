/** An outcome as plain values: record batches taken apart, bytes as text. */
import { type Batch, batchesOf, controlRecordOf, recordsOf } from '../../../../src/records/index.ts';
import type { Api } from '../../../../src/wire/index.ts';
import type { Step } from './transcript.ts';

type Fields = Api['response']['fields'];
type Field = Fields[string];

/** What is compared: the body of an answer, or only what came of the request. */
export function comparable({ api, outcome }: Step): unknown {
  if (outcome.kind !== 'answer') return { outcome: outcome.kind === 'undecodable' ? outcome.body : outcome.kind };
  if (api === undefined) return { bytes: outcome.body };
  return struct(api.response.fields, outcome.body);
}

function struct(fields: Fields, value: unknown): unknown {
  const given = value as Record<string, unknown>;
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, plain(field, given[name])]));
}

function plain(field: Field, value: unknown): unknown {
  if (value === null || value === undefined) return value;
  if (field.type === 'records') return batches(value as Uint8Array);
  if (field.type === 'bytes') return Buffer.from(value as Uint8Array).toString('latin1');
  if (field.fields) return struct(field.fields, value);
  if (field.element) return (value as unknown[]).map((element) => plain(field.element!, element));
  return value;
}

/** Whole batches; what is cut short at the end counts as bytes. */
function batches(bytes: Uint8Array): unknown {
  const found: unknown[] = [];
  let end = 0;
  for (const batch of batchesOf(bytes)) {
    found.push(one(batch));
    end += batch.header.length;
  }
  if (end < bytes.length) found.push({ bytesAfter: bytes.length - end });
  return found;
}

function one({ header, bytes }: Batch): unknown {
  const { baseOffset, length, partitionLeaderEpoch, attributes, lastOffsetDelta, baseTimestamp, maxTimestamp } = header;
  const { producerId, producerEpoch, baseSequence, recordCount } = header;
  const shared = { baseOffset, partitionLeaderEpoch, attributes, lastOffsetDelta, producerId, producerEpoch };
  const rest = { ...shared, baseSequence, recordCount, baseTimestamp, maxTimestamp };
  if (header.isControl) return { ...rest, control: controlRecordOf(bytes) };
  return {
    ...rest,
    length,
    records: [...recordsOf(bytes)].map(({ offset, timestamp, key, value, headers }) => ({
      offset,
      timestamp,
      key: text(key),
      value: text(value),
      headers: headers.map((entry) => ({ key: entry.key, value: text(entry.value) })),
    })),
  };
}

function text(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString('latin1');
}
