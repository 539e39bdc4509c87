/**
 * How much of what the broker reports reaches the logger it was given; the level can be changed while it runs (KIP-412). There
 * is one logger, `root`, with the levels of log4j; what is set is forgotten at the end, as in Kafka.
 */
import { type ConfigChange, ConfigOperation, checkKeys } from '../controller/index.ts';
import { KafkaError, type Logger } from '../core/index.ts';

/** The least first. This broker reports nothing finer than DEBUG and nothing worse than ERROR. */
const levels = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const;
type Level = (typeof levels)[number];
export const ROOT_LOGGER = 'root';

export class LogLevels implements Logger {
  private readonly logger: Logger;
  private current: Level;

  constructor(logger: Logger, lowest: 'debug' | 'info' | 'warn' | 'error' | 'silent') {
    this.logger = logger;
    this.current = lowest === 'silent' ? 'FATAL' : (lowest.toUpperCase() as Level);
  }

  get level(): string {
    return this.current;
  }

  /** Changes levels, or only says whether it would. @throws KafkaError where a change is not possible; none is done then */
  alter(changes: readonly ConfigChange[], validateOnly: boolean): void {
    checkKeys(changes);
    for (const { name, operation, value } of changes) checkChange(name, operation, value);
    if (validateOnly) return;
    for (const { value } of changes) this.current = value as Level;
  }

  debug(message: string, fields?: Readonly<Record<string, unknown>>): void {
    if (this.passes('DEBUG')) this.logger.debug(message, fields);
  }
  info(message: string, fields?: Readonly<Record<string, unknown>>): void {
    if (this.passes('INFO')) this.logger.info(message, fields);
  }
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void {
    if (this.passes('WARN')) this.logger.warn(message, fields);
  }
  error(message: string, fields?: Readonly<Record<string, unknown>>): void {
    if (this.passes('ERROR')) this.logger.error(message, fields);
  }

  private passes(level: Level): boolean {
    return levels.indexOf(level) >= levels.indexOf(this.current);
  }
}

function checkChange(name: string, operation: number, value: string | null): void {
  if (operation === ConfigOperation.APPEND || operation === ConfigOperation.SUBTRACT) {
    const word = operation === ConfigOperation.APPEND ? 'APPEND' : 'SUBTRACT';
    throw new KafkaError('INVALID_REQUEST', `${word} operation is not allowed for the BROKER_LOGGER resource`);
  }
  if (name !== ROOT_LOGGER) throw new KafkaError('INVALID_CONFIG', `Logger ${name} does not exist!`);
  if (operation === ConfigOperation.DELETE) {
    throw new KafkaError('INVALID_REQUEST', 'Removing the log level of the root logger is not allowed');
  }
  if (operation !== ConfigOperation.SET) {
    throw new KafkaError('INVALID_REQUEST', `Unknown operation ${operation} on ${name}: 0 to 3 are known.`);
  }
  if (!(levels as readonly (string | null)[]).includes(value)) {
    const valid = [...levels].sort().join(', ');
    const why = `it is not a supported log level. Valid log levels are ${valid}`;
    throw new KafkaError('INVALID_CONFIG', `Cannot set the log level of ${name} to ${value} as ${why}`);
  }
}
