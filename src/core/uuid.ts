/** Kafka's ids: 16 bytes, written as base64url without padding, the way Kafka's own tools print them. */
import { assert } from './assert.ts';
import type { Random } from './ports.ts';

/** A 22-character base64url string. */
export type Uuid = string;

export const ZERO_UUID: Uuid = 'AAAAAAAAAAAAAAAAAAAAAA';
/** Reserved by Kafka: the id of `__cluster_metadata`. */
export const ONE_UUID: Uuid = 'AAAAAAAAAAAAAAAAAAAAAQ';

export function uuidFromBytes(bytes: Uint8Array): Uuid {
  assert(bytes.length === 16, 'a uuid has 16 bytes');
  return Buffer.from(bytes.buffer, bytes.byteOffset, 16).toString('base64url');
}

export function uuidToBytes(uuid: Uuid): Uint8Array {
  const bytes = Buffer.from(uuid, 'base64url');
  assert(bytes.length === 16, `not a uuid: ${uuid}`);
  return bytes;
}

/** The same bytes as other programs write them, and Java: `8-4-4-4-12` hexadecimal digits. */
export function uuidInHex(uuid: Uuid): string {
  const hex = Buffer.from(uuidToBytes(uuid)).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** A random (version 4) id; like Kafka, never a reserved one and never one that starts with a dash. */
export function randomUuid(random: Random): Uuid {
  for (;;) {
    const bytes = random.bytes(16);
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    const uuid = uuidFromBytes(bytes);
    if (!uuid.startsWith('-')) return uuid;
  }
}
