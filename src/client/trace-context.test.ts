import assert from 'node:assert/strict';
import { test } from 'node:test';
import { traceContextOf, validTraceContext, withTraceContext } from './trace-context.ts';

const PARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

function headers(values: Readonly<Record<string, string | null>>) {
  return Object.entries(values).map(([key, value]) => ({ key, value: value === null ? null : Buffer.from(value) }));
}

test('a context goes into the headers and comes out again', () => {
  const context = { traceparent: PARENT, tracestate: 'rojo=00f067aa0ba902b7,congo@vendor=t61rcWkgMzE' };
  const sent = withTraceContext({ topic: 't', headers: [{ key: 'own', value: 'x' }] }, context);
  assert.deepEqual(
    sent.headers!.map(({ key }) => key),
    ['own', 'traceparent', 'tracestate'],
  );
  const read = { headers: sent.headers!.map(({ key, value }) => ({ key, value: Buffer.from(value as string) })) };
  assert.deepEqual(traceContextOf(read), context);
  assert.deepEqual(withTraceContext({ topic: 't' }, { traceparent: PARENT }).topic, 't');
});

test('a record that has a context keeps it, and one for which there is none is the same object', () => {
  const record = { topic: 't', headers: [{ key: 'traceparent', value: 'whatever' }] };
  assert.equal(withTraceContext(record, { traceparent: PARENT }), record);
  assert.equal(withTraceContext(record, undefined), record);
  const plain = { topic: 't' };
  assert.equal(withTraceContext(plain, {}), plain);
  assert.equal(withTraceContext(plain, { traceparent: 'no' }), plain);
  assert.equal(withTraceContext(plain, { tracestate: 'a=b' }), plain);
});

test('a traceparent of another form is none', () => {
  for (const [bad, why] of [
    ['', 'empty'],
    [PARENT.toUpperCase(), 'capitals'],
    [PARENT.slice(0, -1), 'too short'],
    [`${PARENT}0`, 'too long'],
    [`${PARENT}-more`, 'version 00 ends with the flags'],
    [`ff${PARENT.slice(2)}`, 'version ff'],
    [`00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, 'no trace id'],
    [`00-4bf92f3577b34da6a3ce929d0e0e4736-${'0'.repeat(16)}-01`, 'no span id'],
    [`${PARENT}\n`, 'a line break'],
    [`01${PARENT.slice(2)}-${'x'.repeat(300)}`, 'far too long'],
  ] as const) {
    assert.equal(traceContextOf({ headers: headers({ traceparent: bad }) }), undefined, why);
  }
  assert.equal(traceContextOf({ headers: headers({ traceparent: null }) }), undefined);
  assert.equal(traceContextOf({ headers: [] }), undefined);
  const later = `01${PARENT.slice(2)}-more`;
  assert.deepEqual(traceContextOf({ headers: headers({ traceparent: later }) }), { traceparent: later });
});

test('a tracestate of another form is left out, and the traceparent stays', () => {
  for (const bad of [
    '',
    ',',
    'novalue',
    'a=',
    'A=1',
    'a=b=c',
    'a=1,a=2',
    'a=1 ,b=\u00e9',
    '@v=1',
    Array.from({ length: 33 }, (_, at) => `k${at}=1`).join(),
    `a=${'x'.repeat(257)}`,
    'x'.repeat(100_000),
  ]) {
    const context = validTraceContext({ traceparent: PARENT, tracestate: bad });
    assert.deepEqual(context, { traceparent: PARENT }, bad.slice(0, 40));
  }
  for (const good of ['a=1', 'a=1, ,b=2', '1a@b=x y', `a=${'x'.repeat(256)}`, ' a=1\t,b=2 ']) {
    assert.equal(validTraceContext({ traceparent: PARENT, tracestate: good })?.tracestate, good);
  }
});

test('of several headers of one name the last counts', () => {
  const other = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-00`;
  const twice = [...headers({ traceparent: other }), ...headers({ traceparent: PARENT })];
  assert.deepEqual(traceContextOf({ headers: twice }), { traceparent: PARENT });
});
