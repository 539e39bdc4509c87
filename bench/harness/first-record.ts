/** How long it takes from the start of a process until a record is acknowledged. */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Producer } from '../../src/client/index.ts';

const LISTENING_MS_MAX = 60_000;
const POLL_MS = 2;

/** Whether somebody listens there. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** @throws Error where nobody listens for a minute, or `over` says that nobody will */
export async function listens(port: number, over: () => boolean): Promise<void> {
  const began = performance.now();
  while (!(await accepts(port))) {
    if (over() || performance.now() - began > LISTENING_MS_MAX) throw new Error(`nobody listens on port ${port}`);
    await sleep(POLL_MS);
  }
}

/** Sends a record to a topic, which is made by that, and waits until it is acknowledged. */
export async function acknowledgeOne(bootstrap: string, topic: string): Promise<void> {
  await using producer = new Producer({
    bootstrapServers: bootstrap,
    lingerMs: 0,
    // A broker that has just begun refuses a few requests: asked again soon, it is not charged for our patience.
    retryBackoffMs: 5,
    reconnectBackoffMs: 5,
  });
  await producer.sendAndWait({ topic, value: 'first' });
}
