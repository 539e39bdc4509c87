/**
 * The topics that this admin client has just made: the controller has them, and each broker learns of them a moment later.
 * So a broker that does not know one of these is asked again.
 */
import type { Clock } from '../../core/index.ts';

/** After this a broker that does not know the topic is right. */
const NEW_MS = 60_000;
const REMEMBERED_MAX = 10_000;

export class Newcomers {
  private readonly clock: Clock;
  /** Monotonic, the oldest first. */
  private readonly madeAt = new Map<string, number>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  made(topic: string): void {
    const now = this.clock.monotonic();
    this.madeAt.delete(topic);
    this.madeAt.set(topic, now);
    for (const [oldest, at] of this.madeAt) {
      if (this.madeAt.size <= REMEMBERED_MAX && now - at < NEW_MS) break;
      this.madeAt.delete(oldest);
    }
  }
  deleted(topic: string): void {
    this.madeAt.delete(topic);
  }

  has(topic: string): boolean {
    const at = this.madeAt.get(topic);
    return at !== undefined && this.clock.monotonic() - at < NEW_MS;
  }
}
