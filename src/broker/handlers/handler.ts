/** What a handler is: one API, the versions it answers, and a function from request to response. */
import type { Api } from '../../wire/index.ts';
import type { RequestContext } from '../network/connection.ts';
import type { BrokerServices } from '../services.ts';

/** What a handler knows about a request besides its body. */
export interface Call {
  readonly apiVersion: number;
  /** As the client named itself; null when it did not. */
  readonly clientId: string | null;
  /** The client's address, without its port, after a slash: `/127.0.0.1`. */
  readonly clientHost: string;
  /** The listener that it came by. */
  readonly listenerName: string;
  /** The connection that it came by. */
  readonly connection: RequestContext;
}

export interface Handler {
  readonly api: Api;
  /** What ApiVersions says. */
  readonly advertised: { readonly min: number; readonly max: number };
  /** Whether bytes of the request may be in use after its answer. */
  readonly keepsRequest: boolean;
  /** Undefined: no response is sent. */
  readonly handle: (request: unknown, call: Call, broker: BrokerServices) => unknown;
}

/** Pairs a table with the function that answers it. A throw closes the connection: refusals belong into the response. */
export function handler<Req, Res, ReqIn, ResIn>(
  api: Api<Req, Res, ReqIn, ResIn>,
  handle: (request: Req, call: Call, broker: BrokerServices) => ResIn | undefined | Promise<ResIn | undefined>,
  options: {
    readonly advertisedMin?: number;
    /** Say false only where every byte of the request was written or copied before the answer. @default true */
    readonly keepsRequest?: boolean;
  } = {},
): Handler {
  return {
    api: api as Api,
    advertised: { min: options.advertisedMin ?? api.minVersion, max: api.maxVersion },
    keepsRequest: options.keepsRequest ?? true,
    handle: handle as Handler['handle'],
  };
}
