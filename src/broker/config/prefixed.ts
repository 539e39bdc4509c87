/** Properties of one listener, and those of plug-ins: their names cannot be listed. */

const PREFIXES = ['listener.name.', 'rlmm.config.', 'rsm.config.'];

export function isPrefixed(name: string): boolean {
  return PREFIXES.some((prefix) => name.startsWith(prefix));
}
