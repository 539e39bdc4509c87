/** The three guarantees: what each promises about its outputs, and how the clients of its pipeline are set up. */

export type GuaranteeName = 'at-most-once' | 'at-least-once' | 'exactly-once';

export const guaranteeNames: readonly GuaranteeName[] = ['at-most-once', 'at-least-once', 'exactly-once'];

/** What was counted in one output topic. */
export interface Counts {
  /** Records that the topic should hold: one for each input. */
  readonly sent: number;
  /** Inputs of which it holds at least one copy. */
  readonly delivered: number;
  /** Inputs of which it holds none. */
  readonly lost: number;
  /** Copies beyond the first. */
  readonly duplicated: number;
}

interface Expectation {
  readonly lost: 'some' | 'none';
  readonly duplicated: 'some' | 'none';
}

/** Under the plan of faults; "some" is expected because the plan causes it, so its absence means that no fault happened. */
const expectations: Readonly<Record<GuaranteeName, Expectation>> = {
  'at-most-once': { lost: 'some', duplicated: 'none' },
  'at-least-once': { lost: 'none', duplicated: 'some' },
  'exactly-once': { lost: 'none', duplicated: 'none' },
};

/** Which promises the counts of a topic break, in words. Empty when all hold. */
export function brokenPromises(guarantee: GuaranteeName, topic: string, counts: Counts): string[] {
  const expected = expectations[guarantee];
  const broken: string[] = [];
  for (const what of ['lost', 'duplicated'] as const) {
    const count = counts[what];
    if (expected[what] === 'none' && count > 0) {
      broken.push(`${guarantee} promises that nothing is ${what}, but in ${topic} ${count} of ${counts.sent} are`);
    }
    if (expected[what] === 'some' && count === 0) {
      broken.push(
        `${guarantee} was made to show records that are ${what}, but in ${topic} none is: the faults had no effect`,
      );
    }
  }
  return broken;
}

/** Options of the pipeline's producer. */
export function producerOptions(guarantee: GuaranteeName, transactionalId: string) {
  switch (guarantee) {
    case 'at-most-once':
      // acks=1 rather than 0, so that there are replies for the plan to lose; what matters is that nothing is sent twice.
      return { acks: 1, retries: 0, enableIdempotence: false } as const;
    case 'at-least-once':
      // Without idempotence, which would hide the duplicates of retries: they are what this guarantee allows.
      return { acks: 'all', enableIdempotence: false } as const;
    case 'exactly-once':
      return { acks: 'all', enableIdempotence: true, transactionalId } as const;
  }
}
