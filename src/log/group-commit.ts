/**
 * Many wait for the device, one sync serves them: a request that comes while a sync is under way waits for the next
 * one, together with all others, since a sync covers only what was written before it began.
 */
export class GroupCommit<T> {
  private readonly sync: () => Promise<T>;
  private running: Promise<T> | undefined;
  private next: Promise<T> | undefined;

  /** `sync` is never called while an earlier call of it is under way. */
  constructor(sync: () => Promise<T>) {
    this.sync = sync;
  }

  /** Undefined when nothing is under way. Never rejects. */
  get idle(): Promise<void> | undefined {
    const last = this.next ?? this.running;
    return last?.then(
      () => undefined,
      () => undefined,
    );
  }

  /** Resolves with what a sync returned that began after this call. */
  request(): Promise<T> {
    if (this.running === undefined) return this.start();
    this.next ??= this.running.then(
      () => this.startNext(),
      () => this.startNext(),
    );
    return this.next;
  }

  private startNext(): Promise<T> {
    this.next = undefined;
    return this.start();
  }
  private start(): Promise<T> {
    const running = this.sync().finally(() => {
      this.running = undefined;
    });
    this.running = running;
    return running;
  }
}
