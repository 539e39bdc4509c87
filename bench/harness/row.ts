/** What a row of the benchmark is: our side, its peers, and the ratio that is wanted of them. */

/** What a side's numbers are. Of rates more is better, of everything else less. */
export type Unit = 'records/s' | 'ms' | 's' | 'MiB' | 'µs a record';

/** A bound of ours divided by the peer's. */
export type Target = { readonly atLeast: number } | { readonly atMost: number };

/** Programs that may be missing on a machine. */
export type Tool = 'java' | 'go';

export const brokerNames = ['onceward', 'onceward without fdatasync', 'Apache Kafka'] as const;
export type BrokerName = (typeof brokerNames)[number];

export interface Sample {
  readonly value: number;
  /** What else was measured at the same time, by name: processor time of each process, say. */
  readonly details?: Readonly<Record<string, number>>;
}

/** One of those that are compared. */
export interface Side {
  readonly name: string;
  measure(): Promise<Sample>;
}

export interface Comparison extends AsyncDisposable {
  readonly ours: Side;
  /** The best of them is the one that counts. */
  readonly peers: readonly Side[];
  /** What a reader must know to believe the row: settings, counts, what was scaled down. */
  readonly note: string;
}

export interface Row {
  /** Unique; `--row` takes any part of it. */
  readonly name: string;
  readonly unit: Unit;
  /** None: the row is for the record. */
  readonly target?: Target;
  /** Whether it is part of `--quick`. */
  readonly quick: boolean;
  readonly tools?: readonly Tool[];
  /** Those that must be up while it is measured; all others are down. */
  readonly brokers: readonly BrokerName[];
  /** Fewer repetitions in a quick run, for what takes long and hardly differs from one to the next. */
  readonly repetitionsMax?: { readonly quick: number };
  /** A first measurement of each side that does not count, to warm it. False where each begins afresh anyhow. */
  readonly warmUp?: boolean;
  prepare(bench: Bench): Promise<Comparison>;
}

/** What a row may use. */
export interface Bench {
  readonly quick: boolean;
  /** Where profiles go, if any are wanted. */
  readonly profiles: string | undefined;
  /** @throws Error where the row did not ask for it in `brokers` */
  broker(name: BrokerName): RunningBroker;
  /** The same number in a full run, fewer in a quick one. */
  records(full: number): number;
}

export interface RunningBroker {
  readonly name: BrokerName;
  readonly bootstrap: string;
  readonly pid: number;
  stop(): Promise<void>;
}
