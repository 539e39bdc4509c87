/** Headers and whole frames, written down byte by byte from the protocol's description. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ErrorCode, MalformedBytesError, ZERO_UUID } from '../core/index.ts';
import * as wire from './index.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const withoutLength = (frame: Buffer) => frame.subarray(4);

describe('a request frame', () => {
  it('has header v1 before the API became flexible', () => {
    const frame = wire.encodeRequestFrame(wire.heartbeat, 3, { correlationId: 7, clientId: 'me' }, { groupId: 'g' });
    //                    length   key  ver  corr     client id  group  generation member instance
    assert.deepEqual(frame, hex('0000 0017 000c 0003 00000007 0002 6d65 0001 67 00000000 0000 ffff'));
  });

  it('has header v2 since: tags, and still a 16-bit length of the client id', () => {
    const frame = wire.encodeRequestFrame(wire.heartbeat, 4, { correlationId: 7, clientId: 'me' }, { groupId: 'g' });
    assert.deepEqual(frame, hex('0000 0016 000c 0004 00000007 0002 6d65 00 02 67 00000000 01 00 00'));
    const header = wire.decodeRequestHeader(withoutLength(frame));
    assert.deepEqual(header, { apiKey: 12, apiVersion: 4, correlationId: 7, clientId: 'me', bodyOffset: 13 });
    const body = wire.decodeRequestBody(wire.heartbeat, 4, withoutLength(frame), header.bodyOffset);
    assert.deepEqual(body, { groupId: 'g', generationId: 0, memberId: '', groupInstanceId: null });
  });

  it('may have no client id, and tags in its header', () => {
    const header = wire.decodeRequestHeader(hex('000c 0004 00000007 ffff 01 05 02 aabb'));
    assert.deepEqual(header, { apiKey: 12, apiVersion: 4, correlationId: 7, clientId: null, bodyOffset: 15 });
  });

  it('has a readable header where the API is unknown', () => {
    const header = wire.decodeRequestHeader(hex('03e7 0001 00000007 0000'));
    assert.deepEqual(header, { apiKey: 999, apiVersion: 1, correlationId: 7, clientId: '', bodyOffset: 10 });
  });

  it('is refused with a byte too many, or an impossible client id', () => {
    assert.throws(() => wire.decodeRequestBody(wire.listGroups, 0, hex('00'), 0), MalformedBytesError);
    assert.throws(() => wire.decodeRequestHeader(hex('000c 0004 00000007 fffe')), MalformedBytesError);
    assert.throws(() => wire.decodeRequestHeader(hex('000c 0004 0000')), MalformedBytesError);
  });
});

describe('a response frame', () => {
  it('has header v0 before the API became flexible, v1 since', () => {
    const v3 = wire.encodeResponseFrame(wire.heartbeat, 3, 7, { errorCode: 27 });
    assert.deepEqual(v3, hex('0000000a 00000007 00000000 001b'));
    const v4 = wire.encodeResponseFrame(wire.heartbeat, 4, 7, { errorCode: 27 });
    assert.deepEqual(v4, hex('0000000c 00000007 00 00000000 001b 00'));
    assert.equal(wire.peekCorrelationId(withoutLength(v4)), 7);
    const decoded = wire.decodeResponse(wire.heartbeat, 4, withoutLength(v4));
    assert.deepEqual(decoded, { correlationId: 7, body: { throttleTimeMs: 0, errorCode: 27 } });
  });

  it('has header v0 for ApiVersions in every version', () => {
    const frame = wire.encodeResponseFrame(wire.apiVersions, 3, 7, { apiKeys: [{ apiKey: 18, maxVersion: 4 }] });
    assert.deepEqual(frame, hex('00000013 00000007 0000 02 0012 0000 0004 00 00000000 00'));
  });

  it('is read as version 0 where the broker did not know the version of ApiVersions', () => {
    const refusal = {
      errorCode: ErrorCode.UNSUPPORTED_VERSION,
      apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 3 }],
    };
    const frame = wire.encodeResponseFrame(wire.apiVersions, 0, 7, refusal);
    const { body } = wire.decodeResponse(wire.apiVersions, 4, withoutLength(frame));
    assert.equal(body.errorCode, ErrorCode.UNSUPPORTED_VERSION);
    assert.deepEqual(body.apiKeys, refusal.apiKeys);
  });

  it('outlives the next ones, small or large', () => {
    const large = Buffer.alloc(200_000, 1);
    const answer = (records: Buffer) => ({ responses: [{ topic: 't', partitions: [{ records }] }] });
    const frames = [Buffer.from('a'), large, Buffer.from('b')].map((records) =>
      wire.encodeResponseFrame(wire.fetch, 11, 1, answer(records)),
    );
    const read = frames.map((frame) => {
      const { body } = wire.decodeResponse(wire.fetch, 11, withoutLength(frame));
      return Buffer.from(body.responses[0]!.partitions[0]!.records!);
    });
    assert.deepEqual(read.map(String), ['a', large.toString(), 'b']);
  });
});

describe('a frame in pieces', () => {
  const records = [Buffer.alloc(5000, 1), Buffer.from('small'), null, Buffer.alloc(70_000, 2), Buffer.alloc(0)];
  const fetched = { responses: [{ topic: 't', partitions: records.map((records) => ({ records })) }] };
  const produced = {
    topicData: ['a', 'b'].map((name) => ({
      name,
      partitionData: records.map((records, index) => ({ index, records })),
    })),
  };

  it('is the frame, in every version', () => {
    for (let version = wire.fetch.minVersion; version <= 12; version++) {
      const whole = wire.encodeResponseFrame(wire.fetch, version, 1, fetched);
      assert.deepEqual(Buffer.concat(wire.encodeResponsePieces(wire.fetch, version, 1, fetched)), whole);
    }
    for (let version = wire.produce.minVersion; version <= 12; version++) {
      const header = { correlationId: 1, clientId: 'me' };
      const whole = wire.encodeRequestFrame(wire.produce, version, header, produced);
      assert.deepEqual(Buffer.concat(wire.encodeRequestPieces(wire.produce, version, header, produced)), whole);
    }
  });

  it('has large records as they were given, and a copy of small ones', () => {
    const pieces = wire.encodeResponsePieces(wire.fetch, 12, 1, fetched);
    assert.deepEqual(
      pieces.map((piece) => (records as unknown[]).indexOf(piece)),
      [-1, 0, -1, 3, -1],
    );
  });

  it('outlives the next ones', () => {
    const first = wire.encodeResponsePieces(wire.fetch, 12, 1, fetched);
    const before = Buffer.concat(first);
    wire.encodeResponsePieces(wire.fetch, 12, 2, { responses: [] });
    assert.deepEqual(Buffer.concat(first), before);
    assert.deepEqual(
      Buffer.concat(wire.encodeResponsePieces(wire.heartbeat, 4, 7, {})),
      wire.encodeResponseFrame(wire.heartbeat, 4, 7, {}),
    );
  });
});

describe('a value with its version in front', () => {
  it('is written as Kafka writes the keys of __consumer_offsets', () => {
    const key = wire.encodeVersioned(wire.offsetCommitKey, 1, { group: 'g', topic: 't', partition: 5 });
    assert.deepEqual(key, hex('0001 0001 67 0001 74 00000005'));
    assert.equal(wire.peekVersion(key), 1);
    assert.deepEqual(wire.decodeVersioned(wire.offsetCommitKey, key), { group: 'g', topic: 't', partition: 5 });
    assert.throws(() => wire.decodeVersioned(wire.groupMetadataKey, key), MalformedBytesError);
  });

  it('is read leniently where a newer client wrote it', () => {
    const subscription = { topics: ['t'], userData: null, ownedPartitions: [], generationId: 4, rackId: 'r' };
    const newest = wire.encodeVersioned(wire.consumerProtocolSubscription, 3, subscription);
    const newer = Buffer.concat([hex('0004'), newest.subarray(2), hex('abcd')]);
    assert.throws(() => wire.decodeVersioned(wire.consumerProtocolSubscription, newer), MalformedBytesError);
    assert.deepEqual(wire.decodeVersionedLeniently(wire.consumerProtocolSubscription, newer), subscription);
    assert.throws(
      () => wire.decodeVersionedLeniently(wire.consumerProtocolSubscription, hex('ffff00000000ffffffff')),
      MalformedBytesError,
    );
  });
});

describe('a metadata record', () => {
  it('is framed by frame version, type and version', () => {
    const bytes = wire.encodeMetadataRecord(wire.topicRecord, 0, { name: 'foo' });
    assert.deepEqual(bytes, hex(`01 02 00 04 666f6f ${'00'.repeat(16)} 00`));
    const expected = { type: 'TopicRecord', version: 0, value: { name: 'foo', topicId: ZERO_UUID } };
    assert.deepEqual(wire.decodeMetadataRecord(bytes), expected);
  });

  it('is refused in another frame version, of another type, or in another version', () => {
    assert.throws(() => wire.decodeMetadataRecord(hex('00 14 00 00')), /frame version 0/);
    assert.throws(() => wire.decodeMetadataRecord(hex('01 0b 00 00')), /type 11, version 0/);
    assert.throws(() => wire.decodeMetadataRecord(hex('01 14 01 00')), /type 20, version 1/);
    assert.throws(() => wire.decodeMetadataRecord(hex('01 14 00 00 00')), MalformedBytesError);
  });
});
