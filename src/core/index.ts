/** Bytes, errors, assertions, the ports, and a disk in memory. Imports nothing. */
export * from './assert.ts';
export * from './buffer-pool.ts';
export * from './bytes.ts';
export * from './chunked-bytes.ts';
export * from './durable-files.ts';
export * from './file-tree.ts';
export * from './kafka-errors.ts';
export * from './logger.ts';
export * from './memory-disk.ts';
export * from './paths.ts';
export { PatternError } from './pattern/parse.ts';
export { Pattern } from './pattern/pattern.ts';
export * from './ports.ts';
export * from './uuid.ts';
