import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { ZERO_UUID } from '../../core/index.ts';
import { encodeBatch } from '../../records/index.ts';
import { encodeRequestFrame, produce } from '../../wire/index.ts';
import { type FaultHit, ProxiedRequest } from '../proxy/index.ts';
import { Attribution } from './attribution.ts';
import { brokenPromises } from './guarantees.ts';
import { batchSize, faultKinds, planFaults } from './plan.ts';
import { idOf, Tally } from './tally.ts';
import { flightTransform, jsonTransform } from './transforms.ts';

const key = (text: string) => Buffer.from(text);

describe('the tally', () => {
  test('counts lost, delivered and surplus copies', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3), { minLength: 1, maxLength: 50 }), (copies) => {
        const tally = new Tally(copies.length);
        copies.forEach((times, id) => {
          for (let time = 0; time < times; time++) assert.equal(tally.add(key(String(id))), id);
        });
        const lost = copies.filter((times) => times === 0).length;
        const all = copies.reduce((sum, times) => sum + times, 0);
        const { sent, delivered, duplicated } = tally.counts();
        assert.deepEqual([sent, delivered, tally.counts().lost], [copies.length, copies.length - lost, lost]);
        assert.equal(delivered + duplicated, all);
      }),
    );
  });

  test('takes only ids of inputs', () => {
    for (const text of ['', '3', '03', '-1', 'x', '1.0', '9'.repeat(30), ' 1', '00']) {
      assert.equal(idOf(key(text), 3), -1, text);
    }
    assert.equal(idOf(null, 3), -1);
    assert.deepEqual([idOf(key('0'), 3), idOf(key('2'), 3)], [0, 2]);
    const tally = new Tally(3);
    tally.add(key('7'));
    tally.add(null);
    assert.equal(tally.foreign, 2);
    assert.equal(tally.counts().delivered, 0);
  });

  test('names the first input on which two readings differ', () => {
    const [one, other] = [new Tally(3), new Tally(3)];
    for (const id of ['0', '1']) one.add(key(id));
    for (const id of ['1', '0']) other.add(key(id));
    assert.equal(one.differsFrom(other), undefined);
    other.add(key('1'));
    assert.equal(one.differsFrom(other), 1);
  });
});

describe('the promises', () => {
  const counts = (lost: number, duplicated: number) => ({ sent: 10, delivered: 10 - lost, lost, duplicated });

  test('hold for what each guarantee allows', () => {
    assert.deepEqual(brokenPromises('at-most-once', 't', counts(2, 0)), []);
    assert.deepEqual(brokenPromises('at-least-once', 't', counts(0, 2)), []);
    assert.deepEqual(brokenPromises('exactly-once', 't', counts(0, 0)), []);
  });

  test('are broken by anything else, and the message names guarantee, topic and count', () => {
    assert.match(brokenPromises('at-most-once', 't', counts(1, 3))[0]!, /at-most-once .* duplicated, but in t 3 of 10/);
    assert.match(brokenPromises('at-least-once', 't', counts(4, 1))[0]!, /at-least-once .* lost, but in t 4 of 10/);
    assert.equal(brokenPromises('exactly-once', 't', counts(1, 1)).length, 2);
    assert.match(brokenPromises('at-most-once', 't', counts(0, 0))[0]!, /had no effect/);
    assert.match(brokenPromises('at-least-once', 't', counts(0, 0))[0]!, /had no effect/);
  });
});

describe('the plan of faults', () => {
  test('has every kind, and the topical ones for every topic, for any number of inputs', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000_000 }), (inputs) => {
        const plan = planFaults(inputs, ['a', 'b']);
        for (const kind of faultKinds) assert.ok(plan.some((fault) => fault.kind === kind));
        for (const topic of ['a', 'b']) {
          for (const kind of ['ack-lost', 'connection-cut']) {
            assert.ok(plan.some((fault) => fault.kind === kind && fault.topic === topic));
          }
        }
        for (const { at } of plan) assert.ok(at >= 0 && at < inputs);
        // The last one kills: the instance after it has to fetch and to commit once more, so all others were met.
        assert.equal(plan.at(-1)?.kind, 'killed');
        assert.deepEqual(plan, planFaults(inputs, ['a', 'b']));
      }),
    );
  });

  test('leaves each fault a batch of its own where there are enough inputs', () => {
    for (const inputs of [40, 999, 1000, 2000, 49_999, 50_000, 231_083, 1_000_000]) {
      const plan = planFaults(inputs, ['a', 'b']);
      const batches = new Set(plan.map(({ at }) => Math.floor(at / batchSize(inputs))));
      assert.equal(batches.size, plan.length, `${inputs} inputs`);
    }
  });
});

describe('the causes', () => {
  const topics = ['a', 'b'];
  function request(topic: string, ids: readonly number[]): ProxiedRequest {
    const records = ids.map((id) => ({ timestamp: 0, key: String(id), value: 'v' }));
    const batch = encodeBatch({ records, producerId: -1, producerEpoch: -1, baseSequence: -1 });
    const frame = encodeRequestFrame(
      produce,
      9,
      { correlationId: 1, clientId: null },
      {
        acks: -1,
        topicData: [{ name: topic, topicId: ZERO_UUID, partitionData: [{ index: 0, records: batch }] }],
      },
    );
    return new ProxiedRequest(frame.subarray(4), 1, 'b:1', new Map());
  }
  const lostReply = (main: ProxiedRequest, unanswered: ProxiedRequest[] = []): FaultHit => ({
    rule: { name: 'r', api: 'Produce', action: 'drop-reply' },
    direction: 'response',
    request: main,
    unanswered,
    swallowed: [],
  });
  const lostRequest = (main: ProxiedRequest, swallowed: ProxiedRequest[] = []): FaultHit => ({
    rule: { name: 'r', api: 'Produce', action: 'cut' },
    direction: 'request',
    request: main,
    unanswered: [],
    swallowed,
  });
  function tally(copies: Record<number, number>): Tally {
    const made = new Tally(10);
    for (let id = 0; id < 10; id++) for (let time = 0; time < (copies[id] ?? 1); time++) made.add(key(String(id)));
    return made;
  }

  test('each missing or surplus copy goes to the fault that touched it, as often as it did', () => {
    const attribution = new Attribution(planFaults(10, topics), topics, 10);
    attribution.hit('ack-lost', lostReply(request('a', [1, 2]), [request('b', [3])]), []);
    attribution.hit('ack-lost', lostReply(request('a', [2])), []);
    attribution.gone('killed', [2, 4]);
    const reports = attribution.explain([tally({ 1: 2, 2: 4, 4: 2 }), tally({ 3: 2, 2: 2, 4: 2 })]);
    const of = (fault: string) => reports.find((report) => report.fault === fault)!;
    assert.deepEqual([of('ack-lost').happened, of('ack-lost').records, of('ack-lost').duplicated], [2, 4, 4]);
    assert.deepEqual([of('killed').happened, of('killed').records, of('killed').duplicated], [1, 4, 4]);
    assert.equal(
      reports.some((report) => report.fault === 'unplanned'),
      false,
    );
  });

  test('a request that never arrived causes no duplicates, a lost reply loses nothing', () => {
    const attribution = new Attribution([], topics, 10);
    attribution.hit('connection-cut', lostRequest(request('a', [1]), [request('a', [2, 3])]), []);
    attribution.hit('ack-lost', lostReply(request('a', [1, 2, 3])), []);
    const reports = attribution.explain([tally({ 1: 2, 2: 0 }), tally({})]);
    const [acks, cuts] = [
      reports.find(({ fault }) => fault === 'ack-lost')!,
      reports.find(({ fault }) => fault === 'connection-cut')!,
    ];
    assert.deepEqual([acks.lost, acks.duplicated, cuts.lost, cuts.duplicated], [0, 1, 1, 0]);
  });

  test('what nothing explains is shown as unplanned', () => {
    const attribution = new Attribution([], topics, 10);
    const reports = attribution.explain([tally({ 1: 3 }), tally({ 5: 0 })]);
    const unplanned = reports.find((report) => report.fault === 'unplanned')!;
    assert.deepEqual([unplanned.lost, unplanned.duplicated], [1, 2]);
  });

  test('a loss that the requests do not tell goes to the fault of that batch', () => {
    const attribution = new Attribution([], topics, 10);
    attribution.hit('connection-cut', lostRequest(request('a', [1])), [0, 1, 2]);
    const reports = attribution.explain([tally({ 1: 0, 2: 0 }), tally({ 0: 0 })]);
    assert.equal(reports.find((report) => report.fault === 'connection-cut')?.lost, 3);
  });
});

describe('the transforms', () => {
  test('give one record for each topic, for any JSON value', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const [normalised, summary] = jsonTransform.apply(text);
        assert.deepEqual(JSON.parse(normalised), JSON.parse(text));
        assert.equal(typeof JSON.parse(summary).bytes, 'number');
      }),
    );
  });

  test('equal values have equal copies and checksums', () => {
    const [one, other] = ['{"b":[1,{"d":0,"c":null}],"a":"x"}', ' {"a":"x", "b":[1, {"c":null,"d":0}]}'];
    assert.deepEqual(jsonTransform.apply(one), jsonTransform.apply(other));
    assert.deepEqual(JSON.parse(jsonTransform.apply('{"__proto__":{"x":1}}')[0]), JSON.parse('{"__proto__":{"x":1}}'));
  });

  test('a flight', () => {
    const [enriched, delays] = flightTransform.apply('{"delay":30,"distance":500,"time":6.5}');
    assert.deepEqual(JSON.parse(enriched), {
      departure: '06:30',
      distanceKm: 805,
      haul: 'short',
      delayMinutes: 30,
      status: 'late',
    });
    assert.deepEqual(JSON.parse(delays), { hour: 6, status: 'late', delayMinutes: 30, minutesPer100Km: 3.7 });
  });
});
