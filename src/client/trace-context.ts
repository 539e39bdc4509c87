/**
 * The W3C trace context (https://www.w3.org/TR/trace-context/) in the headers of records: `traceparent` and `tracestate`, as
 * every tracing library writes them. What is not of their form is treated as if it were not there.
 */
import type { ConsumerRecord } from './consumer/records.ts';
import type { ProducerRecord, RecordHeader } from './producer/records.ts';

export interface TraceContext {
  /** `00-<trace id>-<span id>-<flags>` */
  readonly traceparent: string;
  readonly tracestate?: string | undefined;
}

/** As a tracing library's carrier has it: without a (valid) `traceparent` there is none. */
export type TraceCarrier = Partial<TraceContext>;

/** Asked for each record that is sent; undefined: no context. */
export type TraceContextHook = (record: ProducerRecord) => TraceCarrier | undefined;

const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-[\x21-\x7e]*)?$/;
const TRACEPARENT_MAX_BYTES = 256;
const STATE_KEY = /^(?:[a-z0-9][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})$/;
/** Printable, neither comma nor equals sign, and no space at the end. */
const STATE_VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const STATE_MEMBERS = 32;
const STATE_MAX_BYTES = STATE_MEMBERS * 514;

function isTraceparent(text: string): boolean {
  if (text.length > TRACEPARENT_MAX_BYTES) return false;
  const match = TRACEPARENT.exec(text);
  // Version 00 ends with the flags; later ones may go on.
  return match !== null && (match[1] !== '00' || match[2] === undefined);
}

function isTracestate(text: string): boolean {
  if (text.length > STATE_MAX_BYTES) return false;
  const keys = new Set<string>();
  const members = text.split(',').map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ''));
  for (const member of members) {
    if (member === '') continue;
    const at = member.indexOf('=');
    const key = member.slice(0, at);
    if (at < 0 || !STATE_KEY.test(key) || !STATE_VALUE.test(member.slice(at + 1)) || keys.has(key)) return false;
    keys.add(key);
  }
  return keys.size > 0 && keys.size <= STATE_MEMBERS;
}

/** Without what is not valid; undefined where nothing is left. */
export function validTraceContext(carrier: TraceCarrier | undefined): TraceContext | undefined {
  const { traceparent, tracestate } = carrier ?? {};
  if (typeof traceparent !== 'string' || !isTraceparent(traceparent)) return undefined;
  return typeof tracestate === 'string' && isTracestate(tracestate) ? { traceparent, tracestate } : { traceparent };
}

/** The context that a record came with; undefined where it has none, or one that is not valid. */
export function traceContextOf({ headers }: Pick<ConsumerRecord, 'headers'>): TraceContext | undefined {
  let traceparent: string | undefined;
  let tracestate: string | undefined;
  // Of several headers of one name the last counts.
  for (const { key, value } of headers) {
    if (key === 'traceparent') traceparent = textOf(value, TRACEPARENT_MAX_BYTES);
    else if (key === 'tracestate') tracestate = textOf(value, STATE_MAX_BYTES);
  }
  return traceparent === undefined ? undefined : validTraceContext({ traceparent, tracestate });
}

function textOf(value: Uint8Array | string | null, maxBytes: number): string | undefined {
  if (value === null || value.length > maxBytes) return undefined;
  return typeof value === 'string' ? value : Buffer.from(value).toString('latin1');
}

/** The record with the context in its headers; as it is where it has one already, or the carrier has no valid one. */
export function withTraceContext(record: ProducerRecord, carrier: TraceCarrier | undefined): ProducerRecord {
  const context = validTraceContext(carrier);
  const headers = record.headers ?? [];
  if (context === undefined || headers.some(({ key }) => key === 'traceparent')) return record;
  const added: RecordHeader[] = [{ key: 'traceparent', value: context.traceparent }];
  if (context.tracestate !== undefined && !headers.some(({ key }) => key === 'tracestate')) {
    added.push({ key: 'tracestate', value: context.tracestate });
  }
  return { ...record, headers: [...headers, ...added] };
}
