/**
 * The plan of faults: the same for every guarantee, placed by counts of inputs, so that it depends on nothing but how
 * many inputs and which output topics there are. Every kind happens at least once, even with a single input.
 */

export type FaultKind = 'ack-lost' | 'connection-cut' | 'commit-reply-lost' | 'fetch-cut' | 'reply-delayed' | 'killed';

export interface PlannedFault {
  readonly kind: FaultKind;
  /** The output topic whose Produce requests it waits for; undefined where it is about no topic. */
  readonly topic: string | undefined;
  /** It falls due with the batch that brings the input of this number (from 0) for the first time. */
  readonly at: number;
  /** Of its kind, from 0. */
  readonly ordinal: number;
}

/** In the order in which they are explained. */
export const faultKinds: readonly FaultKind[] = [
  'ack-lost',
  'connection-cut',
  'commit-reply-lost',
  'fetch-cut',
  'reply-delayed',
  'killed',
];

/** How long a delayed reply waits. */
export const DELAY_MS = 200;

/** Ordered by `at`. */
export function planFaults(inputs: number, outputTopics: readonly string[]): PlannedFault[] {
  const rows: { kind: FaultKind; topic: string | undefined; times: number }[] = [];
  const times = inputs < 1000 ? 1 : inputs < 50_000 ? 2 : 4;
  for (const kind of faultKinds) {
    // Each kill costs a session timeout, so there are few.
    if (kind === 'killed') rows.push({ kind, topic: undefined, times: inputs < 1000 ? 1 : 2 });
    else if (kind === 'ack-lost' || kind === 'connection-cut') {
      for (const topic of outputTopics) rows.push({ kind, topic, times });
    } else rows.push({ kind, topic: undefined, times });
  }
  const plan: PlannedFault[] = [];
  rows.forEach(({ kind, topic, times: count }, row) => {
    for (let time = 0; time < count; time++) {
      const share = (time + (row + 0.5) / rows.length) / count;
      const ordinal = plan.filter((fault) => fault.kind === kind).length;
      plan.push({ kind, topic, at: Math.floor(share * inputs), ordinal });
    }
  });
  return plan.sort((a, b) => a.at - b.at);
}

/** Records that one poll of the pipeline takes: about 40 batches, but none over 1000. */
export function batchSize(inputs: number): number {
  return Math.max(1, Math.min(1000, Math.ceil(inputs / 40)));
}
