/**
 * The time for records that bear none. To read the machine's clock costs as much as to encode a record, so records that are
 * taken in one turn of the event loop share a reading, eight at most.
 */
import type { Clock } from '../../core/index.ts';

const RECORDS_A_READING = 8;

export class RecordClock {
  private readonly clock: Clock;
  private reading = 0;
  private left = 0;
  private turnIsWatched = false;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Milliseconds since 1970. */
  now(): number {
    if (this.left > 0) {
      this.left--;
      return this.reading;
    }
    this.reading = this.clock.now();
    if (this.turnIsWatched) this.left = RECORDS_A_READING - 1;
    return this.reading;
  }

  /** `turnOver` will be called at the end of this turn: without that nobody knows how old a reading is. */
  watchTurn(): void {
    this.turnIsWatched = true;
  }
  turnOver(): void {
    this.turnIsWatched = false;
    this.left = 0;
  }
}
