/** Brings what the rows compare us with. What a machine lacks leaves rows unmeasured, and is said before anything else. */
import { bringJars, MissingError, requireJava } from '../../scripts/apache-kafka.ts';
import type { Tool } from '../harness/row.ts';
import { buildFranzGo, haveGo } from './franz-go.ts';
import { buildPackage } from './our-broker.ts';

/** Returns what is missing, each with the reason. */
export async function bringTools(wanted: ReadonlySet<Tool>, say: (text: string) => void): Promise<Map<Tool, string>> {
  const missing = new Map<Tool, string>();
  if (wanted.has('java')) {
    try {
      requireJava();
      bringJars();
    } catch (error) {
      if (!(error instanceof MissingError)) throw error;
      missing.set('java', error.message);
    }
  }
  if (wanted.has('go')) {
    const reason = haveGo() ? buildFranzGo() : 'go is missing; franz-go is built with it: apt-get install golang-go';
    if (reason !== undefined) missing.set('go', reason);
  }
  for (const [tool, reason] of missing) say(`not measured: what needs ${tool}: ${reason}`);
  buildPackage();
  return missing;
}
