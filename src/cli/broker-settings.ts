/** The broker's properties from `--config` and `--set`, and what of the other options they contradict. */
import { type BrokerConfigInput, brokerConfigProblems, tellAll } from '../broker/index.ts';
import { readProperties } from './input/properties.ts';
import { Refusal } from './refusal.ts';

export interface SettingsOptions {
  readonly config?: string;
  readonly set?: Readonly<Record<string, string>>;
  readonly data?: string;
  readonly host?: string;
  readonly port?: number;
}

/** `--set` goes before the file. @throws Refusal naming all that is wrong, where it stands, and each cure */
export async function brokerSettings(options: SettingsOptions): Promise<BrokerConfigInput> {
  const settings = new Map<string, { readonly value: string; readonly from: string }>();
  if (options.config !== undefined) {
    for (const { name, value, line } of await readProperties(options.config)) {
      settings.set(name, { value, from: `${options.config}, line ${line}` });
    }
  }
  for (const [name, value] of Object.entries(options.set ?? {})) settings.set(name, { value, from: '--set' });
  const wrong: string[] = [];
  const both = (option: string, name: string) => {
    const given = settings.get(name);
    if (given === undefined) return;
    wrong.push(`${option} and ${name}=${given.value} (${given.from}) contradict each other: leave one of them out`);
  };
  if (options.port !== undefined) both('--port', 'listeners');
  if (options.host !== undefined) both('--host', 'listeners');
  if (options.data !== undefined) for (const name of ['log.dirs', 'log.dir']) both('--data', name);
  const config = Object.fromEntries([...settings].map(([name, { value }]) => [name, value])) as BrokerConfigInput;
  for (const { name, text } of brokerConfigProblems(config)) {
    wrong.push(name === undefined ? text : `${settings.get(name)!.from}: ${text}`);
  }
  if (wrong.length > 0) throw new Refusal(tellAll(wrong));
  return config;
}
