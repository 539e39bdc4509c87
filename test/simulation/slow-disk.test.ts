/** A disk that takes longer to sync than the producer wants to wait. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ErrorCode } from '../../src/core/index.ts';
import { Simulation } from '../../src/lab/index.ts';
import { encodeBatch } from '../../src/records/index.ts';
import { initProducerId, metadata, produce } from '../../src/wire/index.ts';
import { RawClient, request } from './raw-client.ts';
import { BROKER, PORT, startBroker } from './world.ts';

test('acks=all is answered after timeout.ms although the disk is not done, and the retry is recognised', async () => {
  const sim = new Simulation({ seed: 11 });
  await sim.run(async () => {
    await startBroker(sim.node(BROKER));
    const client = await RawClient.connect(sim.node('client').network, BROKER, PORT);
    await client.call(request(metadata, 4, { topics: [{ name: 'slow' }], allowAutoTopicCreation: true }));
    const { producerId, producerEpoch } = await client.call(
      request(initProducerId, 1, { transactionalId: null, transactionTimeoutMs: 1000 }),
    );
    const records = () =>
      encodeBatch({
        records: [{ timestamp: -1, key: null, value: Buffer.from('v'), headers: [] }],
        producerId,
        producerEpoch,
        baseSequence: 0,
      });
    const send = async (timeoutMs: number) => {
      const topicData = [{ name: 'slow', partitionData: [{ index: 0, records: records() }] }];
      const answer = await client.call(request(produce, 7, { acks: -1, timeoutMs, topicData }));
      return answer.responses[0]!.partitionResponses[0]!;
    };
    const disk = sim.disk(BROKER).conditions;
    const usual = { ...disk };
    Object.assign(disk, { syncMeanMs: 1e9, syncLongestMs: 60_000 });
    const before = sim.nowMs;
    assert.equal((await send(2000)).errorCode, ErrorCode.REQUEST_TIMED_OUT);
    const waited = sim.nowMs - before;
    assert.ok(waited >= 2000 && waited < 4000, `answered after ${waited} ms`);
    Object.assign(disk, usual);
    const again = await send(120_000);
    assert.equal(again.errorCode, ErrorCode.NONE);
    assert.equal(again.baseOffset, 0);
    assert.ok(sim.nowMs - before >= 10_000, 'the answer waits for the disk all the same');
    client.close();
  });
});
