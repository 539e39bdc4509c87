/**
 * LZ4 frames (https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md). Written with independent blocks, as Kafka's
 * Java client wants them; linked ones are read as well. Before the native decoder sees a frame, its blocks are walked here: the size they make is known
 * before anything is allocated, and a frame that is cut short is refused.
 */
import { compressFrameSync, decompressFrameSync } from 'lz4-napi';
import { MalformedBytesError } from '../core/index.ts';

const MAGIC = 0x184d2204;

export function compressLz4(bytes: Uint8Array): Uint8Array {
  return compressFrameSync(asBuffer(bytes));
}

/** @throws MalformedBytesError, or what the native decoder throws */
export function decompressLz4(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const size = frameContentSize(bytes, maxBytes);
  const result = decompressFrameSync(asBuffer(bytes));
  if (result.length !== size) throw new MalformedBytesError(`lz4: ${result.length} bytes where the blocks say ${size}`);
  return result;
}

/** What the one frame that `bytes` must be decompresses to, in bytes, by its blocks. */
function frameContentSize(bytes: Uint8Array, maxBytes: number): number {
  if (bytes.length < 7 || uint32Le(bytes, 0) !== MAGIC) throw new MalformedBytesError('lz4: not a frame');
  const flags = bytes[4]!;
  if (flags >>> 6 !== 1) throw new MalformedBytesError('lz4: unknown frame version');
  const blockChecksum = (flags & 0x10) !== 0 ? 4 : 0;
  const contentChecksum = (flags & 0x04) !== 0 ? 4 : 0;
  const blockCode = (bytes[5]! >>> 4) & 7;
  if (blockCode < 4) throw new MalformedBytesError('lz4: unknown block size');
  const blockSize = 1 << (8 + 2 * blockCode);
  // Descriptor: flags, block size, [content size], [dictionary id], header checksum.
  let at = 6 + ((flags & 0x08) !== 0 ? 8 : 0) + ((flags & 0x01) !== 0 ? 4 : 0) + 1;
  let size = 0;
  for (;;) {
    if (bytes.length - at < 4) throw new MalformedBytesError('lz4: cut short');
    const word = uint32Le(bytes, at);
    at += 4;
    if (word === 0) break;
    const length = word & 0x7fffffff;
    if (length > bytes.length - at - blockChecksum) throw new MalformedBytesError('lz4: block cut short');
    const made = word >= 0x80000000 ? length : blockContentSize(bytes, at, at + length, blockSize);
    if (made > blockSize) throw new MalformedBytesError('lz4: block larger than its frame allows');
    size += made;
    if (size > maxBytes) throw new MalformedBytesError(`lz4: more than ${maxBytes} bytes`);
    at += length + blockChecksum;
  }
  if (at + contentChecksum !== bytes.length) throw new MalformedBytesError('lz4: bytes after the frame, or too few');
  return size;
}

/** Sums the literals and matches of a block without copying any. */
function blockContentSize(bytes: Uint8Array, start: number, end: number, limit: number): number {
  let size = 0;
  let at = start;
  while (at < end) {
    const token = bytes[at++]!;
    let literals = token >>> 4;
    if (literals === 15) {
      let more: number;
      do {
        if (at >= end) throw new MalformedBytesError('lz4: literal length cut short');
        more = bytes[at++]!;
        literals += more;
      } while (more === 255);
    }
    at += literals;
    size += literals;
    if (at > end) throw new MalformedBytesError('lz4: literals cut short');
    if (at === end) break;
    if (end - at < 2) throw new MalformedBytesError('lz4: match cut short');
    at += 2;
    let match = token & 15;
    if (match === 15) {
      let more: number;
      do {
        if (at >= end) throw new MalformedBytesError('lz4: match length cut short');
        more = bytes[at++]!;
        match += more;
      } while (more === 255);
    }
    size += match + 4;
    if (size > limit) throw new MalformedBytesError('lz4: block larger than its frame allows');
  }
  return size;
}

function uint32Le(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
