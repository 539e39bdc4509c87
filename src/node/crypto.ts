/** Digests by OpenSSL. The deliberately slow one runs on a thread of Node's pool. */
import { createHash, createHmac, pbkdf2, pbkdf2Sync } from 'node:crypto';
import { promisify } from 'node:util';
import type { Crypto, DigestName } from '../core/index.ts';

const LENGTH: Readonly<Record<DigestName, number>> = { sha256: 32, sha512: 64 };
const pbkdf2OnThread = promisify(pbkdf2);

const quick = {
  digest: (name: DigestName, data: Uint8Array): Uint8Array => createHash(name).update(data).digest(),
  hmac: (name: DigestName, key: Uint8Array, data: Uint8Array): Uint8Array =>
    createHmac(name, key).update(data).digest(),
};

export const realCrypto: Crypto = {
  ...quick,
  pbkdf2: (name, password, salt, iterations) => pbkdf2OnThread(password, salt, iterations, LENGTH[name], name),
};

/** The same without a thread, whose end no simulated clock could know. */
export const promptCrypto: Crypto = {
  ...quick,
  pbkdf2: async (name, password, salt, iterations) => pbkdf2Sync(password, salt, iterations, LENGTH[name], name),
};
