/** Hands out what is fetched: at most so many records at once, each partition in its turn, and positions that follow. */
import type { ConsumerInstruments } from '../observability/consumer-instruments.ts';
import type { PartitionState, Positions } from './positions.ts';
import type { ConsumerRecord } from './records.ts';

export class HandOut {
  private readonly positions: Positions;
  private readonly instruments: ConsumerInstruments;
  private rotation = 0;

  constructor(positions: Positions, instruments: ConsumerInstruments) {
    this.positions = positions;
    this.instruments = instruments;
  }

  /** At most `limit` records. @throws ClientError CORRUPT_MESSAGE where that is the first thing to hand out */
  take(limit: number): ConsumerRecord[] {
    const records: ConsumerRecord[] = [];
    const states = this.positions.all();
    for (let at = 0; at < states.length && records.length < limit; at++) {
      const index = (this.rotation + at) % states.length;
      const state = states[index]!;
      if (state.paused || state.position === undefined) continue;
      this.takeFrom(state, limit, records);
      // A partition that had more than its share is the first to wait next time.
      if (records.length >= limit) this.rotation = index + (state.buffered.length > 0 ? 0 : 1);
    }
    return records;
  }

  private takeFrom(state: PartitionState, limit: number, records: ConsumerRecord[]): void {
    const { counters } = this.instruments;
    while (state.buffered.length > 0 && records.length < limit) {
      const data = state.buffered[0]!;
      const before = data.bytesRead;
      try {
        counters['records-consumed-total'] += data.take(limit - records.length, records);
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
