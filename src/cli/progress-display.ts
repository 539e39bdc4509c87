/** Shows how far the main job is: bars on a terminal, a line now and then elsewhere. All of it on standard error. */
import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import { guaranteeNames, type ProofProgress } from '../lab/index.ts';

export interface ProgressDisplay {
  show(progress: ProofProgress, inputShare: number | undefined): void;
  /** Leaves the terminal clean. */
  stop(): void;
}

export function progressDisplay(): ProgressDisplay {
  return process.stderr.isTTY === true ? new Bars() : new Lines();
}

const FEED = 'feeding the input';
const number = (value: number) => value.toLocaleString('en-US');

class Bars implements ProgressDisplay {
  private readonly bars: MultiBar;
  private readonly byName = new Map<string, SingleBar>();

  constructor() {
    const width = Math.max(...[FEED, ...guaranteeNames].map((name) => name.length));
    this.bars = new MultiBar(
      {
        stream: process.stderr,
        format: ' {name} {bar} {percentage}% {note}',
        hideCursor: true,
        clearOnComplete: false,
        barsize: 30,
        gracefulExit: false,
      },
      Presets.shades_classic,
    );
    for (const name of [FEED, ...guaranteeNames]) {
      this.byName.set(name, this.bars.create(1000, 0, { name: name.padEnd(width), note: '' }));
    }
  }

  show(progress: ProofProgress, inputShare: number | undefined): void {
    switch (progress.stage) {
      case 'feed': {
        const share = progress.finished ? 1 : (inputShare ?? 0);
        this.update(FEED, share, `${number(progress.records)} records`);
        break;
      }
      case 'run':
        // The last tenth is the counting.
        this.update(progress.guarantee, (0.9 * progress.done) / progress.total, `${number(progress.done)} inputs`);
        break;
      case 'count':
        this.update(progress.guarantee, 0.9 + Math.min(0.1, (0.1 * progress.done) / progress.total), 'counting');
        break;
      case 'guarantee-done': {
        const { name, lost, duplicated } = progress.result;
        this.update(name, 1, `${number(lost)} lost, ${number(duplicated)} duplicated`);
        break;
      }
    }
  }
  stop(): void {
    this.bars.stop();
  }

  private update(name: string, share: number, note: string): void {
    this.byName.get(name)?.update(Math.round(share * 1000), { note });
  }
}

/** Milliseconds between two lines about the same thing. */
const LINE_MS = 5000;

class Lines implements ProgressDisplay {
  private last = '';
  private lastAt = 0;

  show(progress: ProofProgress): void {
    switch (progress.stage) {
      case 'feed':
        if (progress.finished) this.line(FEED, `${number(progress.records)} records are in the input topic`, true);
        else this.line(FEED, `${number(progress.records)} records`);
        break;
      case 'run':
        this.line(progress.guarantee, `${number(progress.done)} of ${number(progress.total)} inputs`);
        break;
      case 'count':
        this.line(`${progress.guarantee}, counting`, `${number(progress.done)} records`);
        break;
      case 'guarantee-done': {
        const { name, lost, duplicated } = progress.result;
        this.line(name, `done, ${number(lost)} lost, ${number(duplicated)} duplicated`, true);
        break;
      }
    }
  }
  stop(): void {}

  private line(about: string, text: string, always = false): void {
    const now = performance.now();
    if (!always && about === this.last && now - this.lastAt < LINE_MS) return;
    this.last = about;
    this.lastAt = now;
    process.stderr.write(`${about}: ${text}\n`);
  }
}
