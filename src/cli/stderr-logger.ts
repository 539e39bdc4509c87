/** Log lines on standard error: time, level, message, fields. */
import type { Logger } from '../core/index.ts';
import { type LogLevel, logLevels } from './options.ts';

export function stderrLogger(lowest: LogLevel): Logger {
  const at = (level: Exclude<LogLevel, 'silent'>) => (message: string, fields?: Readonly<Record<string, unknown>>) => {
    if (logLevels.indexOf(level) < logLevels.indexOf(lowest)) return;
    const rest = Object.entries(fields ?? {}).map(([name, value]) => ` ${name}=${shown(value)}`);
    process.stderr.write(`${new Date().toISOString()} ${level.padEnd(5)} ${message}${rest.join('')}\n`);
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

function shown(value: unknown): string {
  if (value instanceof Error) return JSON.stringify(`${value.name}: ${value.message}`);
  if (typeof value === 'string') return /^[\w./:-]+$/.test(value) ? value : JSON.stringify(value);
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}
