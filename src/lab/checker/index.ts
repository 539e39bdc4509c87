/** The checker: judges what clients did and saw against what exactly once promises. */
export { checkCopies, checkHistory, checks, type Final, type Violation } from './checks.ts';
export { History, type Key, type Outcome, type Position, type Reading, type ReadRecord, type Unit } from './history.ts';
