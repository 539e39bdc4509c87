/**
 * Matches whole texts against patterns in RE2's syntax, in time bounded by the length of the text times the size of the
 * pattern: all ways through the pattern are followed at once (Thompson's construction), so there is no backtracking that
 * could explode. A pattern's size is bounded too, and so is the work it may do in all.
 */
import { type CharTest, isWordChar } from './classes.ts';
import { type Assertion, type Node, PatternError, parsePattern } from './parse.ts';

type Instruction =
  | { readonly op: 'char'; readonly test: CharTest }
  | { readonly op: 'assert'; readonly at: Assertion }
  | { readonly op: 'split'; to: number[] }
  | { readonly op: 'match' };

/** More than any pattern that a person writes comes to. */
const INSTRUCTIONS_MAX = 4000;
/** Steps of one pattern over all the texts it is given: well under a second of work. */
const STEPS_MAX = 20_000_000;

export class Pattern {
  private readonly program: Instruction[] = [];
  private stepsLeft = STEPS_MAX;
  /** For each instruction, the round in which it was last reached. */
  private readonly reachedIn: Uint32Array;
  private round = 0;

  /** @throws PatternError for what is no pattern, and for one that is too large */
  constructor(text: string) {
    this.add(parsePattern(text));
    this.emit({ op: 'match' });
    this.reachedIn = new Uint32Array(this.program.length);
  }

  /** The whole text. @throws PatternError when the pattern has done more work than it may */
  matches(text: string): boolean {
    const codes = Array.from(text, (point) => point.codePointAt(0)!);
    let current = this.reach([0], codes, 0);
    for (let at = 0; at < codes.length && current.length > 0; at++) {
      const next: number[] = [];
      for (const index of current) {
        const instruction = this.program[index]!;
        if (instruction.op === 'char' && instruction.test(codes[at]!)) next.push(index + 1);
      }
      current = this.reach(next, codes, at + 1);
    }
    return current.some((index) => this.program[index]!.op === 'match');
  }

  /** Where one can get from `starts` without reading on: characters to be read, and the end of the pattern. */
  private reach(starts: readonly number[], codes: readonly number[], at: number): number[] {
    // Rounds are bounded by the steps, so a number never comes again.
    const round = ++this.round;
    const { reachedIn } = this;
    const reached: number[] = [];
    const open = [...starts];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      if (reachedIn[index] === round) continue;
      reachedIn[index] = round;
      if (--this.stepsLeft < 0) throw new PatternError('the pattern takes too long for so many texts');
      const instruction = this.program[index]!;
      if (instruction.op === 'split') open.push(...instruction.to);
      else if (instruction.op === 'assert') {
        if (holds(instruction.at, codes, at)) open.push(index + 1);
      } else reached.push(index);
    }
    return reached;
  }

  private emit(instruction: Instruction): number {
    if (this.program.length >= INSTRUCTIONS_MAX) throw new PatternError('the pattern is too large');
    return this.program.push(instruction) - 1;
  }

  private split(): { to: number[] } {
    const instruction: Instruction = { op: 'split', to: [] };
    this.emit(instruction);
    return instruction;
  }

  private get end(): number {
    return this.program.length;
  }

  private add(node: Node): void {
    switch (node.kind) {
      case 'empty':
        return;
      case 'char':
        this.emit({ op: 'char', test: node.test });
        return;
      case 'assert':
        this.emit({ op: 'assert', at: node.at });
        return;
      case 'sequence':
        for (const part of node.parts) this.add(part);
        return;
      case 'choice':
        this.addChoice(node.parts);
        return;
      case 'repeat':
        this.addRepeat(node);
    }
  }

  private addChoice(parts: readonly Node[]): void {
    const fork = this.split();
    const exits: { to: number[] }[] = [];
    for (const part of parts) {
      fork.to.push(this.end);
      this.add(part);
      exits.push(this.split());
    }
    for (const exit of exits) exit.to.push(this.end);
  }

  private addRepeat({ part, min, max }: Extract<Node, { kind: 'repeat' }>): void {
    for (let count = 0; count < min; count++) this.add(part);
    if (max === Infinity) {
      const loop = this.split();
      const start = this.end;
      this.add(part);
      this.split().to.push(start - 1);
      loop.to.push(start, this.end);
      return;
    }
    const optional: { to: number[] }[] = [];
    for (let count = min; count < max; count++) {
      const fork = this.split();
      fork.to.push(this.end);
      optional.push(fork);
      this.add(part);
    }
    for (const fork of optional) fork.to.push(this.end);
  }
}

function holds(assertion: Assertion, codes: readonly number[], at: number): boolean {
  const before = at > 0 && isWordChar(codes[at - 1]!);
  const after = at < codes.length && isWordChar(codes[at]!);
  switch (assertion) {
    case 'text start':
      return at === 0;
    case 'text end':
      return at === codes.length;
    case 'line start':
      return at === 0 || codes[at - 1] === 10;
    case 'line end':
      return at === codes.length || codes[at] === 10;
    case 'word boundary':
      return before !== after;
    case 'no word boundary':
      return before === after;
  }
}
