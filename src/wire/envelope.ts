/**
 * Requests and responses as they travel: length, header, body. A frame is a header and a body, without the four bytes
 * of length before it; encoding gives those too.
 *
 * Request header v1: api key, api version, correlation id, client id. v2, for flexible requests, appends tags; its client
 * id keeps the 16-bit length all the same. Response header v0: correlation id; v1 appends tags. The response to ApiVersions
 * has header v0 in every version: the client does not know yet what the broker speaks (KIP-511).
 */
import { ByteReader, type ByteWriter, ErrorCode } from '../core/index.ts';
import { codecOf, readWhole, writeToBuffer, writeToPieces } from './codec.ts';
import { apiVersions } from './messages/api-versions.ts';
import { readString, skipTags, writeString } from './primitives.ts';
import { apiByKey } from './registry.ts';
import type { Api } from './schema.ts';

export interface RequestHeader {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string | null;
  /** Where the body starts. Meaningless for an API that is not in `apis`. */
  readonly bodyOffset: number;
}

export function requestHeaderVersion(api: Api, version: number): 1 | 2 {
  return version >= api.request.flexibleSince ? 2 : 1;
}

export function responseHeaderVersion(api: Api, version: number): 0 | 1 {
  return version >= api.response.flexibleSince && api.key !== apiVersions.key ? 1 : 0;
}

interface OutgoingHeader {
  /** An int32. */
  readonly correlationId: number;
  readonly clientId: string | null;
}

/** A whole frame, with its length. @throws TypeError for a value that does not fit its field */
export function encodeRequestFrame<In>(
  api: Api<unknown, unknown, In>,
  version: number,
  header: OutgoingHeader,
  body: NoInfer<In>,
): Buffer {
  return writeToBuffer((writer) => writeRequest(writer, api, version, header, body));
}

/** The same in pieces, with the body's records among them as they are: they must not change any more. */
export function encodeRequestPieces<In>(
  api: Api<unknown, unknown, In>,
  version: number,
  header: OutgoingHeader,
  body: NoInfer<In>,
): Uint8Array[] {
  return writeToPieces((writer) => writeRequest(writer, api, version, header, body));
}

function writeRequest(writer: ByteWriter, api: Api, version: number, header: OutgoingHeader, body: unknown): void {
  writer.int32(0);
  writer.int16(api.key);
  writer.int16(version);
  writer.int32(header.correlationId);
  writeString(writer, header.clientId, false, true, 'RequestHeader.clientId');
  if (requestHeaderVersion(api, version) === 2) writer.uvarint(0);
  codecOf(api.request, version).write(writer, body);
  writer.patchInt32(0, writer.total - 4);
}

/** A whole frame, with its length. @throws TypeError for a value that does not fit its field */
export function encodeResponseFrame<In>(
  api: Api<unknown, unknown, unknown, In>,
  version: number,
  correlationId: number,
  body: NoInfer<In>,
): Buffer {
  return writeToBuffer((writer) => writeResponse(writer, api, version, correlationId, body));
}

/** The same in pieces, with the body's records among them as they are: they must not change any more. */
export function encodeResponsePieces<In>(
  api: Api<unknown, unknown, unknown, In>,
  version: number,
  correlationId: number,
  body: NoInfer<In>,
): Uint8Array[] {
  return writeToPieces((writer) => writeResponse(writer, api, version, correlationId, body));
}

function writeResponse(writer: ByteWriter, api: Api, version: number, correlationId: number, body: unknown): void {
  writer.int32(0);
  writer.int32(correlationId);
  if (responseHeaderVersion(api, version) === 1) writer.uvarint(0);
  codecOf(api.response, version).write(writer, body);
  writer.patchInt32(0, writer.total - 4);
}

/**
 * The header of a request. Of an API that is not in `apis` whatever the key and version are, it is read as v1.
 * @throws MalformedBytesError
 */
export function decodeRequestHeader(frame: Uint8Array): RequestHeader {
  const reader = new ByteReader(frame);
  const apiKey = reader.int16();
  const apiVersion = reader.int16();
  const correlationId = reader.int32();
  const clientId = readString(reader, false, true);
  const api = apiByKey(apiKey);
  if (api && requestHeaderVersion(api, apiVersion) === 2) skipTags(reader);
  return { apiKey, apiVersion, correlationId, clientId, bodyOffset: reader.offset };
}

/**
 * The body of a request, from `offset` (a header's `bodyOffset`) to the end. Its bytes and records are views of the frame.
 * @throws MalformedBytesError also when bytes are left over
 */
export function decodeRequestBody<Req>(api: Api<Req>, version: number, frame: Uint8Array, offset: number): Req {
  return readWhole(api.request, version, new ByteReader(frame, offset));
}

/** Of a response. @throws MalformedBytesError */
export function peekCorrelationId(frame: Uint8Array): number {
  return new ByteReader(frame).int32();
}

/**
 * A response; `version` is the one that was asked for. A broker that does not know the version of an ApiVersions request
 * answers with UNSUPPORTED_VERSION in version 0, and is read so.
 * @throws MalformedBytesError also when bytes are left over
 */
export function decodeResponse<Res>(
  api: Api<unknown, Res>,
  version: number,
  frame: Uint8Array,
): { readonly correlationId: number; readonly body: Res } {
  const reader = new ByteReader(frame);
  const correlationId = reader.int32();
  let answered = version;
  if (api.key === apiVersions.key) {
    if (new ByteReader(frame, reader.offset).int16() === ErrorCode.UNSUPPORTED_VERSION) answered = 0;
  } else if (responseHeaderVersion(api, version) === 1) {
    skipTags(reader);
  }
  return { correlationId, body: readWhole(api.response, answered, reader) };
}
