import assert from 'node:assert/strict';
import { after, afterEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { nodePorts } from '../../node/index.ts';
import { encodeBatch } from '../../records/index.ts';
import {
  addPartitionsToTxn,
  apiVersions,
  decodeRequestBody,
  decodeRequestHeader,
  describeCluster,
  encodeResponseFrame,
  endTxn,
  fetch,
  findCoordinator,
  heartbeat,
  metadata,
  produce,
  txnOffsetCommit,
} from '../../wire/index.ts';
import { FakeBroker, FrameClient, type Respond, type SeenRequest } from './fake-broker.ts';
import { FaultProxy } from './fault-proxy.ts';
import type { FaultRule } from './rules.ts';

const { network, timers } = nodePorts();
const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource.close();
});
const hung = setTimeout(() => {
  throw new Error('the proxy tests hang');
}, 30_000);
after(() => clearTimeout(hung));

async function upstream(respond: Respond): Promise<FakeBroker> {
  const broker = await FakeBroker.start(network, respond);
  open.push(broker);
  return broker;
}
async function proxyTo(broker: FakeBroker, rules: FaultRule[] = []): Promise<FaultProxy> {
  const proxy = await FaultProxy.start({ target: broker.address, network, timers, rules });
  open.push(proxy);
  return proxy;
}
async function client(port: number): Promise<FrameClient> {
  const connected = await FrameClient.connect(network, port);
  open.push(connected);
  return connected;
}
async function eventually(what: string, condition: () => boolean): Promise<void> {
  for (let waited = 0; waited < 5000; waited += 5) {
    if (condition()) return;
    await sleep(5);
  }
  assert.fail(`never: ${what}`);
}

const PRODUCE_VERSION = 9;
function batch(count: number): Uint8Array {
  const records = Array.from({ length: count }, (_, at) => ({ timestamp: 1, key: `${at}`, value: 'v' }));
  return encodeBatch({ records, producerId: -1, producerEpoch: -1, baseSequence: -1 });
}
function produceTo(topic: string, records: number, acks = -1) {
  return {
    acks,
    timeoutMs: 1000,
    topicData: [{ name: topic, partitionData: [{ index: 2, records: batch(records) }] }],
  };
}
/** Answers Produce, EndTxn and Heartbeat with success. */
const obliging: Respond = (request) => {
  switch (request.apiKey) {
    case produce.key: {
      const { bodyOffset } = decodeRequestHeader(request.frame);
      const body = decodeRequestBody(produce, request.apiVersion, request.frame, bodyOffset);
      if (body.acks === 0) return undefined;
      const responses = body.topicData.map(({ name }) => ({ name, partitionResponses: [{ index: 2, baseOffset: 7 }] }));
      return encodeResponseFrame(produce, request.apiVersion, request.correlationId, { responses });
    }
    case endTxn.key:
      return encodeResponseFrame(endTxn, request.apiVersion, request.correlationId, {});
    case heartbeat.key:
      return encodeResponseFrame(heartbeat, request.apiVersion, request.correlationId, {});
    default:
      throw new Error(`unexpected API ${request.apiKey}`);
  }
};

describe('without rules', () => {
  test('pipelined requests and their answers pass in order', async () => {
    const broker = await upstream(obliging);
    const proxy = await proxyTo(broker);
    const us = await client(proxy.port);
    for (let id = 1; id <= 50; id++) us.send(heartbeat, 4, id, { groupId: 'g' });
    for (let id = 1; id <= 50; id++) assert.equal((await us.answer(heartbeat, 4))?.correlationId, id);
    assert.deepEqual(
      broker.seen.map((request) => request.correlationId),
      Array.from({ length: 50 }, (_, at) => at + 1),
    );
  });

  test('an API that the tables do not know passes as it is', async () => {
    const answer = Buffer.from('0000000a00000007beefbeef1234'.slice(0, 28), 'hex');
    const broker = await upstream((request) => (request.apiKey === 32000 ? answer : undefined));
    const proxy = await proxyTo(broker);
    const us = await client(proxy.port);
    const request = Buffer.from('00000010' + '7d00' + '0063' + '00000007' + 'ffff' + 'abcdefabcdef', 'hex');
    us.raw(request);
    assert.deepEqual(Buffer.from((await us.next())!), answer.subarray(4));
    assert.deepEqual(Buffer.from(broker.seen[0]!.frame), request.subarray(4));
  });

  test('frames too short for any header pass as they are', async () => {
    const listener = await network.listen({
      host: '127.0.0.1',
      port: 0,
      accept: (socket) => ({ data: (chunk) => socket.write(Buffer.from(chunk)), drain: () => {}, close: () => {} }),
    });
    open.push(listener);
    const proxy = await FaultProxy.start({ target: `127.0.0.1:${listener.port}`, network, timers });
    open.push(proxy);
    const us = await client(proxy.port);
    for (const token of ['', 'abc', 'abcdefg']) {
      us.raw(Buffer.from([0, 0, 0, token.length, ...Buffer.from(token)]));
      assert.equal(Buffer.from((await us.next())!).toString(), token);
    }
  });

  test('acks=0 takes no answer and the next answer is matched', async () => {
    const broker = await upstream(obliging);
    const rule: FaultRule = { name: 'every end', api: 'EndTxn', action: 'drop-reply', thenCut: false };
    const proxy = await proxyTo(broker, [rule]);
    const us = await client(proxy.port);
    us.send(produce, PRODUCE_VERSION, 1, produceTo('t', 3, 0));
    us.send(produce, PRODUCE_VERSION, 2, produceTo('t', 3, 1));
    us.send(endTxn, 3, 3, { transactionalId: 'x' });
    us.send(heartbeat, 4, 4, { groupId: 'g' });
    assert.equal((await us.answer(produce, PRODUCE_VERSION))?.correlationId, 2);
    assert.equal((await us.answer(heartbeat, 4))?.correlationId, 4);
    assert.equal(broker.seen.length, 4);
  });

  test('what an acks=0 client sent before it left reaches the broker', async () => {
    const broker = await upstream(obliging);
    const proxy = await proxyTo(broker);
    const us = await client(proxy.port);
    for (let id = 1; id <= 20; id++) us.send(produce, PRODUCE_VERSION, id, produceTo('t', 100, 0));
    us.end();
    await eventually('all 20 arrive', () => broker.seen.length === 20);
    await eventually('the broker sees the end', () => broker.ended === 1);
  });

  test('the end of the broker ends the client, after the answers before it', async () => {
    const broker: FakeBroker = await upstream((request) => {
      const answer = encodeResponseFrame(heartbeat, 4, request.correlationId, {});
      timers.after(10, () => broker.sockets[0]!.end());
      return answer;
    });
    const proxy = await proxyTo(broker);
    const us = await client(proxy.port);
    us.send(heartbeat, 4, 1, { groupId: 'g' });
    assert.equal((await us.answer(heartbeat, 4))?.correlationId, 1);
    assert.equal(await us.next(), undefined);
  });

  test('a broker that cannot be reached ends the client', async () => {
    const broker = await upstream(obliging);
    const proxy = await proxyTo(broker);
    await broker.close();
    const us = await client(proxy.port);
    assert.equal(await us.next(), undefined);
  });

  test('a frame over the limit closes both sides, and nothing of it is forwarded', async () => {
    const broker = await upstream(obliging);
    const proxy = await FaultProxy.start({ target: broker.address, network, timers, maxFrameBytes: 1000 });
    open.push(proxy);
    const us = await client(proxy.port);
    us.send(heartbeat, 4, 1, { groupId: 'g' });
    await us.answer(heartbeat, 4);
    us.raw(Buffer.from('7fffffff00000000', 'hex'));
    assert.equal(await us.next(), undefined);
    assert.equal(broker.seen.length, 1);
    await eventually('the broker is left', () => broker.ended === 1);
  });

  test('a client that does not read is not buffered for: the broker feels it', async () => {
    let sent = 0;
    const big = new Uint8Array(1024 * 1024);
    const broker = await upstream((request) => {
      sent++;
      return encodeResponseFrame(produce, PRODUCE_VERSION, request.correlationId, {
        responses: [{ name: Buffer.from(big.subarray(0, 30_000)).toString('latin1'), partitionResponses: [] }],
      });
    });
    const proxy = await proxyTo(broker);
    const us = await client(proxy.port);
    us.pause();
    // Far more than all socket buffers hold.
    for (let id = 1; id <= 900; id++) us.send(produce, PRODUCE_VERSION, id, produceTo('t', 1));
    await eventually('the broker has answered', () => sent === 900);
    await sleep(100);
    us.resume();
    for (let id = 1; id <= 900; id++) assert.equal((await us.answer(produce, PRODUCE_VERSION))?.correlationId, id);
  });

  test('a broker that does not read pauses the client', async () => {
    const broker = await upstream(obliging);
    const proxy = await proxyTo(broker);
    const us = await client(proxy.port);
    us.send(heartbeat, 4, 1, { groupId: 'g' });
    await us.answer(heartbeat, 4);
    broker.sockets[0]!.pause();
    const chunk = produceTo('t', 4000);
    let accepted = 0;
    let full = false;
    for (let id = 2; id < 2000 && !full; id++) {
      us.send(produce, PRODUCE_VERSION, id, chunk);
      accepted++;
      if (accepted % 50 === 0) await sleep(20);
      full = !us.raw(new Uint8Array(0)) && accepted > 400;
    }
    assert.ok(full, 'the client was never told to stop');
    const before = broker.bytesReceived;
    broker.sockets[0]!.resume();
    await eventually('the rest arrives', () => broker.seen.length === accepted + 1);
    assert.ok(broker.bytesReceived > before);
  });
});

describe('drop-reply', () => {
  test('the request reached the broker, the client is cut off, and replies behind it are lost too', async () => {
    const broker = await upstream(obliging);
    const proxy = await proxyTo(broker, [{ name: 'ack lost', api: 'Produce', action: 'drop-reply', skip: 1 }]);
    const us = await client(proxy.port);
    for (let id = 1; id <= 4; id++) us.send(produce, PRODUCE_VERSION, id, produceTo('orders', id));
    assert.equal((await us.answer(produce, PRODUCE_VERSION))?.correlationId, 1);
    assert.equal(await us.next(), undefined);
    await eventually('the broker has all four', () => broker.seen.length === 4);
    await eventually('the broker is left', () => broker.ended === 1);

    const [hit] = proxy.hits;
    assert.equal(proxy.hits.length, 1);
    assert.equal(hit?.request.correlationId, 2);
    assert.deepEqual(
      hit?.unanswered.map((request) => request.correlationId),
      [3, 4],
    );
    const [produced] = hit!.request.produced();
    assert.deepEqual([produced?.topic, produced?.partition, produced?.records], ['orders', 2, 2]);
    assert.deepEqual(proxy.counters(), [{ name: 'ack lost', frames: 1, records: 2 + 3 + 4 }]);
    const [handle] = proxy.rules;
    assert.deepEqual([handle?.seen, handle?.hits, handle?.spent], [2, 1, true]);

    const again = await client(proxy.port);
    again.send(produce, PRODUCE_VERSION, 9, produceTo('orders', 1));
    assert.equal((await again.answer(produce, PRODUCE_VERSION))?.correlationId, 9);
  });

  test('a predicate chooses by topic', async () => {
    const broker = await upstream(obliging);
    const when: FaultRule['when'] = (request) => request.topics().includes('b');
    const proxy = await proxyTo(broker, [
      { name: 'b only', api: 'Produce', action: 'drop-reply', thenCut: false, count: 2, when },
    ]);
    const us = await client(proxy.port);
    const topics = ['a', 'b', 'a', 'b', 'b'];
    topics.forEach((topic, at) => {
      us.send(produce, PRODUCE_VERSION, at, produceTo(topic, 1));
    });
    const answered = [];
    for (let count = 0; count < 3; count++) answered.push((await us.answer(produce, PRODUCE_VERSION))?.correlationId);
    assert.deepEqual(answered, [0, 2, 4]);
  });
});

describe('cut', () => {
  test('before the request: the broker never sees it, nor what came behind it', async () => {
    const broker = await upstream(obliging);
    const proxy = await proxyTo(broker, [{ name: 'cut', api: 'Produce', action: 'cut', skip: 1 }]);
    const us = await client(proxy.port);
    us.send(produce, PRODUCE_VERSION, 1, produceTo('t', 1));
    await us.answer(produce, PRODUCE_VERSION);
    us.send(produce, PRODUCE_VERSION, 2, produceTo('t', 20));
    us.send(produce, PRODUCE_VERSION, 3, produceTo('t', 300));
    assert.equal(await us.next(), undefined);
    await eventually('the broker is left', () => broker.ended === 1);
    assert.equal(broker.seen.length, 1);
    assert.equal(proxy.hits[0]?.request.correlationId, 2);
    assert.equal(proxy.hits[0]?.unanswered.length, 0);
  });

  test('in the direction of the response: after the broker has answered', async () => {
    const broker = await upstream(obliging);
    const proxy = await proxyTo(broker, [{ name: 'cut', api: endTxn.key, action: 'cut', direction: 'response' }]);
    const us = await client(proxy.port);
    us.send(endTxn, 3, 1, { transactionalId: 'x' });
    assert.equal(await us.next(), undefined);
    assert.equal(broker.seen.length, 1);
  });

  test('the broker still finishes what it had received before', async () => {
    const gate = Promise.withResolvers<void>();
    let answered = 0;
    const broker = await upstream(async (request) => {
      await gate.promise;
      answered++;
      return obliging(request);
    });
    const proxy = await proxyTo(broker, [{ name: 'cut', api: 'EndTxn', action: 'cut' }]);
    const us = await client(proxy.port);
    us.send(produce, PRODUCE_VERSION, 1, produceTo('t', 5));
    us.send(produce, PRODUCE_VERSION, 2, produceTo('t', 5));
    await eventually('both arrive', () => broker.seen.length === 2);
    us.send(endTxn, 3, 3, { transactionalId: 'x' });
    assert.equal(await us.next(), undefined);
    assert.equal(broker.ended, 0);
    assert.equal(proxy.hits[0]?.unanswered.length, 2);
    gate.resolve();
    await eventually('both are answered', () => answered === 2);
    await eventually('then the broker is left', () => broker.ended === 1);
    assert.equal(broker.seen.length, 2);
  });
});

describe('delay', () => {
  for (const direction of ['request', 'response'] as const) {
    test(`a ${direction} waits, and what follows keeps its order`, async () => {
      const broker = await upstream(obliging);
      const proxy = await proxyTo(broker, [{ name: 'slow', api: 'Produce', action: 'delay', delayMs: 120, direction }]);
      const us = await client(proxy.port);
      const start = performance.now();
      us.send(produce, PRODUCE_VERSION, 1, produceTo('t', 1));
      us.send(heartbeat, 4, 2, { groupId: 'g' });
      assert.equal((await us.answer(produce, PRODUCE_VERSION))?.correlationId, 1);
      assert.ok(performance.now() - start >= 119);
      assert.equal((await us.answer(heartbeat, 4))?.correlationId, 2);
    });
  }
});

describe('refuse', () => {
  test('the broker never sees the request, and the refusal keeps its turn among the answers', async () => {
    const broker = await upstream(async (request) => {
      if (request.apiKey === heartbeat.key) await sleep(30);
      if (request.apiKey === apiVersions.key) return encodeResponseFrame(apiVersions, 0, request.correlationId, {});
      return obliging(request);
    });
    const proxy = await proxyTo(broker, [{ name: 'moved', api: 'EndTxn', action: 'refuse', error: 'NOT_COORDINATOR' }]);
    const us = await client(proxy.port);
    us.send(heartbeat, 4, 1, { groupId: 'g' });
    us.send(endTxn, 4, 2, { transactionalId: 'tx', producerId: 1, producerEpoch: 0, committed: true });
    us.send(heartbeat, 4, 3, { groupId: 'g' });
    assert.equal((await us.answer(heartbeat, 4))?.correlationId, 1);
    const refused = await us.answer(endTxn, 4);
    assert.deepEqual([refused?.correlationId, refused?.body.errorCode], [2, 16]);
    assert.equal((await us.answer(heartbeat, 4))?.correlationId, 3);
    assert.ok(!broker.seen.some(({ apiKey }) => apiKey === endTxn.key));
  });

  test('the items of a request are refused one by one', async () => {
    const broker = await upstream((request) =>
      request.apiKey === apiVersions.key ? encodeResponseFrame(apiVersions, 0, request.correlationId, {}) : undefined,
    );
    const api = ['TxnOffsetCommit', 'AddPartitionsToTxn'];
    const proxy = await proxyTo(broker, [
      { name: 'moved', api, action: 'refuse', error: 'COORDINATOR_NOT_AVAILABLE', count: 2 },
    ]);
    const us = await client(proxy.port);
    us.send(txnOffsetCommit, 3, 1, {
      topics: [{ name: 'a', partitions: [{ partitionIndex: 4, committedOffset: 1 }] }],
    });
    us.send(addPartitionsToTxn, 3, 2, { v3AndBelowTopics: [{ name: 'b', partitions: [5, 6] }] });
    assert.deepEqual((await us.answer(txnOffsetCommit, 3))?.body.topics, [
      { name: 'a', partitions: [{ partitionIndex: 4, errorCode: 15 }] },
    ]);
    assert.deepEqual((await us.answer(addPartitionsToTxn, 3))?.body.resultsByTopicV3AndBelow, [
      {
        name: 'b',
        resultsByPartition: [5, 6].map((partitionIndex) => ({ partitionIndex, partitionErrorCode: 15 })),
      },
    ]);
  });
});

describe('addresses', () => {
  /** Two brokers that name each other, as a cluster does. */
  async function cluster(): Promise<[FakeBroker, FakeBroker]> {
    const brokers: FakeBroker[] = [];
    const respond = (request: SeenRequest): Uint8Array => {
      const { apiVersion: version, correlationId: id } = request;
      const nodes = brokers.map(({ port }, at) => ({ nodeId: at + 1, host: '127.0.0.1', port }));
      const second = nodes[1]!;
      switch (request.apiKey) {
        case metadata.key:
          return encodeResponseFrame(metadata, version, id, {
            brokers: nodes,
            controllerId: 1,
            topics: [{ name: 'orders', topicId: 'AAAAAAAAAAAAAAAAAAAAAg', partitions: [] }],
          });
        case findCoordinator.key:
          return encodeResponseFrame(
            findCoordinator,
            version,
            id,
            version >= 4
              ? {
                  coordinators: [
                    { key: 'g', ...second },
                    { key: 'none', nodeId: -1, host: '', port: -1, errorCode: 15 },
                  ],
                }
              : { ...second },
          );
        case describeCluster.key: {
          const described = nodes.map(({ nodeId, ...rest }) => ({ brokerId: nodeId, ...rest }));
          return encodeResponseFrame(describeCluster, version, id, { clusterId: 'c', brokers: described });
        }
        case produce.key:
          return encodeResponseFrame(produce, version, id, { responses: [], nodeEndpoints: [second] });
        case fetch.key:
          return encodeResponseFrame(fetch, version, id, { responses: [], nodeEndpoints: [second] });
        case apiVersions.key:
          return encodeResponseFrame(apiVersions, version > 3 ? 0 : version, id, {
            errorCode: version > 3 ? 35 : 0,
            apiKeys: [
              { apiKey: metadata.key, minVersion: 0, maxVersion: 99 },
              { apiKey: 32000, minVersion: 0, maxVersion: 99 },
            ],
          });
        default:
          throw new Error(`unexpected API ${request.apiKey}`);
      }
    };
    brokers.push(await upstream(respond), await upstream(respond));
    return brokers as [FakeBroker, FakeBroker];
  }

  test('clients are kept on the proxy, with one listener for each broker', async () => {
    const [first, second] = await cluster();
    const proxy = await proxyTo(first);
    const us = await client(proxy.port);

    us.send(metadata, 12, 1, { topics: null });
    const { brokers } = (await us.answer(metadata, 12))!.body;
    assert.equal(brokers[0]?.port, proxy.port);
    const other = brokers[1]!.port;
    assert.ok(other !== second.port && other !== proxy.port && other > 0);

    us.send(metadata, 0, 2, { topics: [] });
    assert.equal((await us.answer(metadata, 0))?.body.brokers[1]?.port, other);
    us.send(findCoordinator, 2, 3, { key: 'g' });
    assert.equal((await us.answer(findCoordinator, 2))?.body.port, other);
    us.send(findCoordinator, 4, 4, { coordinatorKeys: ['g', 'none'] });
    const { coordinators } = (await us.answer(findCoordinator, 4))!.body;
    assert.equal(coordinators[0]?.port, other);
    assert.deepEqual([coordinators[1]?.host, coordinators[1]?.port, coordinators[1]?.errorCode], ['', -1, 15]);
    us.send(describeCluster, 1, 5, {});
    assert.equal((await us.answer(describeCluster, 1))?.body.brokers[1]?.port, other);
    us.send(produce, 10, 6, { acks: -1, topicData: [] });
    assert.equal((await us.answer(produce, 10))?.body.nodeEndpoints[0]?.port, other);
    us.send(fetch, 16, 7, { topics: [] });
    assert.equal((await us.answer(fetch, 16))?.body.nodeEndpoints[0]?.port, other);

    const there = await client(other);
    there.send(metadata, 12, 8, { topics: null });
    assert.equal((await there.answer(metadata, 12))?.body.brokers[0]?.port, proxy.port);
    assert.equal(second.seen.length, 1);
  });

  test('topics that a request names by id go by the names that Metadata gave', async () => {
    const [first] = await cluster();
    const names: string[][] = [];
    const proxy = await proxyTo(first, [
      {
        name: 'watch',
        api: ['Produce', 'Fetch'],
        action: 'delay',
        delayMs: 0,
        count: Number.POSITIVE_INFINITY,
        when: (request) => names.push(request.topics()) > 0,
      },
    ]);
    const us = await client(proxy.port);
    us.send(metadata, 12, 1, { topics: null });
    await us.answer(metadata, 12);
    const topicId = 'AAAAAAAAAAAAAAAAAAAAAg';
    us.send(produce, 13, 2, { acks: -1, topicData: [{ topicId, partitionData: [] }] });
    await us.answer(produce, 13);
    us.send(fetch, 13, 3, { topics: [{ topicId, partitions: [] }] });
    await us.answer(fetch, 13);
    assert.deepEqual(names, [['orders'], ['orders']]);
  });

  test('a broker with newer versions than the tables is capped, for the APIs that must be read', async () => {
    const [first] = await cluster();
    const proxy = await proxyTo(first);
    const us = await client(proxy.port);
    for (const [version, answeredIn] of [
      [3, 3],
      [4, 0],
    ] as const) {
      us.send(apiVersions, version, 1, { clientSoftwareName: 'x', clientSoftwareVersion: '1' });
      const { apiKeys } = (await us.answer(apiVersions, answeredIn))!.body;
      assert.equal(apiKeys.find(({ apiKey }) => apiKey === metadata.key)?.maxVersion, metadata.maxVersion);
      assert.equal(apiKeys.find(({ apiKey }) => apiKey === 32000)?.maxVersion, 99);
    }
  });

  test('an answer that cannot be read ends the connection: it could lead around the proxy', async () => {
    const broker = await upstream((request) => {
      const answer = Buffer.alloc(20, 0xff);
      answer.writeInt32BE(16, 0);
      answer.writeInt32BE(request.correlationId, 4);
      return answer;
    });
    const proxy = await proxyTo(broker);
    const us = await client(proxy.port);
    us.send(metadata, 12, 1, { topics: null });
    assert.equal(await us.next(), undefined);
  });
});

describe('rules and the proxy itself', () => {
  test('a rule that was removed takes nothing', async () => {
    const broker = await upstream(obliging);
    const proxy = await proxyTo(broker);
    const handle = proxy.addRule({ name: 'cut', api: 'Heartbeat', action: 'cut' });
    handle.remove();
    const us = await client(proxy.port);
    us.send(heartbeat, 4, 1, { groupId: 'g' });
    assert.equal((await us.answer(heartbeat, 4))?.correlationId, 1);
    assert.equal(handle.hits, 0);
  });

  test('contradictory rules and impossible targets are refused', async () => {
    const broker = await upstream(obliging);
    const proxy = await proxyTo(broker);
    const base = { name: 'r', api: 'Produce' };
    assert.throws(() => proxy.addRule({ ...base, action: 'drop-reply', direction: 'request' }), /cut/);
    assert.throws(() => proxy.addRule({ ...base, action: 'delay' }), /delayMs/);
    assert.throws(() => proxy.addRule({ ...base, action: 'cut', delayMs: 1 }), /delayMs/);
    assert.throws(() => proxy.addRule({ ...base, action: 'cut', thenCut: true }), /thenCut/);
    assert.throws(() => proxy.addRule({ ...base, action: 'cut', count: 0 }), /count/);
    assert.throws(() => proxy.addRule({ ...base, action: 'refuse', error: 'NOT_COORDINATOR' }), /Produce cannot be/);
    assert.throws(() => proxy.addRule({ name: 'r', api: 'EndTxn', action: 'refuse' }), /needs an error/);
    await assert.rejects(FaultProxy.start({ target: 'nowhere', network, timers }), /host:port/);
  });

  test('closing frees the port and cuts everyone', async () => {
    const broker = await upstream(obliging);
    const proxy = await proxyTo(broker);
    const us = await client(proxy.port);
    us.send(heartbeat, 4, 1, { groupId: 'g' });
    await us.answer(heartbeat, 4);
    await proxy.close();
    assert.equal(await us.next(), undefined);
    await assert.rejects(FrameClient.connect(network, proxy.port));
    await eventually('the broker is left', () => broker.ended === 1);
  });
});
