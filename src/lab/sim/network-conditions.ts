/** How the simulated network is, and what has happened on it. */

export interface NetworkConditions {
  /** One way: at least this long … */
  leastDelayMs: number;
  /** … plus this much on average, exponentially distributed … */
  meanExtraDelayMs: number;
  /** … up to this long. */
  longestDelayMs: number;
  bytesPerMs: number;
  /** Bytes on their way and unread at the other side; more of them wait at the sender. */
  windowBytes: number;
  /** Beyond this many bytes that wait to be sent, `write` returns false. */
  writeBufferBytes: number;
  /** What is not delivered for this long ends the connection with ETIMEDOUT. */
  retransmissionLimitMs: number;
}

export interface Direction {
  readonly from: string;
  readonly to: string;
}

/** What happened on the network, to show that a fault was really met. */
export interface NetworkCounts {
  connections: number;
  refused: number;
  cut: number;
  packetsStalled: number;
}
