/**
 * Tells listeners what happened, after the step in which it happened: a listener finds the client between two steps, never
 * within one, and what it throws is logged and touches nothing. Keeps nothing where nobody listens.
 */
import type { Logger } from '../../core/index.ts';

/** What it returns is waited for by nobody; a promise that rejects counts as a throw. */
export type Listener<Event> = (event: Event) => void | Promise<void>;

interface Pending {
  readonly name: string;
  readonly event: unknown;
  readonly listeners: readonly Listener<unknown>[];
}

export class Emitter<Events extends object> {
  private readonly logger: Logger;
  private readonly listeners = new Map<keyof Events, Set<Listener<unknown>>>();
  private readonly blamed = new WeakSet<Listener<unknown>>();
  private pending: Pending[] = [];

  constructor(logger: Logger) {
    this.logger = logger;
  }

  /** Returns how to stop listening. The same listener twice is told once. */
  on<Name extends keyof Events & string>(name: Name, listener: Listener<Events[Name]>): () => void {
    let listeners = this.listeners.get(name);
    if (listeners === undefined) {
      listeners = new Set();
      this.listeners.set(name, listeners);
    }
    const added = listener as Listener<unknown>;
    listeners.add(added);
    return () => listeners.delete(added);
  }

  emit<Name extends keyof Events & string>(name: Name, event: Events[Name]): void {
    const listeners = this.listeners.get(name);
    if (listeners === undefined || listeners.size === 0) return;
    this.pending.push({ name, event, listeners: [...listeners] });
    if (this.pending.length === 1) void Promise.resolve().then(() => this.deliver());
  }

  private deliver(): void {
    const { pending } = this;
    this.pending = [];
    for (const { name, event, listeners } of pending) {
      for (const listener of listeners) {
        try {
          listener(event)?.catch((error: unknown) => this.blame(name, listener, error));
        } catch (error) {
          this.blame(name, listener, error);
        }
      }
    }
  }

  /** Once for each listener: one that always throws must not fill the log. */
  private blame(name: string, listener: Listener<unknown>, error: unknown): void {
    if (this.blamed.has(listener)) return;
    this.blamed.add(listener);
    const cause = error instanceof Error ? error.message : String(error);
    this.logger.error('a listener threw: it is called again, and what it throws is not reported again', {
      event: name,
      cause,
    });
  }
}
