/** How far a connection has come. A broker does not tell what it did not understand; the stage says what it may have been. */

export type Stage = 'versions' | 'login' | 'first request' | 'at work';

/** Why the connection may have ended without a word, to be added to the error. */
export const lossHints: Readonly<Record<Stage, string>> = {
  versions:
    ' before the broker said anything: is it a port for TLS (security.protocol SSL or SASL_SSL), or no broker’s?',
  login: ' while logging in',
  'first request':
    ' before its first answer: a port that wants a login needs sasl (security.protocol SASL_SSL or SASL_PLAINTEXT)',
  'at work': '',
};
