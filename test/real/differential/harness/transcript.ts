/** What was asked of one broker in a scene, in the order of asking, and what came of it. */
import type { Api } from '../../../../src/wire/index.ts';

/** Something that was asked, and what came of it. */
export interface Step {
  /** Tells steps of one API apart. */
  readonly as: string;
  readonly apiName: string;
  /** Undefined where bytes were sent as they are; their answer is bytes as well. */
  readonly api: Api | undefined;
  readonly version: number;
  outcome: Outcome;
}

export type Outcome =
  | { readonly kind: 'answer'; readonly body: unknown }
  | { readonly kind: 'closed' | 'silence' | 'open' }
  | { readonly kind: 'undecodable'; readonly body: string };

export class Transcript {
  readonly bootstrap: string;
  readonly steps: Step[] = [];

  constructor(bootstrap: string) {
    this.bootstrap = bootstrap;
  }

  /** A request: `as` tells it from others of its API. Its outcome is silence until something comes. */
  note(api: Api, version: number, as = ''): Step {
    return this.add({ as, apiName: api.name, api, version, outcome: { kind: 'silence' } });
  }

  /** Bytes; `covers` says which request they are, where they are one that the tables do not have. */
  noteRaw(as: string, covers?: { readonly apiName: string; readonly version: number }): Step {
    const { apiName, version } = covers ?? { apiName: 'raw', version: -1 };
    return this.add({ as, apiName, api: undefined, version, outcome: { kind: 'silence' } });
  }

  private add(step: Step): Step {
    this.steps.push(step);
    return step;
  }
}

/** `Produce v7 a stale epoch` */
export function nameOf({ apiName, version, as }: Step): string {
  return [apiName, ...(version < 0 ? [] : [`v${version}`]), ...(as === '' ? [] : [as])].join(' ');
}
