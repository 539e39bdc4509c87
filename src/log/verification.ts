/**
 * Verification guards (KIP-890): before the first batch of a transaction is appended to a partition, the broker asks the
 * transaction coordinator whether the partition is part of it. The guard ties the answer to the attempt: data or a
 * marker of the producer makes it worthless, so a late answer cannot let a batch into the next transaction.
 */

/** Compared by identity. */
export class VerificationGuard {
  readonly producerId: number;
  readonly producerEpoch: number;
  constructor(producerId: number, producerEpoch: number) {
    this.producerId = producerId;
    this.producerEpoch = producerEpoch;
  }
}

interface Attempt {
  readonly guard: VerificationGuard;
  /** The lowest first sequence among the batches that wait: none above it may be appended before. */
  lowestSequence: number;
  /** The producer speaks transactions version 2: without state its first sequence is 0. */
  supportsEpochBump: boolean;
  readonly startedAt: number;
}

export class Verifications {
  private readonly attempts = new Map<number, Attempt>();

  /** Starts or joins the attempt of this producer and epoch. A newer epoch replaces an older attempt. */
  start(
    producerId: number,
    producerEpoch: number,
    firstSequence: number,
    supportsEpochBump: boolean,
    now: number,
  ): VerificationGuard {
    const attempt = this.attempts.get(producerId);
    if (attempt !== undefined && attempt.guard.producerEpoch === producerEpoch) {
      if (sequenceBefore(firstSequence, attempt.lowestSequence)) attempt.lowestSequence = firstSequence;
      attempt.supportsEpochBump ||= supportsEpochBump;
      return attempt.guard;
    }
    const guard = new VerificationGuard(producerId, producerEpoch);
    // A zombie's guard is never registered, so it never opens anything.
    if (attempt !== undefined && attempt.guard.producerEpoch > producerEpoch) return guard;
    this.attempts.set(producerId, { guard, lowestSequence: firstSequence, supportsEpochBump, startedAt: now });
    return guard;
  }

  holds(guard: VerificationGuard | undefined, producerId: number, producerEpoch: number): boolean {
    return (
      guard !== undefined && guard.producerEpoch === producerEpoch && this.attempts.get(producerId)?.guard === guard
    );
  }

  /** A batch with a lower first sequence waits for its verification. */
  mustWait(producerId: number, producerEpoch: number, firstSequence: number): boolean {
    const attempt = this.attempts.get(producerId);
    return (
      attempt !== undefined &&
      attempt.guard.producerEpoch === producerEpoch &&
      sequenceBefore(attempt.lowestSequence, firstSequence)
    );
  }

  startsAtZero(producerId: number, producerEpoch: number): boolean {
    const attempt = this.attempts.get(producerId);
    return attempt !== undefined && attempt.guard.producerEpoch === producerEpoch && attempt.supportsEpochBump;
  }

  clear(producerId: number): void {
    this.attempts.delete(producerId);
  }

  removeStartedBefore(time: number): void {
    for (const [producerId, attempt] of this.attempts) {
      if (attempt.startedAt < time) this.attempts.delete(producerId);
    }
  }
}

/** Sequences wrap at 2^31: `a` comes before `b` when the way up from `a` to `b` is the shorter one. */
function sequenceBefore(a: number, b: number): boolean {
  if (a === b) return false;
  if (a < 0 || b < 0) return a < b;
  return ((b - a) & 0x7fffffff) < 0x40000000;
}
