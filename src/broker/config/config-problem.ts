/** One thing that is wrong with a configuration, and how several are told. */
export interface ConfigProblem {
  /** The property that is wrong by itself; undefined: several do not fit each other. */
  readonly name?: string;
  /** Names the properties, and the cure. */
  readonly text: string;
}

/** One message for all of them. */
export function tellAll(problems: readonly string[]): string {
  if (problems.length === 1) return problems[0]!;
  return [`${problems.length} things are wrong with the configuration:`, ...problems].join('\n- ');
}
