/**
 * What clients did and saw: records sent, transactions and how they ended, records read. Values are unique, so that each
 * tells by itself which operation wrote it. Only takes notes; `checks` judges.
 */

/**
 * `ok`: certainly happened. `fail`: certainly did not. `info`: nobody knows, as after a lost answer; it may still happen
 * (after Jepsen's Kafka workload).
 */
export type Outcome = 'ok' | 'fail' | 'info';

/** `topic-partition`. */
export type Key = string;

export interface Write {
  readonly key: Key;
  readonly value: string;
  /** Its transaction; a write outside of one is its own. */
  readonly unit: Unit;
}

/** What happens as a whole or not at all: one record, or a transaction. */
export interface Unit {
  readonly name: string;
  outcome: Outcome;
  readonly writes: Write[];
  /** Positions that are part of it. */
  readonly positions: Position[];
}

export interface Position {
  readonly group: string;
  readonly key: Key;
  readonly offset: number;
}

export interface ReadRecord {
  readonly key: Key;
  readonly offset: number;
  readonly value: string;
}

/** One reader from its start, or from where it was last put somewhere else. All of them read committed records only. */
export interface Reading {
  readonly reader: string;
  readonly records: ReadRecord[];
}

export class History {
  readonly units: Unit[] = [];
  readonly readings: Reading[] = [];

  /** A transaction begins, or a record is sent; its outcome is not known yet. */
  begin(name: string): Unit {
    const unit: Unit = { name, outcome: 'info', writes: [], positions: [] };
    this.units.push(unit);
    return unit;
  }

  write(unit: Unit, key: Key, value: string): void {
    unit.writes.push({ key, value, unit });
  }

  read(reader: string): Reading {
    const reading = { reader, records: [] };
    this.readings.push(reading);
    return reading;
  }
}
