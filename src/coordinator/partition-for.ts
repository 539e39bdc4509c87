/** Which partition of a coordinator's topic keeps a group or a transactional id: the same arithmetic as Apache Kafka's. */

/** Java's `String.hashCode`: over UTF-16 units, in 32 bits. */
export function javaHashCode(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0;
  return hash;
}

/** A partition in [0, partitionCount). */
export function partitionFor(id: string, partitionCount: number): number {
  const hash = javaHashCode(id);
  return (hash === -0x8000_0000 ? 0 : Math.abs(hash)) % partitionCount;
}
