/** Hands out what is fetched: at most so many records at once, each partition in its turn, and positions that follow. */
import type { ConsumerInstruments } from '../observability/consumer-instruments.ts';
import type { PartitionState, Positions } from './positions.ts';
import type { ConsumerRecord } from './records.ts';

export class HandOut {
  private readonly positions: Positions;
  private readonly limit: number;
  private readonly instruments: ConsumerInstruments;
  private rotation = 0;

  /** `limit`: records of one call. */
  constructor(positions: Positions, limit: number, instruments: ConsumerInstruments) {
    this.positions = positions;
    this.limit = limit;
    this.instruments = instruments;
  }

  /** @throws ClientError CORRUPT_MESSAGE where that is the first thing to hand out */
  take(): ConsumerRecord[] {
    const records: ConsumerRecord[] = [];
    const states = this.positions.all();
    for (let at = 0; at < states.length && records.length < this.limit; at++) {
      const index = (this.rotation + at) % states.length;
      const state = states[index]!;
      if (state.paused || state.position === undefined) continue;
      this.takeFrom(state, records);
      // A partition that had more than its share is the first to wait next time.
      if (records.length >= this.limit) this.rotation = index + (state.buffered.length > 0 ? 0 : 1);
    }
    return records;
  }

  private takeFrom(state: PartitionState, records: ConsumerRecord[]): void {
    const { counters } = this.instruments;
    while (state.buffered.length > 0 && records.length < this.limit) {
      const data = state.buffered[0]!;
      const before = data.bytesRead;
      try {
        counters['records-consumed-total'] += data.take(this.limit - records.length, records);
      } catch (error) {
        if (records.length > 0) return;
        throw error;
      } finally {
        counters['bytes-consumed-total'] += data.bytesRead - before;
        state.position = data.position;
        if (data.leaderEpoch >= 0) state.leaderEpoch = data.leaderEpoch;
      }
      if (!data.exhausted) return;
      state.buffered.shift();
      state.bufferedBytes -= data.size;
    }
  }
}
