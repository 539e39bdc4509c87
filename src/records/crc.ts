/** CRC-32C (Castagnoli), the checksum of record batches and of producer snapshots. */
import { crc32c as native } from '@node-rs/crc32';

/** An unsigned 32-bit number. */
export function crc32c(bytes: Uint8Array): number {
  return native(bytes);
}
