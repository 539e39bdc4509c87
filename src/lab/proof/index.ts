/** The proof: what a pipeline loses and duplicates under each guarantee, counted against its input. */
export type { CauseKind, FaultReport } from './attribution.ts';
export { type Counts, type GuaranteeName, guaranteeNames } from './guarantees.ts';
export { type ProofOptions, prove } from './main-job.ts';
export { type FaultKind, type PlannedFault, planFaults } from './plan.ts';
export type { GuaranteeResult, ProofProgress, ProofResult, TopicResult } from './result.ts';
export { flightTransform, jsonTransform, type Transform } from './transforms.ts';
