/**
 * Values that carry their version in two bytes before them: the keys and values of the coordinators' topics, and the
 * consumer protocol's blobs inside JoinGroup and SyncGroup.
 */
import { assert, ByteReader, MalformedBytesError } from '../core/index.ts';
import { codecOf, readWhole, writeToBuffer } from './codec.ts';
import type { Message } from './schema.ts';

/** @throws TypeError for a value that does not fit its field */
export function encodeVersioned<In>(message: Message<unknown, In>, version: number, value: NoInfer<In>): Buffer {
  const { write } = codecOf(message, version);
  return writeToBuffer((writer) => {
    writer.int16(version);
    write(writer, value);
  });
}

/** The same without the version in front, for values whose reader knows it. @throws TypeError */
export function encodeUnversioned<In>(message: Message<unknown, In>, version: number, value: NoInfer<In>): Buffer {
  const { write } = codecOf(message, version);
  return writeToBuffer((writer) => write(writer, value));
}

/** @throws MalformedBytesError */
export function decodeUnversioned<Out>(message: Message<Out>, version: number, bytes: Uint8Array): Out {
  return readWhole(message, version, new ByteReader(bytes));
}

/** The version in front: for keys it also says which kind of key it is. @throws MalformedBytesError */
export function peekVersion(bytes: Uint8Array): number {
  return new ByteReader(bytes).int16();
}

/** @throws MalformedBytesError also for a version that the table does not have */
export function decodeVersioned<Out>(message: Message<Out>, bytes: Uint8Array): Out {
  const reader = new ByteReader(bytes);
  const version = reader.int16();
  if (version < message.minVersion || version > message.maxVersion) {
    throw new MalformedBytesError(`${message.name} has no version ${version}`);
  }
  return readWhole(message, version, reader);
}

/**
 * The same for blobs that other clients wrote: a newer version is read as the newest known one, and bytes after it are
 * ignored, as Kafka's own consumers do.
 * @throws MalformedBytesError
 */
export function decodeVersionedLeniently<Out>(message: Message<Out>, bytes: Uint8Array): Out {
  assert(message.minVersion === 0, `${message.name}: lenient reading starts at version 0`);
  const reader = new ByteReader(bytes);
  const version = reader.int16();
  if (version < 0) throw new MalformedBytesError(`${message.name} has no version ${version}`);
  return codecOf(message, Math.min(version, message.maxVersion)).read(reader) as Out;
}
