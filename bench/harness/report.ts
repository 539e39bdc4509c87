/** The result for programs and for people: JSON, and a table in Markdown. */
import { cpus, release, totalmem, type } from 'node:os';
import type { RowResult, SideResult } from './measure.ts';
import type { Target, Unit } from './row.ts';

/** The median of fewer says so. */
export const USUAL_REPETITIONS = 5;

/** A row that could not be measured here. */
export interface NotMeasured {
  readonly row: string;
  readonly target: Target | undefined;
  readonly reason: string;
}

export interface Report {
  /** When it was begun. */
  readonly date: Date;
  /** Of the sources; undefined where they are in no repository. */
  readonly commit: string | undefined;
  readonly quick: boolean;
  readonly rows: readonly (RowResult | NotMeasured)[];
}

export const isMeasured = (row: RowResult | NotMeasured): row is RowResult => 'ours' in row;

/** The machine as far as it explains the numbers. */
export function machine() {
  const [processor] = cpus();
  return {
    processor: processor?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()}`,
    node: process.version,
  };
}

export function asJson({ date, commit, quick, rows }: Report): string {
  const one = (row: RowResult | NotMeasured) =>
    isMeasured(row)
      ? {
          row: row.row,
          unit: row.unit,
          ours: row.ours.value,
          peer: row.peers[0]!.value,
          ratio: row.ratio,
          target: row.target === undefined ? null : targetText(row.target),
          met: row.met ?? null,
          spread: { ours: row.ours.spread, peer: row.peers[0]!.spread },
          sides: [row.ours, ...row.peers],
          note: row.note,
        }
      : {
          row: row.row,
          ours: null,
          peer: null,
          ratio: null,
          target: row.target === undefined ? null : targetText(row.target),
          met: null,
          spread: null,
          notMeasured: row.reason,
        };
  const all = { machine: machine(), date: date.toISOString(), commit, quick, rows: rows.map(one) };
  return `${JSON.stringify(all, undefined, 2)}\n`;
}

export function asMarkdown({ date, commit, quick, rows }: Report): string {
  const { processor, cores, memoryGiB, system, node } = machine();
  const what = commit === undefined ? '' : ` of commit ${commit}`;
  const when = `Taken ${date.toISOString().slice(0, 10)}${what}${quick ? ' with `--quick`' : ''}`;
  // Rows that were measured in the same way share a note.
  const notes = [...new Set(rows.filter(isMeasured).map(({ note }) => note))];
  return [
    `${when} on ${cores} cores (${processor}), ${memoryGiB} GiB, ${system}, Node ${node}.`,
    'Medians of five where nothing else is said; in brackets the range of all repetitions divided by their median.',
    '',
    '| What | Ours | Peer | Ratio | Target | Met | How |',
    '|---|--:|--:|--:|---|---|---|',
    ...rows.map((row) => line(row, notes)),
    '',
    ...notes.map((note, index) => `${index + 1}. ${note}.`),
  ].join('\n');
}

function line(row: RowResult | NotMeasured, notes: readonly string[]): string {
  const target = row.target === undefined ? '' : targetText(row.target);
  if (!isMeasured(row)) return cells(row.row, 'not measured', row.reason, '', target, '', '');
  const peers = row.peers.map((side) => `${side.name} ${sideText(side, row.unit)}`).join('<br>');
  const met = row.met === undefined ? '' : row.met ? 'yes' : '**no**';
  const note = String(notes.indexOf(row.note) + 1);
  return cells(row.row, sideText(row.ours, row.unit), peers, row.ratio.toPrecision(3), target, met, note);
}

const cells = (...texts: readonly string[]) => `| ${texts.join(' | ')} |`;

export function targetText(target: Target): string {
  return 'atLeast' in target ? `≥ ${figure(target.atLeast)}` : `≤ ${figure(target.atMost)}`;
}

const figure = (value: number) =>
  value > 0 && value < 0.1 ? `1/${Math.round(1 / value)}` : String(Number(value.toPrecision(3)));

function sideText({ value, spread, values }: SideResult, unit: Unit): string {
  const facts = [
    ...(values.length > 1 ? [`${Math.round(spread * 100)} %`] : []),
    ...(values.length < USUAL_REPETITIONS ? [`of ${values.length}`] : []),
  ];
  const range = facts.length > 0 ? ` (${facts.join(', ')})` : '';
  return `${quantity(value, unit)}${range}`;
}

export function quantity(value: number, unit: Unit): string {
  if (unit !== 'records/s') return `${value >= 100 ? Math.round(value) : value.toPrecision(3)} ${unit}`;
  return value >= 1e6 ? `${(value / 1e6).toFixed(2)} M/s` : `${(value / 1e3).toFixed(0)} k/s`;
}

/** One line for the one who waits. */
export function shortLine(row: RowResult): string {
  const details = [row.ours, ...row.peers]
    .map(({ name, value, spread, details }) => {
      const more = Object.entries(details).map(([what, much]) => `${what} ${much.toFixed(2)}`);
      return `${name} ${quantity(value, row.unit)} ±${Math.round(spread * 50)} %${more.length > 0 ? ` [${more.join(', ')}]` : ''}`;
    })
    .join('; ');
  const target = row.target === undefined ? '' : ` (${targetText(row.target)}: ${row.met ? 'met' : 'NOT met'})`;
  return `${row.row}: ${row.ratio.toPrecision(3)}${target}; ${details}`;
}
