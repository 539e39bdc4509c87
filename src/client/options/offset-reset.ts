/** `auto.offset.reset`: where a consumer begins that has no usable offset (KIP-1106 for durations). */
import type { OffsetSpec } from '../topic-partition.ts';
import { define } from './normalise.ts';

/** As it is given; durations are ISO 8601's days to seconds: `by_duration:P1DT12H`. */
export type OffsetReset = 'earliest' | 'latest' | 'none' | `by_duration:${string}`;

/** As it is used. */
export type ResetPolicy = 'earliest' | 'latest' | 'none' | { readonly durationMs: number };

const BY_DURATION = 'by_duration:';
const DURATION = /^P(?=\d|T\d)(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,9})?)S)?)?$/;
const DURATION_MAX_MS = 2 ** 53 - 1;

export const offsetReset = define<ResetPolicy, OffsetReset>(
  'Where to start without a usable offset: `earliest`, `latest`, `by_duration:P1DT12H` (records not older than that); ' +
    '`none` throws.',
  'latest',
  (value) => {
    if (value === 'earliest' || value === 'latest' || value === 'none') return value;
    if (typeof value === 'string' && value.startsWith(BY_DURATION)) {
      return { durationMs: durationMs(value.slice(BY_DURATION.length)) };
    }
    throw new Error('earliest, latest, none or by_duration:P1DT12H is wanted');
  },
);

function durationMs(text: string): number {
  const match = DURATION.exec(text);
  if (match === null) throw new Error('a duration such as P1D, PT12H or P1DT30M is wanted after by_duration:');
  const [days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
  ];
  const ms = Math.round((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000);
  if (ms > DURATION_MAX_MS) throw new Error('the duration is too long');
  return ms;
}

/** The place that the policy names at this moment. `now`: milliseconds since 1970. */
export function placeOf(policy: Exclude<ResetPolicy, 'none'>, now: number): OffsetSpec {
  return typeof policy === 'string' ? policy : { timestamp: Math.max(0, now - policy.durationMs) };
}
