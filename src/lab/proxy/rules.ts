/** Fault rules: which frames they take, how often, and what the proxy then does. Decides only; touches no socket. */
import type { ErrorName } from '../../core/index.ts';
import type { ProxiedRequest } from './proxied-request.ts';
import { refusable } from './refusals.ts';

/**
 * - `drop-reply`: the request reached the broker, its reply is thrown away. Unless `thenCut` is false the connection is
 *   cut as well, since a client that is never answered only waits for its timeout.
 * - `cut`: the connection to the client is closed, after the answers already on their way; in the direction
 *   `request` before the request is forwarded, in
 *   the direction `response` after the broker has answered and before the client hears.
 * - `refuse`: the request does not reach the broker, and is answered with `error` in its turn, as by a coordinator that
 *   moved away. For requests to coordinators only.
 * - `delay`: the frame, and what follows it on that connection in that direction, waits for `delayMs`.
 */
export type FaultAction = 'drop-reply' | 'cut' | 'refuse' | 'delay';
export type FaultDirection = 'request' | 'response';

export interface FaultRule {
  /** Shown in the log of hits and in the counters. */
  readonly name: string;
  /** Kafka's names of the APIs (`Produce`, `EndTxn`, …), or their keys. */
  readonly api: string | number | readonly (string | number)[];
  readonly action: FaultAction;
  /** @default `response` for drop-reply, `request` otherwise */
  readonly direction?: FaultDirection;
  /** Frames that match and are let through first. @default 0 */
  readonly skip?: number;
  /** Frames that the rule then takes; may be Infinity. @default 1 */
  readonly count?: number;
  /** For `delay` only, milliseconds. */
  readonly delayMs?: number;
  /** For `refuse` only. */
  readonly error?: ErrorName;
  /** For `drop-reply` only. @default true */
  readonly thenCut?: boolean;
  /** Further condition, over the request of the exchange in both directions. Must not throw. */
  readonly when?: (request: ProxiedRequest) => boolean;
  /** Called at once for every frame that the rule takes. Must not throw. */
  readonly onHit?: (hit: FaultHit) => void;
}

/** One frame taken by one rule. */
export interface FaultHit {
  readonly rule: FaultRule;
  readonly direction: FaultDirection;
  readonly request: ProxiedRequest;
  /** Requests that the broker had received, and whose replies were lost with the same connection. */
  readonly unanswered: readonly ProxiedRequest[];
  /** Further requests that the proxy had received, and that never reached the broker because the connection was cut. */
  readonly swallowed: readonly ProxiedRequest[];
}

/** A rule that was given to the proxy. */
export interface RuleHandle {
  readonly rule: FaultRule;
  /** Frames that matched, those that were skipped included. */
  readonly seen: number;
  /** Frames that the rule took. */
  readonly hits: number;
  /** True once it takes no more. */
  readonly spent: boolean;
  remove(): void;
}

class ActiveRule implements RuleHandle {
  readonly rule: FaultRule;
  readonly direction: FaultDirection;
  seen = 0;
  hits = 0;
  removed = false;
  private readonly apis: readonly (string | number)[];

  constructor(rule: FaultRule) {
    this.rule = rule;
    this.direction = rule.direction ?? (rule.action === 'drop-reply' ? 'response' : 'request');
    this.apis = Array.isArray(rule.api) ? rule.api : [rule.api as string | number];
  }
  get spent(): boolean {
    return this.removed || this.hits >= (this.rule.count ?? 1);
  }
  remove(): void {
    this.removed = true;
  }
  takes(direction: FaultDirection, request: ProxiedRequest): boolean {
    if (this.spent || direction !== this.direction) return false;
    if (!this.apis.includes(request.apiName) && !this.apis.includes(request.apiKey)) return false;
    if (this.rule.when !== undefined && !this.rule.when(request)) return false;
    this.seen++;
    if (this.seen <= (this.rule.skip ?? 0)) return false;
    this.hits++;
    return true;
  }
}

/** The rules in force, in the order they were added; the first that takes a frame has it. */
export class RuleBook {
  private readonly rules: ActiveRule[] = [];

  /** @throws RangeError when the rule contradicts itself */
  add(rule: FaultRule): RuleHandle {
    check(rule);
    const active = new ActiveRule(rule);
    this.rules.push(active);
    return active;
  }

  match(direction: FaultDirection, request: ProxiedRequest): FaultRule | undefined {
    for (const rule of this.rules) if (rule.takes(direction, request)) return rule.rule;
    return undefined;
  }

  handles(): readonly RuleHandle[] {
    return this.rules;
  }
}

function check(rule: FaultRule): void {
  const wrong = (problem: string) => new RangeError(`fault rule ${JSON.stringify(rule.name)}: ${problem}`);
  if (rule.action === 'drop-reply' && rule.direction === 'request') {
    throw wrong('drop-reply is about replies: use cut with the direction "request" to lose a request');
  }
  if (rule.action === 'delay' && !(rule.delayMs !== undefined && rule.delayMs >= 0)) {
    throw wrong('delay needs delayMs, in milliseconds, 0 or more');
  }
  if (rule.action === 'refuse') {
    const others = [rule.api].flat().filter((api) => !refusable.includes(String(api)));
    if (others.length > 0) throw wrong(`${others.join(', ')} cannot be refused; ${refusable.join(', ')} can`);
    if (rule.direction === 'response') throw wrong('refuse is about requests: leave the direction out');
    if (rule.error === undefined) throw wrong('refuse needs an error');
  } else if (rule.error !== undefined) throw wrong(`error means nothing for ${rule.action}`);
  if (rule.action !== 'delay' && rule.delayMs !== undefined) throw wrong(`delayMs means nothing for ${rule.action}`);
  if (rule.action !== 'drop-reply' && rule.thenCut !== undefined) throw wrong('thenCut is for drop-reply only');
  if (!((rule.skip ?? 0) >= 0)) throw wrong('skip must be 0 or more');
  if (!((rule.count ?? 1) >= 1)) throw wrong('count must be 1 or more');
}
