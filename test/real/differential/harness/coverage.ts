/** Which requests were asked in which versions, and which errors both brokers have answered. */
import { type Api, apis } from '../../../../src/wire/index.ts';
import type { Ranges } from './stage.ts';
import type { Step } from './transcript.ts';

export class Coverage {
  private readonly asked = new Set<string>();
  private readonly errors = new Set<number>();

  /** What one scene has done. Errors count where both sides have answered them in the same step. */
  add(ours: readonly Step[], kafkas: readonly Step[]): void {
    for (const [at, step] of ours.entries()) {
      this.asked.add(`${step.apiName} v${step.version}`);
      const other = kafkas[at];
      if (other === undefined) continue;
      const theirs = errorsOf(other);
      for (const code of errorsOf(step)) if (theirs.has(code)) this.errors.add(code);
    }
  }

  /** Pairs that both brokers advertise and that no scene has asked. */
  missing(ranges: Ranges): string[] {
    return apis.flatMap((api) => versionsIn(api, ranges).filter((pair) => !this.asked.has(pair)));
  }

  missingErrors(codes: readonly number[]): number[] {
    return codes.filter((code) => !this.errors.has(code));
  }
}

function versionsIn({ key, name }: Api, ranges: Ranges): string[] {
  const range = ranges.get(key);
  if (range === undefined) return [];
  return Array.from({ length: range.max - range.min + 1 }, (_, index) => `${name} v${range.min + index}`);
}

/** Every `errorCode`, however deep. */
function errorsOf({ outcome }: Step): Set<number> {
  const found = new Set<number>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const element of value) visit(element);
    else if (typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)) {
      for (const [name, inner] of Object.entries(value)) {
        if (typeof inner === 'number' && /errorCode$/i.test(name)) found.add(inner);
        else visit(inner);
      }
    }
  };
  if (outcome.kind === 'answer') visit(outcome.body);
  return found;
}
