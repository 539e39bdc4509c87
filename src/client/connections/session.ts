/**
 * Keeps a connection logged in: once when it opens, and again before the broker's session ends (KIP-368), on the same
 * connection. What is in flight then is answered first; what is asked meanwhile waits until the login is done.
 */
import type { Timer } from '../../core/index.ts';
import { NetworkError } from '../errors.ts';
import { authenticate, type LoginChannel } from '../security/authenticate.ts';
import type { SaslMechanism } from '../security/mechanism.ts';
import { unlessAborted } from '../support/async.ts';
import type { Runtime } from './runtime.ts';

/** What a session needs of its connection. */
export interface SessionChannel extends LoginChannel {
  /** From now until `release` nothing is written but what the login asks. */
  hold(): void;
  release(): void;
  giveUp(error: Error): void;
}

/** Apache Kafka takes a login that comes sooner after the last for an error. */
const LEAST_PAUSE_MS = 1_000;

export class Session {
  private readonly channel: SessionChannel;
  private readonly mechanism: SaslMechanism;
  private readonly runtime: Runtime;
  private readonly timeoutMs: number;
  private readonly lifetime = new AbortController();
  private timer: Timer | undefined;

  /** `timeoutMs`: how long the credentials may take to come. */
  constructor(channel: SessionChannel, mechanism: SaslMechanism, runtime: Runtime, timeoutMs: number) {
    this.channel = channel;
    this.mechanism = mechanism;
    this.runtime = runtime;
    this.timeoutMs = timeoutMs;
  }

  /** @throws AuthenticationError, NetworkError, TimeoutError; the signal's reason */
  async begin(signal?: AbortSignal): Promise<void> {
    await unlessAborted(this.logIn('authentication'), signal);
  }

  /** The connection is over, for this reason. */
  end(reason: Error): void {
    this.timer?.cancel();
    this.lifetime.abort(reason);
  }

  private async logIn(what: 'authentication' | 'reauthentication'): Promise<void> {
    const { channel, mechanism, runtime, lifetime } = this;
    const { clock, random, crypto, timers } = runtime;
    const counted = runtime.instruments.connections;
    const { signal } = lifetime;
    const timer = timers.after(this.timeoutMs, () => {
      channel.giveUp(new NetworkError(`no credentials for ${channel.broker} within ${this.timeoutMs} ms`));
    });
    try {
      const context = { clock, random, crypto, signal };
      const lifetimeMs = await authenticate(channel, mechanism, context, () => {
        timer.cancel();
        channel.hold();
      });
      counted[`successful-${what}-total`]++;
      this.planNext(lifetimeMs);
    } catch (error) {
      if (!signal.aborted) counted[`failed-${what}-total`]++;
      throw error;
    } finally {
      timer.cancel();
      channel.release();
    }
  }

  /** Between 85 and 95 % of the session, so that the connections of a client do not do it all at once. */
  private planNext(lifetimeMs: number): void {
    if (lifetimeMs <= 0 || this.lifetime.signal.aborted) return;
    const part = 0.85 + (this.runtime.random.uint32() / 4294967296) * 0.1;
    this.timer = this.runtime.timers.after(Math.max(LEAST_PAUSE_MS, lifetimeMs * part), () => {
      this.logIn('reauthentication').catch((error: Error) => {
        // A new connection logs in anew, and its caller learns why it cannot.
        this.channel.giveUp(
          new NetworkError(`the connection to ${this.channel.broker} could not be kept: ${error.message}`, {
            cause: error,
          }),
        );
      });
    });
  }
}
