/**
 * Our broker answers to everything about configuration what Apache Kafka 4.3.1 answered to the same requests
 * (test/golden/kafka-config-answers.json), but for the differences listed here, each with its reason.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { Broker } from '../../src/broker/index.ts';
import { type Answer, converse, type Step, steps } from './config-steps.ts';

const golden: { readonly answers: Readonly<Record<string, readonly Answer[]>> } = JSON.parse(
  readFileSync(new URL('../golden/kafka-config-answers.json', import.meta.url), 'utf8'),
);

/** Refused alike, in other words: Kafka's are those of an exception of Java, or speak of what is not here. */
const OTHER_WORDS: ReadonlySet<string> = new Set([
  'leader.replication.throttled.replicas=x',
  'share.auto.offset.reset=never',
  'listeners=PLAINTEXT://:1',
  'log.retention.ms=0',
  'log.roll.ms=0',
  'log.cleaner.threads=100',
  'num.io.threads=100',
]);

/** What is compared of an answer. */
function comparable(step: Step, answer: Answer): Answer {
  const [first] = 'change' in step ? step.by : [];
  const otherwise = first !== undefined && OTHER_WORDS.has(`${first[0]}=${first[2]}`);
  return otherwise && answer.message !== undefined ? { ...answer, message: 'in other words' } : answer;
}

describe('requests about configuration, answered as Apache Kafka answers them', () => {
  let broker: Broker;
  before(async () => {
    broker = await Broker.start({ logLevel: 'error' });
  });
  after(() => broker.close());

  for (const part of Object.keys(steps)) {
    it(part, async () => {
      const answers = await converse(broker.bootstrap, part);
      const told = (all: readonly Answer[]) =>
        steps[part]!.map((step, at) => [step, all[at] && comparable(step, all[at])]);
      assert.deepEqual(told(answers), told(golden.answers[part]!));
    });
  }
});
