/** How clients without a buffer of their own are driven: so many records a send, so many sends under way. */

/** About what a batch of 64 KiB holds of records of 100 bytes. */
export const RECORDS_A_SEND = 600;
export const IN_FLIGHT = 5;

/** Calls `send` until all records are sent and answered. @throws what it throws */
export async function inTurns(
  records: number,
  send: (first: number, count: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const lane = async () => {
    while (next < records) {
      const first = next;
      next = Math.min(records, first + RECORDS_A_SEND);
      await send(first, next - first);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
}
