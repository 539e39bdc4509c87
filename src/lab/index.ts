/** The laboratory: simulated ports, and what proves that nothing is lost and nothing duplicated. */

export * from './checker/index.ts';
export * from './proof/index.ts';
export * from './proxy/index.ts';
export * from './sim/index.ts';
