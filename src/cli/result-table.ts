/** The main job's result for people: the table, and below it what each fault did. */
import Table from 'cli-table3';
import pc from 'picocolors';
import type { Counts, GuaranteeResult, ProofResult } from '../lab/index.ts';

const number = (value: number) => value.toLocaleString('en-US');
const some = (value: number) => (value === 0 ? '0' : pc.yellow(number(value)));

export function resultTable(result: ProofResult): string {
  const head = ['Guarantee', 'Sent', 'Delivered', 'Lost', 'Duplicated', 'Messages/s', 'p99 latency'];
  const table = new Table({
    head: head.map((title) => pc.bold(title)),
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const { name, messagesPerSecond, p99Ms, perTopic, ...sums } of result.guarantees) {
    const lines = [
      [pc.bold(name), ...counted(sums), number(messagesPerSecond), `${p99Ms.toFixed(1)} ms`],
      ...perTopic.map((counts) => [`  ${counts.topic}`, ...counted(counts), '', '']),
    ];
    table.push(head.map((_, column) => lines.map((line) => line[column]).join('\n')));
  }
  return table.toString();
}

function counted({ sent, delivered, lost, duplicated }: Counts): string[] {
  return [number(sent), number(delivered), some(lost), some(duplicated)];
}

export function faultLines(guarantees: readonly GuaranteeResult[]): string {
  const lines: string[] = [pc.bold('What each fault did')];
  for (const { name, faults } of guarantees) {
    lines.push(`  ${pc.bold(name)}`);
    for (const { fault, planned, happened, effect } of faults) {
      const times = planned === 0 ? `${happened}x` : `${happened} of ${planned}`;
      lines.push(`    ${fault.padEnd(18)} ${times.padStart(7)}  ${effect}.`);
    }
  }
  return lines.join('\n');
}

export const tableLegend = [
  'Sent: one record for each input and output topic. Delivered: inputs with at least one copy. Lost: inputs with none.',
  'Duplicated: copies beyond the first. Messages/s: inputs for each second, takeovers after kills included.',
  'p99 latency: from the pipeline’s poll to the moment a read_committed consumer has the output.',
].join('\n');
