/**
 * Bytes of answers that peers have not taken, over all connections. One connection alone holds little, for it starts no
 * request while its answers wait; where many hold too much together, the one that has taken nothing for longest is cut off.
 */

/** A connection as this account sees it. */
export interface AnswerHolder {
  cutOff(why: string): void;
}

export class AnswerMemory {
  readonly maxBytes: number;
  /** The one that has waited longest comes first. */
  private readonly waiting = new Map<AnswerHolder, number>();
  private total = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.total;
  }

  /** The peer of `holder` did not take these at once. */
  waits(holder: AnswerHolder, bytes: number): void {
    this.waiting.set(holder, (this.waiting.get(holder) ?? 0) + bytes);
    this.total += bytes;
    while (this.total > this.maxBytes) {
      const [longest] = this.waiting.keys();
      if (longest === undefined) return;
      this.taken(longest);
      longest.cutOff('it does not take its answers, and all connections together hold too many');
    }
  }

  /** The peer has taken all, or is gone. */
  taken(holder: AnswerHolder): void {
    this.total -= this.waiting.get(holder) ?? 0;
    this.waiting.delete(holder);
  }
}
