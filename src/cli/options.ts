/** Reads the values of options; a bad one is refused with what is wanted. */
import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';

export function parsePort(value: string): number {
  const port = Number(value);
  if (!/^\d+$/.test(value) || port > 65535) {
    throw new InvalidArgumentError('A port is a whole number from 0 (picks a free one) to 65535.');
  }
  return port;
}

/** A path as its user means it: npm runs our scripts in the checkout, wherever it was called from. */
export function parsePath(value: string): string {
  if (value === '') throw new InvalidArgumentError('It is empty: name a path, or leave the option out.');
  const ours = process.env.npm_package_name === 'onceward' && process.env.npm_lifecycle_event !== undefined;
  return resolve(ours ? (process.env.INIT_CWD ?? '.') : '.', value);
}

/** `key=value`, collected. */
export function parseSetting(value: string, earlier: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = value.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It is written key=value, for example log.retention.ms=60000.');
  const name = value.slice(0, at).trim();
  if (Object.hasOwn(earlier, name)) throw new InvalidArgumentError(`${name} is set twice: leave one of them out.`);
  return { ...earlier, [name]: value.slice(at + 1).trim() };
}

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];
