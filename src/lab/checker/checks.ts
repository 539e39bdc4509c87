/**
 * What must hold for every history of a log that promises exactly once, after Jepsen's Kafka workload and with checks of
 * our own. Each check returns what speaks against it, in words.
 */
import type { History, Key, Position, ReadRecord, Unit, Write } from './history.ts';

/** Everything, as a reader sees it that comes when all is over: read_committed, from the first record to the last. */
export interface Final {
  readonly records: readonly ReadRecord[];
  /** What each group has committed. */
  readonly positions: readonly Position[];
}

export interface Violation {
  readonly check: string;
  readonly what: string;
}

type Check = (history: History, final: Final) => string[];

export const checks: Readonly<Record<string, Check>> = {
  'inconsistent-offsets': inconsistentOffsets,
  duplicate: duplicates,
  'aborted-read': abortedReads,
  'unknown-value': unknownValues,
  'lost-write': lostWrites,
  'torn-commit': tornCommits,
  'nonmonotonic-poll': nonmonotonicPolls,
  'poll-skip': pollSkips,
  'vanished-read': vanishedReads,
  'torn-offsets': tornOffsets,
};

export function checkHistory(history: History, final: Final): Violation[] {
  return Object.entries(checks).flatMap(([check, find]) => find(history, final).map((what) => ({ check, what })));
}

/**
 * Of a pipeline from one set of keys to another: each committed input has exactly one copy in the output, and nothing else
 * is there. `origin` gives the input that an output was made from.
 */
export function checkCopies(
  final: Final,
  isInput: (key: Key) => boolean,
  isOutput: (key: Key) => boolean,
  origin: (output: string) => string,
): Violation[] {
  const copies = new Map<string, number>();
  const violations: Violation[] = [];
  for (const { key, value } of final.records) if (isInput(key)) copies.set(value, 0);
  for (const { key, offset, value } of final.records) {
    if (!isOutput(key)) continue;
    const input = origin(value);
    const count = copies.get(input);
    if (count === undefined) {
      violations.push({
        check: 'copy-of-nothing',
        what: `${value} at ${key}/${offset} was made from no committed input`,
      });
    } else {
      copies.set(input, count + 1);
    }
  }
  for (const [input, count] of copies) {
    if (count !== 1) violations.push({ check: 'copies', what: `${input} has ${count} copies in the output` });
  }
  return violations;
}

function* everyRead({ readings }: History, { records }: Final): Generator<ReadRecord> {
  for (const reading of readings) yield* reading.records;
  yield* records;
}

function writesByValue({ units }: History): Map<string, Write> {
  return new Map(units.flatMap(({ writes }) => writes.map((write) => [write.value, write] as const)));
}

/** One offset, one value. */
function inconsistentOffsets(history: History, final: Final): string[] {
  const values = new Map<string, string>();
  const found: string[] = [];
  for (const { key, offset, value } of everyRead(history, final)) {
    const place = `${key}/${offset}`;
    const before = values.get(place) ?? value;
    if (before !== value) found.push(`${place} held ${before}, and then ${value}`);
    values.set(place, value);
  }
  return found;
}

/** One value, one place. */
function duplicates(history: History, final: Final): string[] {
  const places = new Map<string, string>();
  const found: string[] = [];
  for (const { key, offset, value } of everyRead(history, final)) {
    const place = `${key}/${offset}`;
    const before = places.get(value) ?? place;
    if (before !== place) found.push(`${value} is at ${before} and at ${place}`);
    places.set(value, place);
  }
  return found;
}

/** G1a: nobody reads what certainly did not happen. */
function abortedReads(history: History, final: Final): string[] {
  const writes = writesByValue(history);
  return [...everyRead(history, final)]
    .filter(({ value }) => writes.get(value)?.unit.outcome === 'fail')
    .map(({ key, offset, value }) => `${value} at ${key}/${offset}: ${writes.get(value)!.unit.name} did not happen`);
}

/** Nobody reads what nobody wrote. */
function unknownValues(history: History, final: Final): string[] {
  const writes = writesByValue(history);
  return [...everyRead(history, final)]
    .filter(({ key, value }) => writes.get(value)?.key !== key)
    .map(({ key, offset, value }) => `${value} at ${key}/${offset} was never sent there`);
}

/** What was acknowledged is there in the end. */
function lostWrites({ units }: History, { records }: Final): string[] {
  const there = new Set(records.map(({ value }) => value));
  return units
    .filter(({ outcome }) => outcome === 'ok')
    .flatMap(({ writes }) => writes)
    .filter(({ value }) => !there.has(value))
    .map(({ key, value, unit }) => `${value} of ${unit.name} was acknowledged and is not in ${key}`);
}

/** Of a transaction there is all or nothing. */
function tornCommits({ units }: History, { records }: Final): string[] {
  const there = new Set(records.map(({ value }) => value));
  return units.flatMap(({ name, writes }) => {
    const seen = writes.filter(({ value }) => there.has(value)).length;
    return seen === 0 || seen === writes.length ? [] : [`${name}: ${seen} of its ${writes.length} records are there`];
  });
}

/** A reader moves forward. */
function nonmonotonicPolls({ readings }: History): string[] {
  const found: string[] = [];
  for (const { reader, records } of readings) {
    const last = new Map<Key, number>();
    for (const { key, offset } of records) {
      const before = last.get(key) ?? -1;
      if (offset <= before) found.push(`${reader} read ${key}/${offset} after ${before}`);
      last.set(key, offset);
    }
  }
  return found;
}

/** A reader passes nothing over that is there in the end. */
function pollSkips({ readings }: History, { records }: Final): string[] {
  const offsets = Map.groupBy(records, ({ key }) => key);
  const found: string[] = [];
  for (const reading of readings) {
    for (const [key, read] of Map.groupBy(reading.records, (record) => record.key)) {
      const first = read[0]!.offset;
      const last = read.at(-1)!.offset;
      const seen = new Set(read.map(({ offset }) => offset));
      for (const { offset } of offsets.get(key) ?? []) {
        if (offset > first && offset < last && !seen.has(offset)) {
          found.push(`${reading.reader} went from ${key}/${first} to ${last} and did not see ${offset}`);
        }
      }
    }
  }
  return found;
}

/** What somebody has read is there for everybody. */
function vanishedReads({ readings }: History, { records }: Final): string[] {
  const there = new Set(records.map(({ key, offset }) => `${key}/${offset}`));
  return readings.flatMap(({ reader, records: read }) =>
    read
      .filter(({ key, offset }) => !there.has(`${key}/${offset}`))
      .map(({ key, offset, value }) => `${reader} has read ${value} at ${key}/${offset}, and it is gone`),
  );
}

/** A group stands where one of its transactions has put it whose records are there, and behind none of those. */
function tornOffsets({ units }: History, { records, positions }: Final): string[] {
  const there = new Set(records.map(({ value }) => value));
  const happened = ({ outcome, writes }: Unit) =>
    writes.length > 0 ? writes.some(({ value }) => there.has(value)) : outcome === 'ok';
  const found: string[] = [];
  for (const { group, key, offset } of positions) {
    const due = units
      .filter(happened)
      .flatMap((unit) => unit.positions)
      .filter((position) => position.group === group && position.key === key)
      .reduce((highest, position) => Math.max(highest, position.offset), -1);
    if (due !== offset) found.push(`${group} is at ${key}/${offset}; its committed transactions have put it at ${due}`);
  }
  return found;
}
