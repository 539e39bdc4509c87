/**
 * One instance of the storm, as a process of its own: an exactly-once `process` that shouts what it reads. It says each
 * second how much of it is final, and ends with an error when its processing does.
 */
import { process as run } from '../../../src/client/index.ts';
import { GROUP, INPUT, OUTPUT, SESSION_TIMEOUT_MS, TRANSACTION_TIMEOUT_MS } from './settings.ts';

const [bootstrap, name, strategy] = process.argv.slice(2);
const stop = new AbortController();
const working = run({
  bootstrapServers: bootstrap!,
  group: GROUP,
  from: INPUT,
  to: OUTPUT,
  guarantee: 'exactly-once',
  instanceId: name!,
  signal: stop.signal,
  handler: ({ key, value }) => ({ key, value: `${Buffer.from(value!)}!` }),
  consumer: {
    sessionTimeoutMs: SESSION_TIMEOUT_MS,
    heartbeatIntervalMs: 300,
    maxPollRecords: 50,
    partitionAssignmentStrategy: [strategy as 'range' | 'cooperative-sticky'],
  },
  producer: { transactionTimeoutMs: TRANSACTION_TIMEOUT_MS },
});
// Ends with the storm, also where nobody tells it to.
process.stdin.resume().once('close', () => stop.abort());
await working.done;
process.exit();
