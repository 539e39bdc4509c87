/** The classes of characters that patterns know by name: Perl's, POSIX's and Unicode's. Characters are code points. */

export type CharTest = (code: number) => boolean;

const between =
  (...ranges: readonly (readonly [number, number])[]): CharTest =>
  (code) =>
    ranges.some(([low, high]) => code >= low && code <= high);
const not =
  (test: CharTest): CharTest =>
  (code) =>
    !test(code);

const digit = between([48, 57]);
const lower = between([97, 122]);
const upper = between([65, 90]);
const alpha: CharTest = (code) => lower(code) || upper(code);
const alnum: CharTest = (code) => alpha(code) || digit(code);
export const isWordChar: CharTest = (code) => alnum(code) || code === 95;
const perlSpace = between([9, 10], [12, 13], [32, 32]);

export const PERL_CLASSES: Readonly<Record<string, CharTest>> = {
  d: digit,
  D: not(digit),
  s: perlSpace,
  S: not(perlSpace),
  w: isWordChar,
  W: not(isWordChar),
};

export const POSIX_CLASSES: Readonly<Record<string, CharTest>> = {
  alnum,
  alpha,
  ascii: between([0, 127]),
  blank: between([9, 9], [32, 32]),
  cntrl: between([0, 31], [127, 127]),
  digit,
  graph: between([33, 126]),
  lower,
  print: between([32, 126]),
  punct: between([33, 47], [58, 64], [91, 96], [123, 126]),
  space: between([9, 13], [32, 32]),
  upper,
  word: isWordChar,
  xdigit: between([48, 57], [65, 70], [97, 102]),
};

export function classNamed(classes: Readonly<Record<string, CharTest>>, name: string): CharTest | undefined {
  return Object.hasOwn(classes, name) ? classes[name] : undefined;
}

/** A general category (`L`, `Lu`) or a script (`Greek`); undefined where there is none of this name. */
export function unicodeClass(name: string): CharTest | undefined {
  if (name === 'Any') return () => true;
  if (!/^[A-Za-z_]{1,40}$/.test(name)) return undefined;
  for (const property of [`General_Category=${name}`, `Script=${name}`]) {
    try {
      const single = new RegExp(`^\\p{${property}}$`, 'u');
      return (code) => single.test(String.fromCodePoint(code));
    } catch {
      // Not a name of this kind.
    }
  }
  return undefined;
}

/** No character above this has another case. */
const LAST_CASED = 0x1e943;
/** Characters that differ in case alone, by each of them. Made when the first pattern asks for it. */
let sameButForCase: ReadonlyMap<number, readonly number[]> | undefined;

/** The character itself and what it is in other cases: `s`, `S` and `ſ` are one. */
export function foldedCase(code: number): readonly number[] {
  sameButForCase ??= groupByCase();
  return sameButForCase.get(code) ?? [code];
}

function groupByCase(): Map<number, number[]> {
  const byFold = new Map<number, number[]>();
  for (let code = 0; code <= LAST_CASED; code++) {
    const fold = single(single(code, 'toUpperCase'), 'toLowerCase');
    if (fold === code && single(code, 'toUpperCase') === code) continue;
    const group = byFold.get(fold) ?? [];
    byFold.set(fold, [...group, code]);
  }
  const groups = new Map<number, number[]>();
  for (const group of byFold.values()) for (const code of group) groups.set(code, group);
  return groups;
}

/** The same character where its other case is not one character. */
function single(code: number, change: 'toUpperCase' | 'toLowerCase'): number {
  const [first, ...more] = Array.from(String.fromCodePoint(code)[change]());
  return first !== undefined && more.length === 0 ? first.codePointAt(0)! : code;
}
