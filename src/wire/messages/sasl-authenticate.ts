/**
 * SaslAuthenticate (key 36): one message of the mechanism each way (KIP-152). Versions 0-2; since 1 the broker says how
 * long the session lasts (KIP-368). Left out: nothing.
 */
import { api, bytes, type Infer, type InferInput, int16, int64, message, string } from '../schema.ts';

export const saslAuthenticateRequest = message('SaslAuthenticateRequest', {
  versions: '0-2',
  flexible: '2+',
  fields: {
    authBytes: bytes(),
  },
});

export const saslAuthenticateResponse = message('SaslAuthenticateResponse', {
  versions: '0-2',
  flexible: '2+',
  fields: {
    errorCode: int16(),
    errorMessage: string({ nullable: '0+' }),
    authBytes: bytes(),
    /** Milliseconds until the connection must authenticate again; 0: never. */
    sessionLifetimeMs: int64({ versions: '1+' }),
  },
});

export const saslAuthenticate = api({
  key: 36,
  name: 'SaslAuthenticate',
  request: saslAuthenticateRequest,
  response: saslAuthenticateResponse,
});

export type SaslAuthenticateRequest = Infer<typeof saslAuthenticateRequest>;
export type SaslAuthenticateRequestInput = InferInput<typeof saslAuthenticateRequest>;
export type SaslAuthenticateResponse = Infer<typeof saslAuthenticateResponse>;
export type SaslAuthenticateResponseInput = InferInput<typeof saslAuthenticateResponse>;
