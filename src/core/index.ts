/** Bytes, errors, assertions and the ports. Imports nothing. */
export * from './assert.ts';
export * from './bytes.ts';
export * from './kafka-errors.ts';
export * from './logger.ts';
export * from './ports.ts';
export * from './uuid.ts';
