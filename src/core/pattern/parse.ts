/**
 * Reads a pattern in the syntax of RE2 (https://github.com/google/re2/wiki/Syntax) into a tree: what Kafka's brokers
 * understand. No backreferences and no lookaround, which no machine of bounded time can match. Groups capture nothing here.
 */
import { type CharTest, classNamed, foldedCase, PERL_CLASSES, POSIX_CLASSES, unicodeClass } from './classes.ts';

export type Node =
  | { readonly kind: 'empty' }
  | { readonly kind: 'char'; readonly test: CharTest }
  | { readonly kind: 'assert'; readonly at: Assertion }
  | { readonly kind: 'sequence'; readonly parts: readonly Node[] }
  | { readonly kind: 'choice'; readonly parts: readonly Node[] }
  /** `max` Infinity: without end. */
  | { readonly kind: 'repeat'; readonly part: Node; readonly min: number; readonly max: number };

export type Assertion = 'text start' | 'text end' | 'line start' | 'line end' | 'word boundary' | 'no word boundary';

/** The pattern is none, or too large to be run in bounded time. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

/** As RE2 has it. */
const REPEATS_MAX = 1000;
const DEPTH_MAX = 200;

interface Flags {
  readonly ignoreCase: boolean;
  readonly multiLine: boolean;
  readonly dotMatchesNewline: boolean;
}

const CONTROL_ESCAPES: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };
const FLAG_LETTERS = 'imsU';

/** @throws PatternError */
export function parsePattern(text: string): Node {
  return new Parser(text).whole();
}

class Parser {
  private readonly points: readonly string[];
  private at = 0;
  private depth = 0;
  private flags: Flags = { ignoreCase: false, multiLine: false, dotMatchesNewline: false };

  constructor(text: string) {
    this.points = Array.from(text);
  }

  whole(): Node {
    const node = this.choice();
    if (this.at < this.points.length) throw new PatternError(`unexpected ) at ${this.at}`);
    return node;
  }

  private peek(): string | undefined {
    return this.points[this.at];
  }
  private take(text: string): boolean {
    const expected = Array.from(text);
    if (!expected.every((point, offset) => this.points[this.at + offset] === point)) return false;
    this.at += expected.length;
    return true;
  }
  private next(what: string): string {
    const point = this.points[this.at++];
    if (point === undefined) throw new PatternError(`the pattern ends inside ${what}`);
    return point;
  }

  private choice(): Node {
    const parts = [this.sequence()];
    while (this.take('|')) parts.push(this.sequence());
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts };
  }

  private sequence(): Node {
    const parts: Node[] = [];
    for (let point = this.peek(); point !== undefined && point !== '|' && point !== ')'; point = this.peek()) {
      if (!this.take('\\Q')) {
        // Flags are no part: what follows them repeats what came before.
        const part = this.atom() ?? parts.pop();
        if (part !== undefined) parts.push(this.repeated(part));
        else if (this.repetition() !== undefined) throw new PatternError(`nothing to repeat before ${this.at}`);
        continue;
      }
      let quoted: Node | undefined;
      while (!this.take('\\E') && this.peek() !== undefined) {
        if (quoted !== undefined) parts.push(quoted);
        quoted = this.literal(this.next('\\Q'));
      }
      // What is repeated after a quotation is its last character.
      if (quoted !== undefined) parts.push(this.repeated(quoted));
    }
    return parts.length === 1 ? parts[0]! : parts.length === 0 ? { kind: 'empty' } : { kind: 'sequence', parts };
  }

  private repeated(part: Node): Node {
    const counts = this.repetition();
    if (counts === undefined) return part;
    this.take('?');
    if (this.repetition() !== undefined) throw new PatternError(`a repetition of a repetition at ${this.at}`);
    return { kind: 'repeat', part, ...counts };
  }

  /** Undefined, and nothing read: there is none here. */
  private repetition(): { min: number; max: number } | undefined {
    if (this.take('*')) return { min: 0, max: Infinity };
    if (this.take('+')) return { min: 1, max: Infinity };
    if (this.take('?')) return { min: 0, max: 1 };
    if (this.peek() !== '{') return undefined;
    const text = this.points.slice(this.at, this.at + 16).join('');
    const found = /^\{(\d+)(?:(,)(\d*))?\}/.exec(text);
    // Braces around anything else are characters.
    if (found === null) return undefined;
    this.at += found[0].length;
    const min = Number(found[1]);
    const max = found[2] === undefined ? min : found[3] === '' ? Infinity : Number(found[3]);
    if (min > REPEATS_MAX || (max !== Infinity && (max > REPEATS_MAX || max < min))) {
      throw new PatternError(`${found[0]} is no repetition: at most ${REPEATS_MAX}, and ascending`);
    }
    return { min, max };
  }

  /** Undefined: it was flags. */
  private atom(): Node | undefined {
    if (this.repetition() !== undefined) throw new PatternError(`nothing to repeat before ${this.at}`);
    const point = this.next('the pattern');
    switch (point) {
      case '(':
        return this.group();
      case '[':
        return this.set();
      case '.': {
        const { dotMatchesNewline } = this.flags;
        return { kind: 'char', test: (code) => dotMatchesNewline || code !== 10 };
      }
      case '^':
        return { kind: 'assert', at: this.flags.multiLine ? 'line start' : 'text start' };
      case '$':
        return { kind: 'assert', at: this.flags.multiLine ? 'line end' : 'text end' };
      case '\\':
        return this.escape();
      default:
        return this.literal(point);
    }
  }

  private group(): Node | undefined {
    if (++this.depth > DEPTH_MAX) throw new PatternError(`more than ${DEPTH_MAX} groups inside each other`);
    const outer = this.flags;
    if (this.take('?')) {
      if (this.take('P<') || this.take('<')) this.groupName();
      else if (this.groupFlags() === ')') {
        // Flags without a group: they hold to the end of the group around.
        this.depth -= 1;
        return undefined;
      }
    }
    const node = this.choice();
    if (!this.take(')')) throw new PatternError('a group is not closed');
    this.flags = outer;
    this.depth -= 1;
    return node;
  }

  private groupName(): void {
    let name = '';
    for (let point = this.next('a name'); point !== '>'; point = this.next('a name')) name += point;
    if (!/^\w+$/.test(name)) throw new PatternError(`${name} is no name of a group`);
  }

  /** Returns what they end with. */
  private groupFlags(): string {
    let set = true;
    let flags = this.flags;
    for (;;) {
      const point = this.next('a group');
      if (point === ':' || point === ')') {
        this.flags = flags;
        return point;
      }
      if (point === '-' && set) set = false;
      else if (!FLAG_LETTERS.includes(point)) throw new PatternError(`(?${point} is not supported`);
      if (point === 'i') flags = { ...flags, ignoreCase: set };
      if (point === 'm') flags = { ...flags, multiLine: set };
      if (point === 's') flags = { ...flags, dotMatchesNewline: set };
    }
  }

  private escape(): Node {
    const point = this.next('an escape');
    switch (point) {
      case 'A':
        return { kind: 'assert', at: 'text start' };
      case 'z':
        return { kind: 'assert', at: 'text end' };
      case 'b':
        return { kind: 'assert', at: 'word boundary' };
      case 'B':
        return { kind: 'assert', at: 'no word boundary' };
      default: {
        const named = this.namedClass(point);
        return named === undefined ? this.char(this.escapedCode(point)) : { kind: 'char', test: named };
      }
    }
  }

  /** `\d`, `\pL` and their like; undefined for another escape. */
  private namedClass(point: string): CharTest | undefined {
    const perl = PERL_CLASSES[point];
    if (perl !== undefined) return perl;
    if (point !== 'p' && point !== 'P') return undefined;
    let name = this.next('a class');
    if (name === '{') {
      name = '';
      for (let each = this.next('a class'); each !== '}'; each = this.next('a class')) name += each;
    }
    const inverted = name.startsWith('^') !== (point === 'P');
    const test = unicodeClass(name.replace(/^\^/, ''));
    if (test === undefined) throw new PatternError(`there is no class ${name}`);
    const folded: CharTest = this.flags.ignoreCase ? (code) => foldedCase(code).some(test) : test;
    return inverted ? (code) => !folded(code) : folded;
  }

  private escapedCode(point: string): number {
    const control = CONTROL_ESCAPES[point];
    if (control !== undefined) return control;
    if (point === 'x') return this.hexadecimal();
    if (point === '0' || (/[1-7]/.test(point) && /[0-7]/.test(this.peek() ?? ''))) {
      let digits = point;
      while (digits.length < 3 && /[0-7]/.test(this.peek() ?? '')) digits += this.next('an escape');
      return Number.parseInt(digits, 8);
    }
    if (/[A-Za-z0-9]/.test(point)) throw new PatternError(`\\${point} is not supported`);
    return point.codePointAt(0)!;
  }

  private hexadecimal(): number {
    let digits = '';
    if (this.take('{')) {
      for (let point = this.next('\\x{'); point !== '}'; point = this.next('\\x{')) digits += point;
    } else {
      digits = this.next('\\x') + this.next('\\x');
    }
    const code = /^[0-9a-fA-F]{1,8}$/.test(digits) ? Number.parseInt(digits, 16) : Infinity;
    if (code > 0x10ffff) throw new PatternError(`\\x{${digits}} is no character`);
    return code;
  }

  private set(): Node {
    const negated = this.take('^');
    const tests: CharTest[] = [];
    for (let first = true; first || this.peek() !== ']'; first = false) {
      if (this.peek() === undefined) throw new PatternError('a class is not closed');
      tests.push(this.setItem());
    }
    this.at += 1;
    const { ignoreCase } = this.flags;
    const holds = (code: number) => tests.some((test) => test(code));
    const test = ignoreCase ? (code: number) => foldedCase(code).some(holds) : holds;
    return { kind: 'char', test: negated ? (code) => !test(code) : test };
  }

  private setItem(): CharTest {
    const posix = /^\[:(\^?)([a-z]+):\]/.exec(this.points.slice(this.at, this.at + 16).join(''));
    if (posix !== null) {
      const test = classNamed(POSIX_CLASSES, posix[2]!);
      if (test === undefined) throw new PatternError(`there is no class ${posix[0]}`);
      this.at += posix[0].length;
      return posix[1] === '^' ? (code) => !test(code) : test;
    }
    const low = this.setChar();
    if (typeof low !== 'number') return low;
    if (this.peek() !== '-' || this.points[this.at + 1] === ']') return (code) => code === low;
    this.at += 1;
    const high = this.setChar();
    if (typeof high !== 'number' || high < low) throw new PatternError(`a range that does not ascend at ${this.at}`);
    return (code) => code >= low && code <= high;
  }

  private setChar(): CharTest | number {
    const point = this.next('a class');
    if (point !== '\\') return point.codePointAt(0)!;
    const escaped = this.next('a class');
    return this.namedClass(escaped) ?? this.escapedCode(escaped);
  }

  private literal(point: string): Node {
    return this.char(point.codePointAt(0)!);
  }

  private char(code: number): Node {
    if (!this.flags.ignoreCase) return { kind: 'char', test: (each) => each === code };
    const same = foldedCase(code);
    return { kind: 'char', test: (each) => same.includes(each) };
  }
}
