import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { errorName, KafkaError } from '../../core/index.ts';
import { settle } from '../../replay/index.ts';
import { Client, context, Scene } from './scene.ts';

const step = fc.oneof(
  fc.record({ do: fc.constantFrom('join', 'sync', 'heartbeat', 'leave', 'commit', 'reborn'), who: fc.nat(3) }),
  fc.record({ do: fc.constant('wait'), who: fc.constantFrom(0, 1, 3000, 11_000, 61_000) }),
  fc.record({ do: fc.constantFrom('restart', 'refuse', 'accept', 'hold', 'commit log'), who: fc.constant(0) }),
);

function newClients(scene: Scene): Client[] {
  return [
    new Client(scene, { protocols: { range: 'a', sticky: 'a' } }),
    new Client(scene, { protocols: { sticky: 'b', range: 'b' } }),
    new Client(scene, { instance: 'one', protocols: { range: 'c' } }),
    new Client(scene, { instance: 'two', protocols: { range: 'd' } }),
  ];
}

/** More than the rebalance timeout, of 3 seconds each. */
const ROUNDS_OF_REST = 22;

/** A client as well-behaved ones are: it heeds what it is told until it has its share. */
async function behave(client: Client, shares: Map<Client, string>): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt++) {
    if (shares.has(client)) {
      const code = client.heartbeat();
      if (code === 0) return;
      shares.delete(client);
      if (['UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID'].includes(errorName(code))) client.memberId = '';
    }
    const joined = await client.join();
    if (joined.errorCode !== 0) {
      if (joined.errorCode !== 79) client.memberId = '';
      continue;
    }
    const leads = joined.leader === client.memberId && !joined.skipAssignment;
    const assignments = Object.fromEntries(joined.members.map(({ memberId }) => [memberId, memberId]));
    const synced = await client.sync(leads ? assignments : {});
    if (synced.errorCode === 0) shares.set(client, Buffer.from(synced.assignment).toString());
  }
  assert.fail('a client finds no rest');
}

describe('a classic group', () => {
  it('comes to rest with everybody in it, whatever happened before, and is the same after a restart', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const scene = await Scene.start();
        const clients = newClients(scene);
        for (const { do: what, who } of steps) {
          const client = clients[who]!;
          if (what === 'join') client.enter();
          else if (what === 'sync') client.sync(client.joined?.leader === client.memberId ? { x: 'y' } : {});
          else if (what === 'heartbeat') client.heartbeat();
          else if (what === 'leave') client.leave();
          else if (what === 'commit') scene.commit(1, client.identity);
          else if (what === 'reborn') clients[who] = newClients(scene)[who]!;
          else if (what === 'wait') await scene.time.advance(who);
          else if (what === 'restart') await scene.restart();
          else if (what === 'refuse') scene.log.refuseWith(new KafkaError('NOT_ENOUGH_REPLICAS'));
          else if (what === 'accept') scene.log.refuseWith(undefined);
          else if (what === 'hold') scene.log.holdCommits();
          else scene.log.commit();
          await settle();
        }
        scene.log.refuseWith(undefined);
        scene.log.releaseCommits();
        await settle();

        const shares = new Map<Client, string>();
        // Rest counts once it has outlasted every timeout: a member whose client was reborn is in the group until then.
        for (let round = 0, restful = 0; restful < ROUNDS_OF_REST; round++) {
          assert.ok(round < 100, 'the group finds no rest');
          const rest = Promise.all(clients.map((client) => behave(client, shares)));
          let resting = false;
          rest.then(() => {
            resting = true;
          });
          for (let wait = 0; wait < 100 && !resting; wait++) await scene.time.advance(1000);
          assert.ok(resting, 'somebody waits for ever');
          await scene.time.advance(3000);
          const rests = clients.every((client) => shares.has(client) && client.heartbeat() === 0);
          restful = rests ? restful + 1 : 0;
        }
        const [live] = await scene.coordinator.describeGroups(['g'], context(5));
        assert.equal(live?.groupState, 'Stable');
        assert.deepEqual(
          live.members.map(({ memberId }) => memberId).sort(),
          clients.map(({ memberId }) => memberId).sort(),
        );
        // Each client has the share that the broker holds for it.
        for (const member of live.members) {
          const client = clients.find(({ memberId }) => memberId === member.memberId)!;
          assert.equal(shares.get(client), Buffer.from(member.memberAssignment).toString());
        }
        await scene.restart();
        const [loaded] = await scene.coordinator.describeGroups(['g'], context(5));
        assert.deepEqual(loaded, live);
        for (const client of clients) assert.equal(client.heartbeat(), 0);
      }),
      { numRuns: 150 },
    );
  });
});
