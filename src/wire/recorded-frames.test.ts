/**
 * Frames that librdkafka (kcat), kafkajs, @platformatic/kafka, Kafka's Java clients and Apache Kafka itself exchanged, as
 * test/golden/frames.json records them: each is read, and written again byte for byte.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import * as wire from './index.ts';

interface Frame {
  readonly client: string;
  readonly key: number;
  readonly version: number;
  readonly direction: 'request' | 'response';
  readonly hex: string;
}
const { frames }: { readonly frames: readonly Frame[] } = JSON.parse(
  readFileSync(new URL('../../test/golden/frames.json', import.meta.url), 'utf8'),
);

function rewrite({ key, version, direction }: Frame, bytes: Buffer): Buffer {
  const api = wire.apiByKey(key)!;
  if (direction === 'response') {
    const { correlationId, body } = wire.decodeResponse(api, version, bytes);
    return wire.encodeResponseFrame(api, version, correlationId, body);
  }
  const header = wire.decodeRequestHeader(bytes);
  assert.deepEqual([header.apiKey, header.apiVersion], [key, version]);
  const body = wire.decodeRequestBody(api, version, bytes, header.bodyOffset);
  return wire.encodeRequestFrame(api, version, header, body);
}

describe('frames recorded between other clients and Apache Kafka', () => {
  it('are of five kinds of senders, and of every API', () => {
    const senders = ['Apache Kafka', 'java', 'kafkajs', 'kcat', 'platformatic'];
    assert.deepEqual([...new Set(frames.map((frame) => frame.client))].sort(), senders);
    assert.deepEqual(
      [...new Set(frames.map((frame) => frame.key))].sort((a, b) => a - b),
      wire.apis.map((api) => api.key),
    );
  });

  for (const frame of frames) {
    const { client, key, version, direction, hex } = frame;
    it(`${wire.apiByKey(key)?.name} v${version} ${direction}, ${client}`, () => {
      const bytes = Buffer.from(hex, 'hex');
      const written = rewrite(frame, bytes);
      assert.equal(written.subarray(4).toString('hex'), bytes.toString('hex'));
      assert.equal(written.readInt32BE(0), bytes.length);
    });
  }

  it('carry subscriptions and assignments that are read and written alike', () => {
    const senders = new Set<string>();
    const rewriteBlob = (table: wire.Message, blob: Uint8Array) => {
      const value = wire.decodeVersionedLeniently(table, blob);
      assert.deepEqual(wire.encodeVersioned(table, wire.peekVersion(blob), value), Buffer.from(blob));
    };
    for (const { client, key, version, direction, hex } of frames) {
      if (direction !== 'request' || (key !== wire.joinGroup.key && key !== wire.syncGroup.key)) continue;
      senders.add(client);
      const frame = Buffer.from(hex, 'hex');
      const { bodyOffset } = wire.decodeRequestHeader(frame);
      if (key === wire.joinGroup.key) {
        const { protocols } = wire.decodeRequestBody(wire.joinGroup, version, frame, bodyOffset);
        assert.ok(protocols.length > 0);
        for (const { metadata } of protocols) rewriteBlob(wire.consumerProtocolSubscription, metadata);
      } else {
        const { assignments } = wire.decodeRequestBody(wire.syncGroup, version, frame, bodyOffset);
        for (const { assignment } of assignments) rewriteBlob(wire.consumerProtocolAssignment, assignment);
      }
    }
    assert.deepEqual([...senders].sort(), ['java', 'kafkajs', 'kcat', 'platformatic']);
  });
});
