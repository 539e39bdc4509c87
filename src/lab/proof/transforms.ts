/**
 * What the pipeline does to a record: from one JSON text, one record for each of two output topics. Every input gives
 * exactly one record in each, so that outputs can be counted against inputs.
 */
import { crc32c } from '../../records/index.ts';

export interface Transform {
  /** What follows the input topic's name in the names of the output topics. */
  readonly outputs: readonly [string, string];
  /** @throws never, for any JSON text */
  apply(text: string): readonly [string, string];
}

const KM_PER_MILE = 1.609344;

function delayStatus(minutes: number): string {
  if (minutes < 0) return 'early';
  if (minutes < 15) return 'on time';
  if (minutes < 60) return 'late';
  return 'very late';
}
function haul(miles: number): string {
  if (miles < 700) return 'short';
  if (miles < 1500) return 'medium';
  return 'long';
}

/** Flights `{ delay: minutes, distance: miles, time: local hour of departure }`. */
export const flightTransform: Transform = {
  outputs: ['enriched', 'delays'],
  apply(text) {
    const { delay, distance, time } = JSON.parse(text) as { delay: number; distance: number; time: number };
    const status = delayStatus(delay);
    const hour = Math.floor(time);
    const minute = Math.floor((time - hour) * 60);
    const departure = `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
    const km = Math.round(distance * KM_PER_MILE);
    return [
      JSON.stringify({ departure, distanceKm: km, haul: haul(distance), delayMinutes: delay, status }),
      JSON.stringify({ hour, status, delayMinutes: delay, minutesPer100Km: Math.round((delay * 1000) / km) / 10 }),
    ];
  },
};

/** Any JSON value: a normalised copy (keys in order, no blanks) and a summary of it. */
export const jsonTransform: Transform = {
  outputs: ['normalised', 'summary'],
  apply(text) {
    const value: unknown = JSON.parse(text);
    const normalised = JSON.stringify(sorted(value));
    const bytes = Buffer.from(normalised);
    const summary: Record<string, unknown> = {
      type: typeName(value),
      bytes: bytes.length,
      crc32c: crc32c(bytes).toString(16).padStart(8, '0'),
    };
    if (Array.isArray(value)) summary.length = value.length;
    else if (typeof value === 'object' && value !== null) summary.fields = Object.keys(value).length;
    return [normalised, JSON.stringify(summary)];
  },
};

function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const keys = Object.keys(value).sort();
  // Without a prototype, so that a key named __proto__ is a key like any other.
  const copy: Record<string, unknown> = Object.create(null);
  for (const key of keys) copy[key] = sorted((value as Record<string, unknown>)[key]);
  return copy;
}
