/** State machines kept in a log: decide, append, replay, answer once committed. */
export { MemoryRecordLog } from './memory-record-log.ts';
export type { RecordLog, RecordLogAppend, RecordLogAppendOptions, Verification } from './record-log.ts';
export { Replayed, type ReplayedOptions } from './replayed.ts';
export type { BatchOrigin, DecidedRecord, Decision, MarkerKind, StateMachine } from './state-machine.ts';
export { settle, VirtualTime } from './virtual-time.ts';
