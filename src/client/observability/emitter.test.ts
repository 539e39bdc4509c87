import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Logger, silentLogger } from '../../core/index.ts';
import { Emitter } from './emitter.ts';

interface Events {
  readonly one: number;
  readonly two: string;
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('listeners are told of their own events, in order, after the step in which they happened', async () => {
  const events = new Emitter<Events>(silentLogger);
  const heard: unknown[] = [];
  events.on('one', (value) => void heard.push(value));
  events.on('two', (value) => void heard.push(value));
  events.emit('one', 1);
  events.emit('two', 'a');
  events.emit('one', 2);
  assert.deepEqual(heard, []);
  await turn();
  assert.deepEqual(heard, [1, 'a', 2]);
});

test('a listener that was taken away hears nothing more, and one that is added twice hears once', async () => {
  const events = new Emitter<Events>(silentLogger);
  const heard: number[] = [];
  const listener = (value: number) => void heard.push(value);
  events.on('one', listener);
  const stop = events.on('one', listener);
  events.emit('one', 1);
  await turn();
  stop();
  events.emit('one', 2);
  await turn();
  assert.deepEqual(heard, [1]);
});

test('a listener that throws, or whose promise rejects, is logged once and keeps nobody from hearing', async () => {
  const logged: string[] = [];
  const logger: Logger = { ...silentLogger, error: (_, fields) => void logged.push(String(fields?.cause)) };
  const events = new Emitter<Events>(logger);
  const heard: number[] = [];
  events.on('one', () => {
    throw new Error('thrown');
  });
  events.on('one', async () => {
    throw new Error('rejected');
  });
  events.on('one', (value) => void heard.push(value));
  for (const value of [1, 2, 3]) {
    events.emit('one', value);
    await turn();
  }
  assert.deepEqual(heard, [1, 2, 3]);
  assert.deepEqual(logged, ['thrown', 'rejected']);
});

test('a listener may make something happen that it is told of in turn', async () => {
  const events = new Emitter<Events>(silentLogger);
  const heard: number[] = [];
  events.on('one', (value) => {
    heard.push(value);
    if (value < 3) events.emit('one', value + 1);
  });
  events.emit('one', 1);
  await turn();
  assert.deepEqual(heard, [1, 2, 3]);
});
