/** Patterns: the language that JavaScript's expressions share with them, what RE2 refuses, and that none takes long. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { PatternError } from './parse.ts';
import { Pattern } from './pattern.ts';

const seed = Number(process.env.SEED ?? Date.now() % 0x7fffffff);

/** Pieces that mean the same in both languages. */
const piece: fc.Arbitrary<string> = fc.letrec<{ piece: string; atom: string }>((tie) => ({
  atom: fc.oneof(
    fc.constantFrom('a', 'b', '-', '.', '[ab]', '[^a]', '\\w', '\\d', '\\.', '[a-c.]', '\\x41', '$', '^', '\\b', ''),
    tie('piece').map((inner) => `(?:${inner})`),
  ),
  piece: fc
    .array(fc.tuple(tie('atom'), fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,2}', '{0,}', '|')), {
      maxLength: 4,
    })
    .map((parts) =>
      parts.map(([atom, times]) => (/^[$^]|^\\b|^$/.test(atom) && times !== '|' ? atom : atom + times)).join(''),
    ),
})).piece;

describe(`patterns, seed ${seed}`, () => {
  it('match what JavaScript matches, where both know the syntax', () => {
    const texts = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'c', '-', '.', '1', 'A'), maxLength: 6 }), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(piece, texts, (text, samples) => {
        const pattern = new Pattern(text);
        const expected = new RegExp(`^(?:${text})$`, 'su');
        for (const sample of samples) assert.equal(pattern.matches(sample), expected.test(sample), `${text} ${sample}`);
      }),
      { seed, numRuns: 2000 },
    );
  });

  it('know what RE2 has of its own', () => {
    const cases: [pattern: string, matches: string[], others: string[]][] = [
      ['tx-[[:alnum:]]+-\\d', ['tx-a1-2'], ['tx--2', 'tx-a-b']],
      ['(?i)TX-ä', ['tx-Ä'], ['ty-ä']],
      ['(?i:a)b', ['Ab'], ['AB']],
      ['\\pL+\\PN', ['äб-'], ['1-']],
      ['\\p{Greek}\\p{^Lu}', ['αα'], ['αΑ', 'aα']],
      ['\\Qa.b\\E.*', ['a.bc'], ['axb']],
      ['\\Qa.\\E{2}', ['a..'], ['a.a.']],
      ['a(?i)*B', ['aab', 'B'], ['Ab']],
      ['(?i)s\\p{Lu}[k]', ['ſaK'], ['s1k']],
      ['(?P<name>a)(?<other>b)', ['ab'], ['a']],
      ['\\x{1F600}\\101', ['😀A'], ['A']],
      ['a{,2}', ['a{,2}'], ['a', 'aa']],
      ['[]a]', [']', 'a'], ['b']],
      ['[a-]', ['-', 'a'], ['b']],
      ['(?s).', ['\n'], []],
      ['.', ['a'], ['\n']],
      ['(?m)a$\n^b', ['a\nb'], []],
      ['a+?b??', ['aaab', 'a'], ['b']],
      ['', [''], ['a']],
    ];
    for (const [text, matching, others] of cases) {
      for (const sample of matching) assert.equal(new Pattern(text).matches(sample), true, `${text} on ${sample}`);
      for (const sample of others) assert.equal(new Pattern(text).matches(sample), false, `${text} on ${sample}`);
    }
  });

  it('are refused where RE2 refuses them', () => {
    for (const text of [
      ...[
        '(ab',
        'ab)',
        '*',
        '{2}',
        '(?s)?',
        'a|+',
        'a**',
        'a+*',
        '(a)\\1',
        '(?=a)b',
        '(?<!a)',
        '[a',
        '[b-a]',
        '[[:nope:]]',
        '\\pX',
        '\\q',
      ],
      ...['a{1001}', 'a{2,1}', '\\', '(?P<a', '(?x)a', '\\x{110000}', '\\xZZ'],
    ]) {
      assert.throws(() => new Pattern(text), PatternError, text);
    }
  });

  it('are refused where they are too large, however they grow', () => {
    assert.throws(() => new Pattern('(a{1000}){1000}'), PatternError);
    assert.throws(() => new Pattern(`${'('.repeat(5000)}a${')'.repeat(5000)}`), PatternError);
    assert.throws(() => new Pattern('a'.repeat(10_000)), PatternError);
  });

  it('take no longer for a text that almost matches', () => {
    const began = process.hrtime.bigint();
    assert.equal(new Pattern('(a*)*b').matches('a'.repeat(20_000)), false);
    assert.equal(new Pattern('(a|aa)+c|(x+x+)+y').matches('a'.repeat(20_000)), false);
    assert.ok(process.hrtime.bigint() - began < 5_000_000_000n);
  });

  it('stop when they have done too much in all', () => {
    const pattern = new Pattern('(.*a){500}b');
    assert.throws(() => {
      for (let round = 0; round < 10_000; round++) pattern.matches('a'.repeat(1000));
    }, PatternError);
  });
});
