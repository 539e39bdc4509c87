/** Encoding and decoding of one message: picks the code for its version, made at first use. */
import { assert, type ByteReader, ByteWriter, MalformedBytesError } from '../core/index.ts';
import { compileRead, compileWrite } from './compiler.ts';
import { interpretRead, interpretWrite } from './interpreter.ts';
import { layoutOf, type StructLayout } from './layout.ts';
import type { Message } from './schema.ts';

/** One message in one version. */
export interface Codec {
  /** @throws MalformedBytesError */
  readonly read: (reader: ByteReader) => unknown;
  /** @throws TypeError for a value that does not fit its field */
  readonly write: (writer: ByteWriter, value: unknown) => void;
}

const codecs = new WeakMap<Message, (Codec | undefined)[]>();

export function codecOf(message: Message, version: number): Codec {
  let versions = codecs.get(message);
  if (!versions) {
    versions = [];
    codecs.set(message, versions);
  }
  versions[version] ??= makeCodec(message, version);
  return versions[version];
}

export function interpretedCodec(layout: StructLayout): Codec {
  return {
    read: (reader) => interpretRead(layout, reader),
    write: (writer, value) => interpretWrite(layout, writer, value as Record<string, unknown>),
  };
}

/** @throws EvalError where making functions from strings is disabled */
export function compiledCodec(layout: StructLayout): Codec {
  return { read: compileRead(layout), write: compileWrite(layout) };
}

function makeCodec(message: Message, version: number): Codec {
  const layout = layoutOf(message, version);
  try {
    return compiledCodec(layout);
  } catch (error) {
    if (error instanceof EvalError) return interpretedCodec(layout);
    throw error;
  }
}

/** Reads a message that must end where the reader does. @throws MalformedBytesError */
export function readWhole<Out>(message: Message<Out>, version: number, reader: ByteReader): Out {
  const value = codecOf(message, version).read(reader);
  if (reader.remaining > 0) {
    throw new MalformedBytesError(`${reader.remaining} bytes left over after ${message.name} v${version}`);
  }
  return value as Out;
}

const SCRATCH_SIZE = 64 * 1024;
let scratch = new ByteWriter(SCRATCH_SIZE);
let lending = new ByteWriter(SCRATCH_SIZE, true);

/**
 * Runs `fill` on a shared writer and gives what it wrote in a buffer of its own: copied where it is small, handed over
 * where it is large. `fill` must not write another message this way.
 */
export function writeToBuffer(fill: (writer: ByteWriter) => void): Buffer {
  const writer = scratch;
  writer.length = 0;
  fill(writer);
  assert(writer === scratch, 'messages written inside each other');
  if (writer.length <= SCRATCH_SIZE) return Buffer.from(writer.result());
  scratch = new ByteWriter(SCRATCH_SIZE);
  return writer.result();
}

/**
 * The same in pieces: records are passed on as they are, not copied, so whoever gave them must not change them any more.
 */
export function writeToPieces(fill: (writer: ByteWriter) => void): Uint8Array[] {
  const writer = lending;
  writer.reset();
  fill(writer);
  assert(writer === lending, 'messages written inside each other');
  if (writer.length <= SCRATCH_SIZE) {
    const pieces = writer.pieces(Buffer.from(writer.result()));
    writer.reset();
    return pieces;
  }
  lending = new ByteWriter(SCRATCH_SIZE, true);
  return writer.pieces(writer.result());
}
