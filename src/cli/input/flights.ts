/**
 * The input that comes along: 231,083 flights in the United States in early 2001, from the `vega-datasets` package
 * (`{ delay: minutes, distance: miles, time: local hour of departure }`).
 */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Refusal } from '../refusal.ts';
import type { Input } from './input.ts';

const CHUNK_RECORDS = 2000;

export class FlightsInput implements Input {
  readonly name = 'vega-datasets flights-200k.json';
  private done = 0;

  progress(): number {
    return this.done;
  }

  async *chunks(): AsyncIterable<readonly string[]> {
    const flights = await readFlights();
    for (let at = 0; at < flights.length; at += CHUNK_RECORDS) {
      yield flights.slice(at, at + CHUNK_RECORDS).map((flight) => JSON.stringify(flight));
      this.done = Math.min(1, (at + CHUNK_RECORDS) / flights.length);
    }
  }
}

async function readFlights(): Promise<unknown[]> {
  let text: string;
  try {
    const entry = createRequire(import.meta.url).resolve('vega-datasets');
    text = await readFile(join(dirname(entry), '..', 'data', 'flights-200k.json'), 'utf8');
  } catch {
    throw new Refusal(
      'the flights are not here, because the package vega-datasets is not installed: install it (npm install vega-datasets), ' +
        'or give your own input with --input FILE.ndjson',
    );
  }
  return JSON.parse(text) as unknown[];
}
