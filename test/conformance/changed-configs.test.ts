/** Properties that are changed while the broker runs: they hold at once, for topics that are there, and after a restart. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Broker } from '../../src/broker/index.ts';
import { Producer } from '../../src/client/index.ts';
import { nodePorts } from '../../src/node/index.ts';
import { RawClient } from '../simulation/raw-client.ts';
import { ask, type Step } from './config-steps.ts';

const TOPIC = 2;
const BROKER = 4;

describe('properties changed while the broker runs', () => {
  let dataDirectory: string;
  let broker: Broker;
  const start = async () => {
    broker = await Broker.start({ dataDirectory, config: { 'num.partitions': 1 } });
  };
  before(async () => {
    dataDirectory = mkdtempSync(join(tmpdir(), 'onceward-configs-'));
    await start();
  });
  after(async () => {
    await broker.close();
    rmSync(dataDirectory, { recursive: true, force: true });
  });

  async function put(step: Step): Promise<void> {
    const client = await RawClient.connect(nodePorts().network, broker.host, broker.port);
    assert.equal((await ask(client, step)).code, 0);
    client.close();
  }
  const set = (type: number, of: string, name: string, value: string | null) =>
    put({ change: type, of, by: [[name, value === null ? 1 : 0, value]] });

  /** Does the broker take a record of that many bytes? */
  async function takes(topic: string, bytes: number): Promise<boolean> {
    await using producer = new Producer({ bootstrapServers: broker.bootstrap, enableIdempotence: false });
    try {
      await producer.sendAndWait({ topic, value: Buffer.alloc(bytes) });
      return true;
    } catch (error) {
      assert.match(String(error), /MESSAGE_TOO_LARGE|too large/i);
      return false;
    }
  }

  it('a topic’s own hold for what is appended from then on', async () => {
    await put({ create: 'own', configs: [] });
    assert.equal(await takes('own', 5000), true);
    await set(TOPIC, 'own', 'max.message.bytes', '1000');
    assert.equal(await takes('own', 5000), false);
    await set(TOPIC, 'own', 'max.message.bytes', null);
    assert.equal(await takes('own', 5000), true);
  });

  it('the broker’s hold for topics without their own, the one broker’s before those of all', async () => {
    await put({ create: 'inherits', configs: [] });
    await put({ create: 'insists', configs: [['max.message.bytes', '100000']] });
    await set(BROKER, '', 'message.max.bytes', '1000');
    assert.deepEqual([await takes('inherits', 5000), await takes('insists', 5000)], [false, true]);
    await set(BROKER, String(broker.nodeId), 'message.max.bytes', '10000');
    assert.equal(await takes('inherits', 5000), true);
  });

  it('they survive a restart, and go back to what the broker was started with', async () => {
    await broker.close();
    await start();
    assert.deepEqual([await takes('inherits', 5000), await takes('inherits', 20_000)], [true, false]);
    await set(BROKER, String(broker.nodeId), 'message.max.bytes', null);
    assert.equal(await takes('inherits', 5000), false);
    await set(BROKER, '', 'message.max.bytes', null);
    assert.equal(await takes('inherits', 20_000), true);
  });

  it('connections are counted against the limit of now', async () => {
    const first = await RawClient.connect(nodePorts().network, broker.host, broker.port);
    const limit = (operation: number, value: string | null): Step => ({
      change: BROKER,
      of: '',
      by: [['max.connections', operation, value]],
    });
    assert.equal((await ask(first, limit(0, '1'))).code, 0);
    const second = await RawClient.connect(nodePorts().network, broker.host, broker.port);
    await second.end();
    assert.equal((await ask(first, limit(1, null))).code, 0);
    first.close();
  });
});
