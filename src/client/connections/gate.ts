/** Holds requests back while a connection logs in again, in their order. */

/** A request that is held back. */
export interface Held {
  readonly send: () => void;
  /** The connection ended first. */
  readonly reject: (error: unknown) => void;
}

export class Gate {
  private held: Held[] | undefined;

  get size(): number {
    return this.held?.length ?? 0;
  }
  get shut(): boolean {
    return this.held !== undefined;
  }
  /** Sends at once, or when the gate opens. */
  pass(request: Held): void {
    if (this.held === undefined) request.send();
    else this.held.push(request);
  }
  close(): void {
    this.held ??= [];
  }
  open(): void {
    const { held = [] } = this;
    this.held = undefined;
    for (const { send, reject } of held) {
      try {
        send();
      } catch (error) {
        reject(error);
      }
    }
  }
  fail(error: unknown): void {
    for (const { reject } of this.held?.splice(0) ?? []) reject(error);
  }
}
