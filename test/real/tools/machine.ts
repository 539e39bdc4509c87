/**
 * Runs Apache Kafka's tools, many of them inside one JVM (ToolDriver.java): a tool is then done in a fraction of a second.
 * May start that JVM, and talks to it over its standard streams.
 */
import type { ChildProcess } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { apacheKafkaVersion, java } from '../apache-kafka.ts';
import { classPathDirectory } from '../versions.ts';

interface Answer {
  readonly id: number;
  readonly out?: string;
  readonly err?: string;
  readonly code?: number;
}

/** One tool that runs, or has run. */
export class ToolRun {
  stdout = '';
  stderr = '';
  code: number | undefined;
  /** Rejects only when the JVM is gone. */
  readonly ended: Promise<number>;
  private readonly id: number;
  private readonly machine: ToolMachine;
  private settle!: { readonly resolve: (code: number) => void; readonly reject: (error: Error) => void };

  constructor(machine: ToolMachine, id: number) {
    this.machine = machine;
    this.id = id;
    this.ended = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    this.ended.catch(() => {});
  }

  /** The lines so far. */
  get lines(): string[] {
    return this.stdout.split('\n').filter((line) => line !== '');
  }

  take({ out = '', err = '', code }: Answer): void {
    this.stdout += out;
    this.stderr += err;
    if (code === undefined) return;
    this.code = code;
    this.settle.resolve(code);
  }

  lose(error: Error): void {
    this.settle.reject(error);
  }

  /** Waits for the end, which must come within `timeoutMs`. */
  async done(what: string, timeoutMs = 60_000): Promise<void> {
    const late = sleep(timeoutMs, 'late' as const, { ref: false });
    if ((await Promise.race([this.ended, late])) !== 'late') return;
    throw new Error(
      `${what}: not done after ${timeoutMs} ms\n${this.stdout.slice(-4000)}\n${this.stderr.slice(-4000)}`,
    );
  }

  /** As SIGTERM would: the tool's shutdown hooks run. */
  async terminate(): Promise<void> {
    if (this.code !== undefined) return;
    this.machine.tell({ id: this.id, stop: true });
    await this.done('a tool that is told to end', 20_000);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.terminate();
  }
}

export class ToolMachine {
  private readonly runs = new Map<number, ToolRun>();
  private readonly child: ChildProcess;
  private readonly closed: Promise<void>;
  private lastId = 0;
  private said = '';

  constructor() {
    const tools = `kafka-tools-${apacheKafkaVersion}.jar`;
    const jars = readdirSync(classPathDirectory).filter((name) => name.endsWith('.jar') && name !== tools);
    const classPath = jars.map((name) => join(classPathDirectory, name)).join(delimiter);
    const source = join(import.meta.dirname, 'ToolDriver.java');
    const options = ['--add-opens', 'java.base/java.lang=ALL-UNNAMED'];
    this.child = java(source, [join(classPathDirectory, tools)], { classPath, options });
    let rest = '';
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      for (const line of lines) this.hear(JSON.parse(line));
    });
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.said = (this.said + text).slice(-4000);
    });
    this.child.stdin!.on('error', () => {});
    this.closed = new Promise((resolve) => {
      this.child.once('close', (code) => {
        for (const run of this.runs.values()) run.lose(new Error(`the JVM of the tools ended (${code}): ${this.said}`));
        resolve();
      });
    });
  }

  private hear(answer: Answer): void {
    this.runs.get(answer.id)?.take(answer);
    if (answer.code !== undefined) this.runs.delete(answer.id);
  }

  tell(command: object): void {
    this.child.stdin!.write(`${JSON.stringify(command)}\n`);
  }

  /** Starts a tool by its class; it runs by itself until it ends or is terminated. */
  start(mainClass: string, args: readonly string[], input = ''): ToolRun {
    this.lastId++;
    const run = new ToolRun(this, this.lastId);
    this.runs.set(this.lastId, run);
    this.tell({ id: this.lastId, main: mainClass, args, input });
    return run;
  }

  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.closed;
  }
}
