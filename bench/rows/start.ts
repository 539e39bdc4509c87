/** From the start of the process to the first acknowledged record, on an empty directory. */
import { freePorts } from '../../test/real/lone-node.ts';
import { makeDirectory, removeDirectory } from '../harness/children.ts';
import { acknowledgeOne, listens } from '../harness/first-record.ts';
import type { Row, Side } from '../harness/row.ts';
import { format, startFormatted } from '../peers/apache-kafka.ts';
import { spawnOurs } from '../peers/our-broker.ts';
import { comparison } from './sides.ts';

const ours: Side = {
  name: 'onceward',
  async measure() {
    const directory = makeDirectory('start');
    const [port] = await freePorts();
    const began = performance.now();
    const broker = await spawnOurs({ directory, port });
    await listens(port, () => broker.process.child.exitCode !== null);
    const listening = performance.now() - began;
    await acknowledgeOne(`127.0.0.1:${port}`, 'first');
    const value = performance.now() - began;
    await broker.stop('SIGKILL');
    removeDirectory(directory);
    return { value, details: { 'listening ms': listening } };
  },
};

const theirs: Side = {
  name: 'Apache Kafka',
  async measure() {
    const formatted = await format();
    const began = performance.now();
    const broker = await startFormatted(formatted);
    await listens(formatted.port, () => broker.process.child.exitCode !== null);
    const listening = performance.now() - began;
    await acknowledgeOne(formatted.bootstrap, 'first');
    const value = performance.now() - began;
    await broker.stop();
    return { value, details: { 'listening ms': listening } };
  },
};

export const startRow: Row = {
  name: 'process start to first acknowledged record',
  unit: 'ms',
  target: { atMost: 1 / 15 },
  quick: true,
  brokers: [],
  tools: ['java'],
  repetitionsMax: { quick: 2 },
  async prepare() {
    const note =
      'acks=all to a topic that the record makes, our client asking both; formatting the directory, which Apache Kafka needs first, is not counted';
    return comparison({ ours, peers: [theirs], note }, new AsyncDisposableStack());
  },
};
