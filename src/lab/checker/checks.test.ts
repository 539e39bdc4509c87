/** Each check finds what it is for, and nothing in a sound history. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkCopies, checkHistory, checks, type Final } from './checks.ts';
import { History } from './history.ts';

/** Two records alone, a transaction over both keys with a position, one that was aborted, and one that nobody knows of. */
function sound(): { history: History; final: Final } {
  const history = new History();
  for (const value of ['one', 'two']) {
    const unit = history.begin(value);
    history.write(unit, 'a-0', value);
    unit.outcome = 'ok';
  }
  for (const [name, outcome] of [
    ['T1', 'ok'],
    ['T2', 'fail'],
    ['T3', 'info'],
  ] as const) {
    const unit = history.begin(name);
    history.write(unit, 'a-0', `${name} a`);
    history.write(unit, 'b-0', `${name} b`);
    unit.positions.push({ group: 'g', key: 'in-0', offset: Number(name[1]) });
    unit.outcome = outcome;
  }
  const records = [
    { key: 'a-0', offset: 0, value: 'one' },
    { key: 'a-0', offset: 1, value: 'two' },
    { key: 'a-0', offset: 5, value: 'T1 a' },
    { key: 'b-0', offset: 0, value: 'T1 b' },
  ];
  history.read('reader').records.push(...records.slice(0, 3));
  return { history, final: { records, positions: [{ group: 'g', key: 'in-0', offset: 1 }] } };
}

const at = (key: string, offset: number, value: string) => ({ key, offset, value });
type Records = Final['records'];
const broken: Readonly<Record<keyof typeof checks, (history: History, final: Final) => Final>> = {
  'inconsistent-offsets': (history, final) => {
    history.read('other').records.push(at('a-0', 0, 'two'));
    return final;
  },
  duplicate: (_, final) => withRecords(final, (records) => [...records, at('a-0', 7, 'one')]),
  'aborted-read': (history, final) => {
    history.read('other').records.push(at('a-0', 3, 'T2 a'));
    return final;
  },
  'unknown-value': (_, final) => withRecords(final, (records) => [...records, at('a-0', 7, 'from nowhere')]),
  'lost-write': (_, final) => withRecords(final, (records) => records.filter(({ value }) => value !== 'two')),
  'torn-commit': (_, final) => withRecords(final, (records) => [...records, at('b-0', 4, 'T3 b')]),
  'nonmonotonic-poll': (history, final) => {
    history.readings[0]!.records.reverse();
    return final;
  },
  'poll-skip': (history, final) => {
    history.readings[0]!.records.splice(1, 1);
    return final;
  },
  'vanished-read': (history, final) => {
    history.read('other').records.push(at('a-0', 9, 'T3 a'));
    return final;
  },
  'torn-offsets': (_, final) => ({ ...final, positions: [{ group: 'g', key: 'in-0', offset: 3 }] }),
};

function withRecords(final: Final, change: (records: Records) => Records): Final {
  return { ...final, records: change(final.records) };
}

describe('the checker', () => {
  it('has nothing to say against a sound history', () => {
    const { history, final } = sound();
    assert.deepEqual(checkHistory(history, final), []);
  });

  it('takes a transaction of unknown fate for whole once a record of it is seen', () => {
    const { history, final } = sound();
    const records = [...final.records, at('a-0', 6, 'T3 a'), at('b-0', 2, 'T3 b')];
    const positions = [{ group: 'g', key: 'in-0', offset: 3 }];
    assert.deepEqual(checkHistory(history, { records, positions }), []);
  });

  for (const name of Object.keys(checks)) {
    it(`finds: ${name}`, () => {
      const { history, final } = sound();
      const found = checkHistory(history, broken[name]!(history, final));
      assert.ok(
        found.some(({ check }) => check === name),
        JSON.stringify(found),
      );
    });
  }

  it('wants one copy of each input', () => {
    const input = (key: string) => key === 'in-0';
    const copies = (...outputs: string[]) =>
      checkCopies(
        { records: [at('in-0', 0, 'x'), ...outputs.map((value, offset) => at('out-0', offset, value))], positions: [] },
        input,
        (key) => !input(key),
        (value) => value.slice(0, -1),
      ).map(({ check }) => check);
    assert.deepEqual(copies('x!'), []);
    assert.deepEqual(copies(), ['copies']);
    assert.deepEqual(copies('x!', 'x!'), ['copies']);
    assert.deepEqual(copies('x!', 'y!'), ['copy-of-nothing']);
  });
});
