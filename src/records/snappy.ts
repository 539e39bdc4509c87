/**
 * Snappy as Kafka's clients speak it. Written: the framing of xerial's snappy-java, blocks of 32 KiB. Read: that, and
 * one raw snappy block (sarama).
 *
 *   header  82 53 4e 41 50 50 59 00, version i32, compatible version i32
 *   block   compressed length i32, raw snappy block        (repeated)
 */
import { compressSync, uncompressSync } from 'snappy';
import { MalformedBytesError } from '../core/index.ts';
import { int32At, putInt32 } from './layout.ts';

const MAGIC = Uint8Array.of(0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0);
const HEADER_SIZE = 16;
const BLOCK_SIZE = 32 * 1024;

export function compressSnappy(bytes: Uint8Array): Uint8Array {
  const blocks: Uint8Array[] = [];
  let size = HEADER_SIZE;
  for (let at = 0; at < bytes.length; at += BLOCK_SIZE) {
    const block = compressSync(bytes.subarray(at, at + BLOCK_SIZE));
    blocks.push(block);
    size += 4 + block.length;
  }
  const result = Buffer.allocUnsafeSlow(size);
  result.set(MAGIC, 0);
  putInt32(result, 8, 1);
  putInt32(result, 12, 1);
  let at = HEADER_SIZE;
  for (const block of blocks) {
    putInt32(result, at, block.length);
    result.set(block, at + 4);
    at += 4 + block.length;
  }
  return result;
}

/** @throws MalformedBytesError, or what the native decoder throws */
export function decompressSnappy(bytes: Uint8Array, maxBytes: number): Uint8Array {
  if (!MAGIC.every((byte, at) => bytes[at] === byte)) return decompressBlock(bytes, maxBytes);
  if (bytes.length < HEADER_SIZE) throw new MalformedBytesError('snappy: header cut short');
  const blocks: Uint8Array[] = [];
  let produced = 0;
  let at = HEADER_SIZE;
  while (at < bytes.length) {
    if (bytes.length - at < 4) throw new MalformedBytesError('snappy: block length cut short');
    const length = int32At(bytes, at);
    at += 4;
    if (length <= 0 || length > bytes.length - at) throw new MalformedBytesError(`snappy: block of ${length} bytes`);
    const block = decompressBlock(bytes.subarray(at, at + length), maxBytes - produced);
    blocks.push(block);
    produced += block.length;
    at += length;
  }
  return blocks.length === 1 ? blocks[0]! : Buffer.concat(blocks, produced);
}

/** A raw block starts with its uncompressed size as a varint: the decoder allocates that much, so it is checked here. */
function decompressBlock(bytes: Uint8Array, maxBytes: number): Uint8Array {
  let size = 0;
  let scale = 1;
  let at = 0;
  for (;;) {
    const byte = bytes[at++];
    if (byte === undefined || at > 5) throw new MalformedBytesError('snappy: no valid size');
    size += (byte & 0x7f) * scale;
    if (byte < 0x80) break;
    scale *= 128;
  }
  if (size > maxBytes) throw new MalformedBytesError(`snappy: ${size} bytes, at most ${maxBytes} wanted`);
  // No element of three bytes makes more than 64: a larger claim is a lie, and nothing is allocated for it.
  if (size > bytes.length * 64) throw new MalformedBytesError(`snappy: ${size} bytes cannot come from ${bytes.length}`);
  return uncompressSync(bytes) as Uint8Array;
}
