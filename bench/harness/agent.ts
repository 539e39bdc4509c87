/**
 * A client in a process of its own. It is told what to do by a line of JSON and answers with another when it is done, so
 * it is warm after the first time, and only what it does itself is measured.
 */
import { type Listened, STOP_MS_MAX, startListened } from './children.ts';

export type Request = Readonly<Record<string, string | number | boolean>> & { readonly do: string };
export type Answer = Readonly<Record<string, number>>;

const ANSWER_MS_MAX = 600_000;

export class Agent {
  private readonly name: string;
  private readonly process: Listened;
  private waiting: { resolve(answer: Answer): void; reject(error: Error): void } | undefined;

  private constructor(name: string, process: Listened) {
    this.name = name;
    this.process = process;
    let rest = '';
    process.child.stdout!.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      for (const line of lines) this.answered(line);
    });
    void process.ended.then(() => this.waiting?.reject(new Error(`${name} ended:\n${process.said()}`)));
  }

  static async start(name: string, command: string, args: readonly string[]): Promise<Agent> {
    return new Agent(name, await startListened(command, args));
  }

  get pid(): number {
    return this.process.pid;
  }

  /** One at a time. @throws Error with what the program said, where it failed, ended or took too long */
  async call(request: Request): Promise<Answer> {
    if (this.waiting !== undefined) throw new Error(`${this.name} is busy`);
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Answer>((resolve, reject) => {
        this.waiting = { resolve, reject };
        const late = new Error(`${this.name}: not done after ${ANSWER_MS_MAX} ms: ${JSON.stringify(request)}`);
        timer = setTimeout(() => reject(late), ANSWER_MS_MAX);
        this.process.child.stdin!.write(`${JSON.stringify(request)}\n`);
      });
    } finally {
      clearTimeout(timer);
      this.waiting = undefined;
    }
  }

  private answered(line: string): void {
    const answer = JSON.parse(line) as Answer | { readonly error: string };
    if ('error' in answer) this.waiting?.reject(new Error(`${this.name}: ${answer.error}`));
    else this.waiting?.resolve(answer);
  }

  /** It ends with its input; a profile of it is written then. */
  async stop(): Promise<void> {
    this.process.child.stdin!.end();
    const timer = setTimeout(() => this.process.child.kill('SIGKILL'), STOP_MS_MAX);
    await this.process.ended;
    clearTimeout(timer);
  }
}
