/** The four codecs of record batches, each one-shot and synchronous, decompression bounded by the caller. */
import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { MalformedBytesError } from '../core/index.ts';
import { compressLz4, decompressLz4 } from './lz4.ts';
import { compressSnappy, decompressSnappy } from './snappy.ts';

/** Kafka's names; the position is the number in a batch's attributes. */
const NAMES = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
export type Compression = (typeof NAMES)[number];
export const compressionTypes: readonly Compression[] = NAMES;

/** @throws MalformedBytesError for an unassigned number */
export function codecName(codec: number): Compression {
  const name = NAMES[codec];
  if (name === undefined) throw new MalformedBytesError(`compression codec ${codec}`);
  return name;
}
export function codecNumber(compression: Compression): number {
  return NAMES.indexOf(compression);
}

const ZSTD_LEVEL = 3;

/** Compresses all of `bytes`. With 'none' it returns `bytes` itself. `level`: of gzip (-1 to 9) and zstd; others have none. */
export function compress(compression: Compression, bytes: Uint8Array, level?: number): Uint8Array {
  switch (compression) {
    case 'none':
      return bytes;
    case 'gzip':
      return level === undefined ? gzipSync(bytes) : gzipSync(bytes, { level });
    case 'snappy':
      return compressSnappy(bytes);
    case 'lz4':
      return compressLz4(bytes);
    case 'zstd':
      return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: level ?? ZSTD_LEVEL } });
  }
}

/**
 * Decompresses all of `bytes`; no more than `maxBytes` are ever produced.
 * @throws MalformedBytesError when the input is damaged, or would become larger than `maxBytes`
 */
export function decompress(compression: Compression, bytes: Uint8Array, maxBytes: number): Uint8Array {
  switch (compression) {
    case 'none':
      if (bytes.length > maxBytes) throw new MalformedBytesError(`${bytes.length} bytes, at most ${maxBytes} wanted`);
      return bytes;
    case 'gzip':
      return guarded('gzip', () => gunzipSync(bytes, { maxOutputLength: Math.max(maxBytes, 1) }), maxBytes);
    case 'snappy':
      return guarded('snappy', () => decompressSnappy(bytes, maxBytes), maxBytes);
    case 'lz4':
      return guarded('lz4', () => decompressLz4(bytes, maxBytes), maxBytes);
    case 'zstd':
      return guarded('zstd', () => decompressZstd(bytes, maxBytes), maxBytes);
  }
}

function guarded(name: Compression, run: () => Uint8Array, maxBytes: number): Uint8Array {
  let result: Uint8Array;
  try {
    result = run();
  } catch (error) {
    if (error instanceof MalformedBytesError) throw error;
    throw new MalformedBytesError(`not valid ${name}: ${(error as Error).message}`, { cause: error });
  }
  if (result.length > maxBytes) throw new MalformedBytesError(`${name}: more than ${maxBytes} bytes`);
  return result;
}

/** Frames may follow each other; zlib's one-shot call stops after the first. */
function decompressZstd(bytes: Uint8Array, maxBytes: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = 0;
  let produced = 0;
  do {
    // The typings know neither `info` here nor what it makes of the result.
    const options = { maxOutputLength: Math.max(maxBytes - produced, 1), info: true };
    const { buffer, engine } = zstdDecompressSync(bytes.subarray(at), options) as unknown as {
      buffer: Uint8Array;
      engine: { bytesWritten: number };
    };
    if (engine.bytesWritten <= 0) throw new MalformedBytesError('zstd: no frame');
    parts.push(buffer);
    produced += buffer.length;
    at += engine.bytesWritten;
  } while (at < bytes.length);
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts, produced);
}
