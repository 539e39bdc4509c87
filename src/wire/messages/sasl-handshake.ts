/**
 * SaslHandshake (key 17): which mechanism is meant. Versions 0-1; after 0 the mechanism's bytes travel bare, after 1 they
 * travel inside SaslAuthenticate (KIP-43, KIP-152). Left out: nothing.
 */
import { api, array, type Infer, type InferInput, int16, message, string } from '../schema.ts';

export const saslHandshakeRequest = message('SaslHandshakeRequest', {
  versions: '0-1',
  flexible: 'none',
  fields: {
    mechanism: string(),
  },
});

export const saslHandshakeResponse = message('SaslHandshakeResponse', {
  versions: '0-1',
  flexible: 'none',
  fields: {
    errorCode: int16(),
    /** Those that the listener has enabled. */
    mechanisms: array(string()),
  },
});

export const saslHandshake = api({
  key: 17,
  name: 'SaslHandshake',
  request: saslHandshakeRequest,
  response: saslHandshakeResponse,
});

export type SaslHandshakeRequest = Infer<typeof saslHandshakeRequest>;
export type SaslHandshakeRequestInput = InferInput<typeof saslHandshakeRequest>;
export type SaslHandshakeResponse = Infer<typeof saslHandshakeResponse>;
export type SaslHandshakeResponseInput = InferInput<typeof saslHandshakeResponse>;
