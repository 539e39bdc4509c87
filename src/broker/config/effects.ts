/** Which properties change nothing here, and why. */
import { topicConfigs } from '../../controller/index.ts';
import { brokerConfigDefinition } from './broker-configs.ts';
import type { BrokerConfiguration } from './broker-configuration.ts';

/** Why a broker's property has no effect: its own reason, or that of the topics' property it is the default of. */
export function withoutEffectReason(name: string): string | undefined {
  const own = brokerConfigDefinition(name)?.withoutEffect;
  if (own !== undefined) return own;
  const ofTopics = Object.values(topicConfigs).filter(({ synonyms }) => synonyms?.some((each) => each.name === name));
  const reasons = ofTopics.map(({ withoutEffect }) => withoutEffect);
  return reasons.length > 0 && reasons.every((reason) => reason !== undefined) ? reasons[0] : undefined;
}

/** What an operator should know of what was given. */
export function warningsFor(configuration: BrokerConfiguration): string[] {
  const warnings: string[] = [];
  for (const name of configuration.givenNames()) {
    const why =
      brokerConfigDefinition(name) === undefined ? 'it is for one listener or plug-in' : withoutEffectReason(name);
    if (why !== undefined) warnings.push(`${name} is accepted and has no effect here: ${why}`);
  }
  if (!configuration.values['acks.all.fdatasync']) {
    warnings.push('acks.all.fdatasync=false: a power failure can take back records that were acknowledged');
  }
  const { 'log.flush.interval.ms': flushMs, 'log.flush.scheduler.interval.ms': everyMs } = configuration.values;
  if (flushMs !== null && !Number.isFinite(everyMs)) {
    warnings.push(
      `log.flush.interval.ms=${flushMs} does nothing yet: set log.flush.scheduler.interval.ms, which says how often logs are looked at`,
    );
  }
  return warnings;
}
