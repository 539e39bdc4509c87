/** All that is wrong with a configuration, told at once: whoever mends one property should not have to meet the next. */
import type { BrokerConfigInput } from './broker-configs.ts';
import { BrokerConfiguration } from './broker-configuration.ts';
import { type ConfigProblem, tellAll } from './config-problem.ts';
import { checkRoles, dataDirectoryOf, nodeIdOf } from './identity.ts';
import { type GivenAddress, planListeners } from './listeners.ts';

/** What stands beside the properties, and may contradict them. */
export type GivenBeside = GivenAddress & Parameters<typeof dataDirectoryOf>[0] & Parameters<typeof nodeIdOf>[0];

/** Unknown names, values that cannot be, contradictions; in this order, none of them twice. */
export function brokerConfigProblems(given: BrokerConfigInput = {}, beside: GivenBeside = {}): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const configuration = new BrokerConfiguration(given, problems);
  const wrong = problems.flatMap(({ name }) => (name === undefined ? [] : [name]));
  const checks = [
    () => checkRoles(configuration),
    () => nodeIdOf(beside, configuration),
    () => dataDirectoryOf(beside, configuration),
    () => planListeners(beside, configuration),
  ];
  for (const check of checks) {
    try {
      check();
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      // What follows from a value that is wrong itself says nothing new.
      if (!wrong.some((name) => text.includes(name))) problems.push({ text });
    }
  }
  return problems;
}

/** @throws Error naming every property that is wrong, each with its cure */
export function refuseWrongConfig(given?: BrokerConfigInput, beside?: GivenBeside): void {
  const problems = brokerConfigProblems(given, beside);
  if (problems.length > 0) throw new Error(tellAll(problems.map(({ text }) => text)));
}
