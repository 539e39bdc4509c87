/** What the proof tells while it runs and at its end. */
import type { FaultReport } from './attribution.ts';
import type { Counts, GuaranteeName } from './guarantees.ts';

export interface TopicResult extends Counts {
  readonly topic: string;
}

/** One guarantee under the plan of faults. The counts are sums over both output topics. */
export interface GuaranteeResult extends Counts {
  readonly name: GuaranteeName;
  /** Inputs for each second of the whole run, takeovers after kills included. */
  readonly messagesPerSecond: number;
  /**
   * 99th percentile over all output records that were delivered, milliseconds: from the moment the pipeline's poll first
   * returned the input, to the moment a read_committed consumer beside it first had the output.
   */
  readonly p99Ms: number;
  readonly perTopic: readonly TopicResult[];
  readonly faults: readonly FaultReport[];
}

export interface ProofResult {
  /** How many records the input had. */
  readonly records: number;
  readonly inputTopic: string;
  readonly guarantees: readonly GuaranteeResult[];
  /** Every promise that was broken, in words. */
  readonly broken: readonly string[];
  readonly held: boolean;
}

export type ProofProgress =
  /** `records` inputs are in the input topic. */
  | { readonly stage: 'feed'; readonly records: number; readonly finished: boolean }
  /** `done` of `total` inputs went through the pipeline. */
  | { readonly stage: 'run'; readonly guarantee: GuaranteeName; readonly done: number; readonly total: number }
  /** `done` output records were counted; about `total` are there. */
  | { readonly stage: 'count'; readonly guarantee: GuaranteeName; readonly done: number; readonly total: number }
  | { readonly stage: 'guarantee-done'; readonly result: GuaranteeResult };
