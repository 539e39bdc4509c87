/** From the start of a process that follows a SIGKILL to its first acknowledged record, with much log and with little. */
import { readFileSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cache, makeDirectory, removeDirectory } from '../harness/children.ts';
import { acknowledgeOne } from '../harness/first-record.ts';
import type { Row, Side } from '../harness/row.ts';
import { createNamedTopic } from '../harness/topics.ts';
import { produce, startClient } from '../peers/clients.ts';
import { startOurs } from '../peers/our-broker.ts';
import { comparison } from './sides.ts';

const GIB = 2 ** 30;
const SIZE = 10_000;
/** The default of `segment.bytes`. */
const SEGMENT_BYTES = GIB;
/** Much is ten times little. */
const LITTLE_BYTES = GIB;
const LITTLE_BYTES_QUICK = GIB / 32;
/** Written after each start: the tail that the next one has to look at. */
const TAIL_RECORDS = 1_000;
const TOPIC = 'restarted';
/** Until a broker that has begun has noted what need not be scanned again. */
const NOTED_MS = 300;

/** Bytes of the smaller log: less where the disk has no room for both with as much again. */
function littleBytes(quick: boolean): number {
  const { bavail, bsize } = statfsSync(cache);
  const wanted = quick ? LITTLE_BYTES_QUICK : LITTLE_BYTES;
  return Math.min(wanted, Math.floor((bavail * bsize) / 22));
}

const sizeText = (bytes: number) =>
  bytes >= GIB ? `${(bytes / GIB).toFixed(0)} GiB` : `${Math.round(bytes / 2 ** 20)} MiB`;

/** `segmentBytes`: of a log that is scaled down, for a segment that is open is scanned as a whole. */
async function fill(directory: string, bytes: number, segmentBytes: number): Promise<void> {
  const broker = await startOurs({ directory });
  const measured = { bootstrap: broker.bootstrap, pid: broker.process.pid };
  await createNamedTopic(measured, TOPIC, 1, { 'segment.bytes': String(segmentBytes) });
  const client = await startClient('onceward');
  await produce(client, measured, { topic: TOPIC, records: Math.ceil(bytes / SIZE), size: SIZE, acks: 'all' });
  await client.stop();
  await broker.stop('SIGKILL');
}

/** Whether the checkpoint of recovery points names the log: all but its open segment is not scanned again then. */
function isNoted(directory: string): boolean {
  const checkpoint = readFileSync(join(directory, 'recovery-point-offset-checkpoint'), 'utf8');
  return checkpoint.split('\n').some((line) => {
    const [topic, , offset] = line.split(' ');
    return topic === TOPIC && Number(offset) > 0;
  });
}

function restarting(directory: string, bytes: number): Side {
  return {
    name: sizeText(bytes),
    async measure() {
      const began = performance.now();
      const broker = await startOurs({ directory });
      const listening = performance.now() - began;
      await acknowledgeOne(broker.bootstrap, TOPIC);
      const value = performance.now() - began;
      await sleep(NOTED_MS);
      if (!isNoted(directory)) throw new Error(`${directory}: how far the log is synced is not noted`);
      const client = await startClient('onceward');
      const tail = { topic: TOPIC, records: TAIL_RECORDS, size: SIZE, acks: 'one' } as const;
      await produce(client, { bootstrap: broker.bootstrap, pid: broker.process.pid }, tail);
      await client.stop();
      await broker.stop('SIGKILL');
      return { value, details: { 'listening ms': listening } };
    },
  };
}

export const restartRow: Row = {
  name: 'restart after SIGKILL, 10 GiB of log against 1 GiB',
  unit: 'ms',
  target: { atMost: 1.2 },
  quick: true,
  brokers: [],
  async prepare({ quick }) {
    await using stack = new AsyncDisposableStack();
    const little = littleBytes(quick);
    const filled = async (bytes: number) => {
      const directory = stack.adopt(makeDirectory('restart'), async (path) => removeDirectory(path));
      await fill(directory, bytes, Math.min(little, SEGMENT_BYTES));
      return restarting(directory, bytes);
    };
    const scaled =
      little === LITTLE_BYTES
        ? ''
        : `; scaled down to ${sizeText(little * 10)} and ${sizeText(little)}, in segments of ${sizeText(little)}`;
    return comparison(
      {
        ours: await filled(little * 10),
        peers: [await filled(little)],
        note: `one partition; to the first acknowledged record; ${TAIL_RECORDS} records of 10 kB were written after each start${scaled}`,
      },
      stack.move(),
    );
  },
};
