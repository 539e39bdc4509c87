/** What a subscription to clients’ metrics is made of (KIP-714): its properties and their rules. */
import { KafkaError } from '../core/index.ts';
import { int, list, withoutEffect } from './config-builders.ts';
import { type ConfigDefinition, parseConfigValue } from './config-definitions.ts';
import type { ResourceRules } from './resource-rules.ts';

export const clientMetricsConfigs: Readonly<Record<string, ConfigDefinition>> = withoutEffect(
  'clients’ telemetry is not asked for',
  {
    'interval.ms': int('300000', 'How often clients send their metrics, in milliseconds.'),
    match: list('', 'Which clients, by patterns of their properties; none: all of them.'),
    metrics: list('', 'The beginnings of the names of the metrics; none: none, *: all of them.'),
  },
);

const INTERVAL_MS = { min: 100, max: 3_600_000 };
const MATCHED: ReadonlySet<string> = new Set([
  'client_instance_id',
  'client_id',
  'client_software_name',
  'client_software_version',
  'client_source_address',
  'client_source_port',
]);

export const clientMetricsRules: ResourceRules = {
  // As in Kafka: they are lists, and yet not to be appended to.
  isList: () => false,
  defaultText: (name) => clientMetricsConfigs[name]?.defaultText ?? null,
  check(name, configs) {
    if (name === '') throw new KafkaError('INVALID_REQUEST', "Subscription name can't be empty");
    for (const [key, text] of configs) {
      const definition = Object.hasOwn(clientMetricsConfigs, key) ? clientMetricsConfigs[key] : undefined;
      if (definition === undefined) {
        throw new KafkaError('INVALID_REQUEST', `Unknown client metrics configuration: ${key}`);
      }
      const value = parseConfigValue(key, definition, text);
      if (key === 'interval.ms') checkInterval(value as number);
      if (key === 'match') for (const pattern of value as readonly string[]) checkPattern(pattern);
    }
  },
};

function checkInterval(value: number): void {
  const { min, max } = INTERVAL_MS;
  if (value >= min && value <= max) return;
  const range = `interval must be between ${min} and ${max} (1 hour)`;
  throw new KafkaError('INVALID_REQUEST', `Invalid value ${value} for interval.ms, ${range}`);
}

/** `property=regular expression`; the expression is never run here. */
function checkPattern(pattern: string): void {
  const at = pattern.indexOf('=');
  if (at > 0 && MATCHED.has(pattern.slice(0, at).trim()) && isExpression(pattern.slice(at + 1).trim())) return;
  throw new KafkaError('INVALID_CONFIG', `Illegal client matching pattern: ${pattern}`);
}
function isExpression(text: string): boolean {
  try {
    return text !== '' && new RegExp(text) !== undefined;
  } catch {
    return false;
  }
}
