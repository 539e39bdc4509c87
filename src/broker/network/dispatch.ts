/**
 * From a request frame to its response frame: reads the header, finds the handler, decodes, calls, encodes. A key or a
 * version that nobody handles closes the connection, as in Kafka; but ApiVersions in an unknown version is answered in
 * version 0 with UNSUPPORTED_VERSION, so that a newer client can ask again (KIP-511).
 */
import { type BufferPool, ByteReader, ErrorCode } from '../../core/index.ts';
import { apiVersions, decodeRequestBody, decodeRequestHeader, encodeResponsePieces } from '../../wire/index.ts';
import { advertisedRange } from '../handlers/api-versions.ts';
import type { Handler } from '../handlers/handler.ts';
import type { BrokerServices } from '../services.ts';
import { type Answer, ConnectionRefusal, type Dispatch, type RequestContext } from './connection.ts';

/** Requests that come before `begun` wait for it; those that find no `services` after it close their connection. */
export function makeDispatch(
  handlers: readonly Handler[],
  services: () => BrokerServices | undefined,
  begun: Promise<void>,
  listenerName: string,
  buffers: BufferPool,
): Dispatch {
  let started = false;
  void begun.then(() => {
    started = true;
  });
  const byKey = new Map(handlers.map((handler) => [handler.api.key, handler]));
  const ofApiVersions = byKey.get(apiVersions.key);

  const dispatch = (frame: Buffer, connection: RequestContext): Answer | Promise<Answer> => {
    const broker = services();
    if (broker === undefined) {
      if (!started) return begun.then(() => dispatch(frame, connection));
      throw new ConnectionRefusal('the broker is stopping');
    }
    const reader = new ByteReader(frame);
    const apiKey = reader.int16();
    const apiVersion = reader.int16();
    const handler = byKey.get(apiKey);
    if (handler === undefined) throw new ConnectionRefusal(`no API has key ${apiKey}`);
    const { api } = handler;
    if (apiVersion < api.minVersion || apiVersion > api.maxVersion) {
      if (handler === ofApiVersions) return unsupportedApiVersions(handler, reader.int32());
      throw new ConnectionRefusal(`${api.name} has no version ${apiVersion}`);
    }
    const header = decodeRequestHeader(frame);
    const request = decodeRequestBody(api, apiVersion, frame, header.bodyOffset);
    const call = {
      apiVersion,
      clientId: header.clientId,
      clientHost: hostOf(connection.remoteAddress),
      connection,
      listenerName,
    };
    const response = handler.handle(request, call, broker);
    const encode = (body: unknown): Answer => {
      const pieces =
        body === undefined ? undefined : encodeResponsePieces<unknown>(api, apiVersion, header.correlationId, body);
      if (!handler.keepsRequest) buffers.giveBack(frame);
      return pieces;
    };
    return response instanceof Promise ? response.then(encode) : encode(response);
  };
  return dispatch;
}

function unsupportedApiVersions(handler: Handler, correlationId: number): Answer {
  return encodeResponsePieces(apiVersions, 0, correlationId, {
    errorCode: ErrorCode.UNSUPPORTED_VERSION,
    apiKeys: [advertisedRange(handler)],
  });
}

/** As Java writes the address of a peer without a name, and with it every client of Kafka's. */
function hostOf(remoteAddress: string): string {
  const colon = remoteAddress.lastIndexOf(':');
  return `/${colon === -1 ? remoteAddress : remoteAddress.slice(0, colon)}`;
}
