/** How the benchmark measures in turns and reports: medians, ratios, targets, and the section of the document. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withSection } from '../../bench/harness/document.ts';
import { measureRow } from '../../bench/harness/measure.ts';
import { asJson, asMarkdown } from '../../bench/harness/report.ts';
import type { Bench, Row, Side, Target, Unit } from '../../bench/harness/row.ts';
import { median, spread } from '../../bench/harness/statistics.ts';
import { rows } from '../../bench/rows/index.ts';

const bench: Bench = {
  quick: false,
  profiles: undefined,
  broker: () => assert.fail('no broker is wanted'),
  records: (full) => full,
};

/** A side that measures these, one after the other, and says when. */
function scripted(name: string, values: readonly number[], order: string[]): Side {
  let next = 0;
  return {
    name,
    async measure() {
      order.push(name);
      return { value: values[next++]!, details: { µs: next } };
    },
  };
}

function row(unit: Unit, target: Target, ours: readonly number[], ...peers: (readonly number[])[]) {
  const order: string[] = [];
  const sides = peers.map((values, index) => scripted(`peer ${index}`, values, order));
  const made: Row = {
    name: 'scripted',
    unit,
    target,
    quick: true,
    brokers: [],
    prepare: async () => ({
      ours: scripted('ours', ours, order),
      peers: sides,
      note: 'by script',
      [Symbol.asyncDispose]: async () => {},
    }),
  };
  return { made, order };
}

const measure = (made: Row, repetitions = 3) => measureRow(made, bench, repetitions, () => {});

test('the median is the middle one, and the spread the range against it', () => {
  assert.equal(median([5, 1, 3]), 3);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.throws(() => median([]));
  assert.equal(spread([8, 10, 12]), 0.4);
});

test('sides take turns, and their first measurement does not count', async () => {
  const { made, order } = row('records/s', { atLeast: 0.5 }, [999, 10, 30, 20], [1, 40, 40, 40]);
  const result = await measure(made);
  assert.deepEqual(order, ['ours', 'peer 0', 'ours', 'peer 0', 'ours', 'peer 0', 'ours', 'peer 0']);
  assert.deepEqual(result.ours.values, [10, 30, 20]);
  assert.equal(result.ratio, 0.5);
  assert.equal(result.met, true);
});

test('of several peers the best one counts: the fastest, or the one that takes least', async () => {
  const fastest = await measure(row('records/s', { atLeast: 3 }, [0, 60], [0, 10], [0, 30]).made, 1);
  assert.deepEqual([fastest.ratio, fastest.met, fastest.peers[0]!.name], [2, false, 'peer 1']);
  const least = await measure(row('ms', { atMost: 0.5 }, [0, 2], [0, 10], [0, 5]).made, 1);
  assert.deepEqual([least.ratio, least.met, least.peers[0]!.name], [0.4, true, 'peer 1']);
});

test('the report tells each row in JSON and as a table, with what could not be measured', async () => {
  const measured = await measure(row('ms', { atMost: 1 / 15 }, [0, 300], [0, 3000]).made, 1);
  const missing = { row: 'lacking', target: { atLeast: 1 }, reason: 'java is missing' };
  const report = { date: new Date(0), commit: 'abc123', quick: false, rows: [measured, missing] };
  const json = JSON.parse(asJson(report));
  const { row: name, ours, peer, ratio, target, met } = json.rows[0];
  assert.deepEqual([name, ours, peer, ratio, target, met], ['scripted', 300, 3000, 0.1, '≤ 1/15', false]);
  assert.deepEqual(json.rows[0].spread, { ours: 0, peer: 0 });
  assert.equal(json.rows[1].notMeasured, 'java is missing');
  assert.equal(json.rows[1].ratio, null);
  assert.equal(json.commit, 'abc123');
  assert.equal(typeof json.machine.cores, 'number');
  const table = asMarkdown(report);
  assert.ok(
    table.includes('| scripted | 300 ms (of 1) | peer 0 3000 ms (of 1) | 0.100 | ≤ 1/15 | **no** | 1 |'),
    table,
  );
  assert.match(table, /^Taken 1970-01-01 of commit abc123 on /);
  assert.ok(table.endsWith('\n1. by script.'), table);
  assert.ok(table.includes('| lacking | not measured | java is missing |'), table);
});

test('the section of a document is replaced, and nothing around it', () => {
  const document = 'before\n<!-- npm run bench writes from here -->\nold\n<!-- to here -->\nafter\n';
  const once = withSection(document, 'new');
  assert.equal(once, document.replace('old', 'new'));
  assert.equal(withSection(once, 'new'), once);
  assert.throws(() => withSection('nothing', 'new'), /markers/);
});

test('rows have names of their own, and every target of a full run is one of a quick run', () => {
  assert.equal(new Set(rows.map(({ name }) => name)).size, rows.length);
  for (const { name, quick, target } of rows) assert.equal(quick, target !== undefined, name);
});
