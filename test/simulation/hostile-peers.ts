/**
 * What peers may do to a broker, by mistake or on purpose: nothing they send makes it fall over, keeps others from being
 * served, or makes it hold more than its bounds. The same scenarios run on the machine's network and on the simulated one.
 */
import assert from 'node:assert/strict';
import type { Broker } from '../../src/broker/index.ts';
import { encodeBatch } from '../../src/records/index.ts';
import { apiVersions, encodeRequestFrame, fetch, metadata, produce } from '../../src/wire/index.ts';
import { type RawClient, request } from './raw-client.ts';

export interface Stage {
  readonly broker: Broker;
  readonly connect: () => Promise<RawClient>;
  readonly sleep: (ms: number) => Promise<void>;
}

export const KILOBYTE = 1024;
/** The broker's settings in these scenarios. */
export const settings = {
  'socket.request.max.bytes': 1024 * KILOBYTE,
  'queued.max.request.bytes': 4096 * KILOBYTE,
  'connections.max.idle.ms': 2000,
  'max.connections.per.ip': 250,
  'max.connections.per.ip.overrides': '',
};

function bytes(...parts: (number | Buffer)[]): Buffer {
  return Buffer.concat(
    parts.map((part) => {
      if (typeof part !== 'number') return part;
      const length = Buffer.alloc(4);
      length.writeInt32BE(part);
      return length;
    }),
  );
}
const header = (key: number, version: number): Buffer => {
  const frame = Buffer.alloc(10);
  frame.writeInt16BE(key, 0);
  frame.writeInt16BE(version, 2);
  frame.writeInt16BE(-1, 8);
  return frame;
};
const framed = (frame: Buffer): Buffer => bytes(frame.length, frame);
const valid = encodeRequestFrame(apiVersions, 0, { correlationId: 9, clientId: 'peer' }, {});
const produced = encodeRequestFrame(
  produce,
  9,
  { correlationId: 9, clientId: 'peer' },
  { acks: -1, timeoutMs: 1000, topicData: [] },
);

/** Frames after which there is nothing more to say to a peer. */
const refusedFrames: Readonly<Record<string, Buffer>> = {
  'longer than allowed': bytes(1024 * KILOBYTE + 1),
  'as long as can be said': bytes(0x7fffffff),
  'of a negative length': bytes(-5),
  empty: bytes(0),
  'shorter than a header': framed(Buffer.from([0])),
  'of an unknown API': framed(header(777, 0)),
  'of an API for brokers': framed(header(4, 1)),
  'of a version that is none': framed(header(3, 99)),
  'of a version that was removed': framed(header(0, 0)),
  'without its body': framed(header(0, 9)),
  'with more than its body': framed(Buffer.concat([produced.subarray(4), Buffer.from('more')])),
  'with an array of two billion': framed(Buffer.concat([header(3, 1), Buffer.from([0x7f, 0xff, 0xff, 0xff])])),
  'with a varint that does not end': framed(Buffer.concat([produced.subarray(4, 14), Buffer.alloc(20, 0xff)])),
  'of a protocol for the web': Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
};

/** A well-behaved client is answered. */
async function serves({ connect }: Stage): Promise<void> {
  const client = await connect();
  const answer = await client.call(request(apiVersions, 0, {}));
  assert.equal(answer.errorCode, 0);
  client.close();
}

async function until(stage: Stage, what: string, holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    assert.ok(tries < 500, `never: ${what}; ${JSON.stringify(stage.broker.usage())}`);
    await stage.sleep(10);
  }
}

const fetchOf = (topic: string, minBytes = 1) =>
  request(fetch, 11, {
    maxWaitMs: 100,
    minBytes,
    isolationLevel: 0,
    topics: [{ topic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 64 * 1024 * KILOBYTE }] }],
  });

async function fill(stage: Stage, topic: string, count: number, size: number): Promise<void> {
  const client = await stage.connect();
  await client.call(request(metadata, 4, { topics: [{ name: topic }], allowAutoTopicCreation: true }));
  for (let at = 0; at < count; at++) {
    const records = encodeBatch({
      records: [{ timestamp: 0, key: null, value: Buffer.alloc(size, at), headers: [] }],
    });
    const answer = await client.call(
      request(produce, 7, {
        acks: 1,
        timeoutMs: 1000,
        topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
      }),
    );
    assert.equal(answer.responses[0]!.partitionResponses[0]!.errorCode, 0);
  }
  client.close();
}

export const hostilePeers: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  'a frame that cannot be closes its connection, after the answers due, and no other': async (stage) => {
    const bystander = await stage.connect();
    for (const [name, frame] of Object.entries(refusedFrames)) {
      const peer = await stage.connect();
      peer.write(Buffer.concat([valid, frame]));
      assert.ok(await peer.next(), `${name}: the request before it is answered`);
      await peer.end();
      assert.deepEqual(peer.answers, [], name);
    }
    assert.equal((await bystander.call(request(apiVersions, 0, {}))).errorCode, 0);
    bystander.close();
    await until(stage, 'all are gone', () => stage.broker.usage().connections === 0);
    assert.equal(stage.broker.usage().requestBytes, 0);
  },

  'frames cut at every byte are frames all the same': async (stage) => {
    const peer = await stage.connect();
    for (const byte of valid) {
      peer.write(Buffer.from([byte]));
      await stage.sleep(1);
    }
    assert.ok(await peer.next());
    peer.close();
  },

  'hundreds of frames that are announced and never come cost no memory and keep nobody waiting': async (stage) => {
    const peers: RawClient[] = [];
    for (let at = 0; at < 200; at++) {
      const peer = await stage.connect();
      peer.write(bytes(1000 * KILOBYTE, header(0, 9)));
      peers.push(peer);
    }
    await stage.sleep(50);
    const { requestBytes, connections } = stage.broker.usage();
    assert.equal(connections, 200);
    assert.ok(requestBytes <= 4096 * KILOBYTE, `${requestBytes} bytes`);
    await serves(stage);
    for (const peer of peers) peer.close();
    await until(stage, 'all is given back', () => stage.broker.usage().requestBytes === 0);
  },

  'large requests from everybody at once wait in line, and all are answered': async (stage) => {
    await fill(stage, 'many', 1, 10);
    const records = encodeBatch({
      records: [{ timestamp: 0, key: null, value: Buffer.alloc(900 * KILOBYTE), headers: [] }],
    });
    const body = { acks: -1, timeoutMs: 5000, topicData: [{ name: 'many', partitionData: [{ index: 0, records }] }] };
    const peers: RawClient[] = [];
    for (let at = 0; at < 20; at++) peers.push(await stage.connect());
    let most = 0;
    let done = false;
    const watch = (async () => {
      while (!done) {
        most = Math.max(most, stage.broker.usage().requestBytes);
        await stage.sleep(1);
      }
    })();
    const answers = await Promise.all(peers.map((peer) => peer.call(request(produce, 9, body))));
    done = true;
    await watch;
    for (const { responses } of answers) assert.equal(responses[0]!.partitionResponses[0]!.errorCode, 0);
    // What arrives in one piece is counted before it can be held back: at most a chunk for each connection.
    assert.ok(most <= (4096 + 20 * 256) * KILOBYTE, `${most} bytes at one time`);
    for (const peer of peers) peer.close();
  },

  'a peer that never takes its answers is answered no further, and keeps nobody waiting': async (stage) => {
    await fill(stage, 'large', 4, 500 * KILOBYTE);
    const peers: RawClient[] = [];
    for (let at = 0; at < 20; at++) {
      const peer = await stage.connect();
      peer.pause();
      // Some answers are there at once, others come after a wait.
      const minBytes = at % 2 === 0 ? 1 : 1900 * KILOBYTE;
      for (let times = 0; times < 100; times++) peer.send(fetchOf('large', minBytes));
      peers.push(peer);
    }
    await until(stage, 'answers wait', () => stage.broker.usage().answerBytes > 0);
    await stage.sleep(300);
    const { answerBytes, requestBytes } = stage.broker.usage();
    // Each peer holds no more than one answer, whatever it asked for.
    assert.ok(answerBytes <= 20 * 2100 * KILOBYTE, `${answerBytes} bytes of answers`);
    assert.ok(requestBytes <= 20 * 16 * KILOBYTE, `${requestBytes} bytes of requests`);
    await serves(stage);
    for (const peer of peers) peer.close();
    await until(stage, 'all is given back', () => stage.broker.usage().answerBytes === 0);
    assert.equal(stage.broker.usage().requestBytes, 0);
  },

  'a fetch whose peer is gone waits no longer': async (stage) => {
    await fill(stage, 'gone', 1, 10);
    const peer = await stage.connect();
    peer.send(
      request(fetch, 11, {
        maxWaitMs: 600_000,
        minBytes: 1000,
        isolationLevel: 0,
        sessionEpoch: 0,
        topics: [{ topic: 'gone', partitions: [{ partition: 0, fetchOffset: 1, partitionMaxBytes: 1000 }] }],
      }),
    );
    await until(stage, 'it waits', () => stage.broker.usage().waitingFetches === 1);
    peer.close();
    await until(stage, 'it waits no longer', () => stage.broker.usage().waitingFetches === 0);
  },

  'idle peers are closed, and so are those that say nothing at all': async (stage) => {
    const silent = await stage.connect();
    const idle = await stage.connect();
    await idle.call(request(apiVersions, 0, {}));
    const busy = await stage.connect();
    const gone = Promise.all([silent.end(), idle.end()]);
    for (let at = 0; at < 9; at++) {
      await stage.sleep(500);
      await busy.call(request(apiVersions, 0, {}));
    }
    await gone;
    assert.equal(stage.broker.usage().connections, 1);
    busy.close();
  },

  'more connections from one address than allowed are closed at once, and there is room again later': async (stage) => {
    const peers: RawClient[] = [];
    for (let at = 0; at < 250; at++) peers.push(await stage.connect());
    await until(stage, 'all are accepted', () => stage.broker.usage().connections === 250);
    for (let at = 0; at < 3; at++) await (await stage.connect()).end();
    for (const peer of peers) assert.equal(peer.closed, false);
    for (const peer of peers) peer.close();
    await until(stage, 'all are gone', () => stage.broker.usage().connections === 0);
    await serves(stage);
  },
};
