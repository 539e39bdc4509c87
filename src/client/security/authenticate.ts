/** Logs a connection in: SaslHandshake names the mechanism, SaslAuthenticate carries its messages (KIP-152). */
import { errorName } from '../../core/index.ts';
import { type Api, saslAuthenticate, saslHandshake } from '../../wire/index.ts';
import { AuthenticationError, type ClientError } from '../errors.ts';
import { unlessAborted } from '../support/async.ts';
import { type LoginContext, LoginRefusal, type SaslMechanism } from './mechanism.ts';

/** What a login needs of a connection. */
export interface LoginChannel {
  /** `host:port` */
  readonly broker: string;
  supports(api: Api, limits: { readonly min: number }): boolean;
  version(api: Api): number;
  /** @throws NetworkError, TimeoutError */
  ask<Res, In>(api: Api<unknown, Res, In>, version: number, body: NoInfer<In>): Promise<Res>;
}

/** More rounds than any mechanism has. */
const ROUNDS_MAX = 10;

/**
 * `begins` is called when all is there that the first message needs: from then on the connection carries nothing else.
 * @returns how long the session lasts, milliseconds; 0: as long as the connection
 * @throws AuthenticationError; NetworkError and TimeoutError of the connection
 */
export async function authenticate(
  channel: LoginChannel,
  mechanism: SaslMechanism,
  context: LoginContext,
  begins: () => void,
): Promise<number> {
  const { broker } = channel;
  const refused = (error: unknown): AuthenticationError =>
    new AuthenticationError(
      'SASL_AUTHENTICATION_FAILED',
      `logging in with ${mechanism.name} at ${broker}: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  if (!channel.supports(saslHandshake, { min: 1 }) || !channel.supports(saslAuthenticate, { min: 0 })) {
    throw withoutSasl(broker);
  }
  const login = mechanism.login(context);
  try {
    // Who brings the credentials may never come to an end.
    let step = await unlessAborted(login.next(), context.signal);
    begins();
    await shakeHands(channel, mechanism);
    const version = channel.version(saslAuthenticate);
    let lifetimeMs = 0;
    for (let rounds = 0; !step.done; rounds++) {
      if (rounds === ROUNDS_MAX) throw new LoginRefusal('the broker does not come to an end');
      const answer = await channel.ask(saslAuthenticate, version, { authBytes: step.value });
      lifetimeMs = answer.sessionLifetimeMs;
      if (answer.errorCode === 0) step = await login.next(answer.authBytes);
      else step = await login.throw(new LoginRefusal(answer.errorMessage || errorName(answer.errorCode)));
    }
    return lifetimeMs;
  } catch (error) {
    throw error instanceof LoginRefusal ? refused(error) : error;
  }
}

async function shakeHands(channel: LoginChannel, { name }: SaslMechanism): Promise<void> {
  const { broker } = channel;
  const { errorCode, mechanisms } = await channel.ask(saslHandshake, 1, { mechanism: name });
  if (errorCode === 0) return;
  const code = errorName(errorCode);
  if (code === 'ILLEGAL_SASL_STATE') throw withoutSasl(broker);
  if (code !== 'UNSUPPORTED_SASL_MECHANISM') {
    throw new AuthenticationError(code, `logging in with ${name} at ${broker}: ${code}`);
  }
  const enabled = mechanisms.length === 0 ? 'none' : mechanisms.join(', ');
  throw new AuthenticationError(
    code,
    `the broker at ${broker} does not log in by ${name}: it has ${enabled} enabled; set sasl.mechanism to one of them, or ` +
      `add ${name} to its sasl.enabled.mechanisms`,
  );
}

function withoutSasl(broker: string): ClientError {
  return new AuthenticationError(
    'ILLEGAL_SASL_STATE',
    `nobody can log in at ${broker}: this port has no SASL; ask for the port of a SASL listener, or leave sasl out ` +
      '(security.protocol PLAINTEXT or SSL)',
  );
}
