/** What a caller without types may hand over to the admin client, and must not. Such a call is refused before anything is asked. */
import { ClientError } from '../errors.ts';
import { hintAt, shown } from '../options/normalise.ts';

/** @throws ClientError INVALID_REQUEST naming the field that the thing does not have, and those that it has */
export function refuseUnknownFields<T extends object>(
  what: string,
  items: readonly T[],
  fields: Readonly<Record<keyof T & string, true>>,
): void {
  for (const item of items) {
    for (const name of Object.keys(item)) if (!Object.hasOwn(fields, name)) throw unknown(what, name, fields);
  }
}

/** `what` says what is wanted; the values follow it. @throws ClientError INVALID_REQUEST for what is none of them */
export function refuseUnknownValue(what: string, value: unknown, values: Readonly<Record<string, unknown>>): void {
  if (typeof value === 'string' && Object.hasOwn(values, value)) return;
  const wanted = Object.keys(values).join(', ');
  throw new ClientError('INVALID_REQUEST', `${what} ${wanted} (got ${shown(value)})`);
}

function unknown(what: string, name: string, fields: object): ClientError {
  const known = Object.keys(fields);
  return new ClientError(
    'INVALID_REQUEST',
    `${what} has no field ${name}: it may have ${known.join(', ')}${hintAt(name, known)}`,
  );
}
