/** Plays a scene on both brokers at once. */

import type { Scene } from './script.ts';
import type { Sides } from './sides.ts';
import { Stage } from './stage.ts';
import { type Step, Transcript } from './transcript.ts';

export interface Played {
  readonly ours: readonly Step[];
  readonly kafkas: readonly Step[];
  /** Why the scene did not come to its end, on either side. */
  readonly failures: readonly string[];
}

export async function play(scene: Scene, sides: Sides): Promise<Played> {
  const failures: string[] = [];
  const now = Date.now();
  const one = async (side: 'ours' | 'kafkas'): Promise<readonly Step[]> => {
    const transcript = new Transcript(sides[side]);
    const stage = new Stage(transcript, sides.ranges, now, {
      crash: () => sides.crash(side),
      breakPartition: (topic) => sides.breakPartition(side, topic),
    });
    try {
      await scene(stage);
    } catch (error) {
      failures.push(`on ${side === 'ours' ? side : "Kafka's"} the scene ended early: ${String(error)}${lineOf(error)}`);
    }
    await stage.leave();
    return transcript.steps;
  };
  const [ours, kafkas] = await Promise.all([one('ours'), one('kafkas')]);
  return { ours, kafkas, failures };
}

/** Where in the scripts. */
function lineOf(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const found = /scripts\/[a-z-]+\.ts:\d+/.exec(stack);
  return found === null ? '' : ` (${found[0]})`;
}
