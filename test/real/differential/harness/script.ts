/** Scripts: scenes about one subject, each played on both brokers. */
import type { Stage } from './stage.ts';

export type Scene = (on: Stage) => Promise<void>;

export interface Script {
  readonly subject: string;
  /** By name, in order. Topics, groups and transactional ids are a scene's own: brokers are shared. */
  readonly scenes: Readonly<Record<string, Scene>>;
}

export function script(subject: string, scenes: Readonly<Record<string, Scene>>): Script {
  return { subject, scenes };
}
