/** Medians and their spread. */

/** @throws Error for no values */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new Error('no values');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The range of the values, divided by their median: 0.2 says that they lie within about ±10 %. */
export function spread(values: readonly number[]): number {
  const centre = median(values);
  return centre === 0 ? 0 : (Math.max(...values) - Math.min(...values)) / centre;
}
