/**
 * One cluster under Kafka's tools: runs command lines as a shell script would have them, asserts what they print, and keeps
 * a transcript, so that the same commands on another cluster can be compared word by word.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ToolMachine, ToolRun } from './machine.ts';
import { commandLine } from './programs.ts';

/** A cluster whose directory the tools may read, too. */
export interface Subject {
  readonly name: string;
  /** `host:port` */
  readonly bootstrap: string;
  readonly dataDirectory: string;
  /** Ends the broker in order; the directory stays. */
  shutDown(): Promise<void>;
}

export interface Printed {
  readonly command: string;
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface RunOptions {
  /** Given on standard input. */
  readonly input?: string;
  /** Replaces what differs from run to run, beside what always is. Sees the standard output. */
  readonly tidy?: (text: string) => string;
  /** The lines come in no order. */
  readonly sorted?: boolean;
  /** What is on the error stream depends on what happened before, and is left out. */
  readonly ownErrors?: boolean;
}

const logLine = /^\[.*\] (?:WARN|ERROR|INFO) .*$/gm;
/** Commands that change nothing. */
const onlyLooks = /^kafka-get-offsets |--(?:list|describe)\b| (?:describe|list|describe-producers|find-hanging)\b/;
const stackLine = /^\s+(?:at .*|\.\.\. \d+ more)$/gm;

export class Bench {
  readonly transcript: Printed[] = [];
  readonly subject: Subject;
  private readonly failures: string[] = [];
  private readonly machine: ToolMachine;
  private readonly files = mkdtempSync(join(tmpdir(), 'onceward-tools-'));

  constructor(subject: Subject, machine: ToolMachine) {
    this.subject = subject;
    this.machine = machine;
  }

  get bootstrap(): string {
    return this.subject.bootstrap;
  }

  /** Writes a file for a tool to read, and returns its path. */
  file(name: string, content: unknown): string {
    const path = join(this.files, name);
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  }

  /** Runs a command to its end, whatever that is. Words are parted by spaces. */
  async run(command: string, options: RunOptions = {}): Promise<Printed> {
    const printed = await this.runOnce(command, options);
    this.transcript.push(printed);
    return printed;
  }

  private async runOnce(command: string, options: RunOptions): Promise<Printed> {
    const { input, tidy = (text) => text, sorted = false, ownErrors = false } = options;
    const run = this.start(command, input);
    await run.done(`${command} on ${this.subject.name}`);
    let out = this.plain(tidy(run.stdout.replaceAll(stackLine, '')));
    if (sorted) out = out.split('\n').sort().join('\n');
    const err = ownErrors ? '' : this.plain(run.stderr.replaceAll(logLine, '').replaceAll(stackLine, ''));
    return { command: this.plain(command), code: run.code!, out, err };
  }

  /**
   * The command succeeds and prints this: a text word by word, or a pattern that is in it. One that only looks is run
   * again for a while: Apache Kafka answers a change before all of the broker knows of it.
   */
  async prints(command: string, expected: string | RegExp, options: RunOptions = {}): Promise<string> {
    const wanted = typeof expected === 'string' ? this.plain(expected) : expected;
    const fits = ({ code, out }: Printed) =>
      code === 0 && (typeof wanted === 'string' ? out === wanted : wanted.test(out));
    let printed = await this.runOnce(command, options);
    for (const began = Date.now(); onlyLooks.test(command) && !fits(printed) && Date.now() - began < 5000; ) {
      await sleep(100);
      printed = await this.runOnce(command, options);
    }
    this.transcript.push(printed);
    this.expect(printed, (where) => {
      assert.equal(printed.code, 0, where);
      if (typeof wanted === 'string') assert.equal(printed.out, wanted, where);
      else assert.match(printed.out, wanted, where);
    });
    return printed.out;
  }

  /** The command fails, and says so with these words, on either stream. */
  async refuses(command: string, expected: RegExp, options?: RunOptions): Promise<void> {
    const printed = await this.run(command, options);
    this.expect(printed, (where) => {
      assert.notEqual(printed.code, 0, where);
      assert.match(`${printed.out}\n${printed.err}`, expected, where);
    });
  }

  /** A topic whose partitions are ready: Apache Kafka names leaders that do not know of it yet. */
  async create(topic: string, partitions: number, more = ''): Promise<void> {
    const command = `kafka-topics --create --topic ${topic} --partitions ${partitions} ${more}`.trim();
    await this.prints(command, `Created topic ${topic}.`);
    await this.prints(`kafka-get-offsets --topic ${topic}`, new RegExp(`^(?:${topic}:\\d+:0\\n?){${partitions}}$`));
  }

  /** Runs a command, outside the transcript, until it prints the pattern; for half a minute. */
  async until(command: string, expected: RegExp): Promise<void> {
    const deadline = Date.now() + 30_000;
    for (;;) {
      const run = this.start(command);
      await run.done(`${command} on ${this.subject.name}`);
      if (expected.test(this.plain(run.stdout))) return;
      if (Date.now() > deadline) {
        this.failures.push(`$ ${command}\nnever printed ${expected}, at last:\n${run.stdout}\n${run.stderr}`);
        return;
      }
      await sleep(50);
    }
  }

  /** What was printed holds the pattern. */
  holds(expected: RegExp, printed: Printed): void {
    this.expect(printed, (where) => assert.match(printed.out, expected, where));
  }

  /** Something beside the commands' own output. */
  expectThat(holds: boolean, what: () => string): void {
    if (!holds) this.failures.push(what());
  }

  /** The commands after one that fails are run all the same: what they print helps to find the cause. */
  expect(printed: Printed, check: (where: string) => void): void {
    const { command, code, out, err } = printed;
    try {
      check(`$ ${command}\nexit code ${code}\n${out.slice(0, 3000)}\n${err.slice(0, 3000)}`);
    } catch (error) {
      const expected = error instanceof assert.AssertionError ? `\nexpected: ${error.expected}` : '';
      this.failures.push(`${error instanceof Error ? error.message : error}${expected}`);
    }
  }

  /** @throws AssertionError with everything that was not as expected */
  assertAllHeld(): void {
    assert.ok(this.failures.length === 0, `on ${this.subject.name}:\n\n${this.failures.join('\n\n')}`);
  }

  /** Starts a tool that runs on; it is not part of the transcript. */
  start(command: string, input?: string): ToolRun {
    const { mainClass, args } = commandLine(command, this.bootstrap);
    return this.machine.start(mainClass, args, input);
  }

  /** Without what no two clusters or runs have in common. Columns are as wide as their widest word: one space stands for all. */
  private plain(text: string): string {
    const [host, port] = this.bootstrap.split(':');
    return text
      .split('\n')
      .map((line) => line.trim().replaceAll(/\s+/g, ' '))
      .filter((line) => line !== '')
      .join('\n')
      .replaceAll(this.files, 'FILES')
      .replaceAll(this.subject.dataDirectory, 'DATA')
      .replaceAll(`${host} ${port}`, 'HOST PORT')
      .replaceAll(this.bootstrap, 'HOST:PORT')
      .replaceAll(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, 'UUID')
      .replaceAll(/(TopicId: |Cluster ?I[dD]: |"directoryId": ")[\w-]{22}/g, '$1ID')
      .replaceAll(/--start-offset \d{2,}/g, '--start-offset N')
      .replaceAll(/\bconsole-consumer-\d+\b/g, 'console-consumer-N')
      .replaceAll(/\b1[789]\d{11}\b/g, 'TIME');
  }

  close(): void {
    rmSync(this.files, { recursive: true, force: true });
  }
}
