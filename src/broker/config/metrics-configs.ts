/** Metrics, providers of values, telemetry. Kafka’s broker properties (https://kafka.apache.org/43/configuration/broker-configs/). */
import { int, list, long, string, withoutEffect } from '../../controller/index.ts';

export const metricsConfigs = {
  ...withoutEffect('no Java classes are loaded, no metrics are kept', {
    'config.providers': list('', 'Names of providers that values can be taken from.', { update: 'cluster-wide' }),
    'kafka.metrics.polling.interval.secs': int('10', 'How often the older reporters are fed.', { min: 1 }),
    'kafka.metrics.reporters': list('', 'Classes that receive the older metrics.'),
    'metric.reporters': list('org.apache.kafka.common.metrics.JmxReporter', 'Classes that receive metrics.', {
      update: 'cluster-wide',
    }),
    'metrics.num.samples': int('2', 'Samples kept for each metric.', { min: 1 }),
    'metrics.recording.level': string('INFO', 'How fine metrics are.'),
    'metrics.sample.window.ms': long('30000', 'Length of each sample.', { min: 1 }),
  }),
  ...withoutEffect('clients’ telemetry is not asked for', {
    'telemetry.max.bytes': int('1048576', 'The largest push of a client’s metrics, in bytes.', { min: 1 }),
  }),
};
