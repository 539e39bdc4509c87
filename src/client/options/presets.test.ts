import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ConsumerPresetOptions, normaliseConsumerOptions } from './consumer.ts';
import { presetNames, presets } from './presets.ts';
import { normaliseProducerOptions, type ProducerPresetOptions } from './producer.ts';

const producer = (preset: string, more: Record<string, unknown> = {}) =>
  normaliseProducerOptions({ bootstrapServers: 'h:1', preset, ...more } as ProducerPresetOptions);
const consumer = (preset: string, more: Record<string, unknown> = {}) =>
  normaliseConsumerOptions({ bootstrapServers: 'h:1', groupId: 'g', preset, ...more } as ConsumerPresetOptions);

test('log collection: acks=0, snappy, not idempotent, and nothing is warned of that was asked for', () => {
  const { config, warnings } = producer('log-collection');
  assert.deepEqual([config.acks, config.compressionType, config.enableIdempotence], [0, 'snappy', false]);
  assert.deepEqual(warnings, []);
});

test('general events: acks=all, retries, lz4; acks=1 may be chosen, and says what that costs', () => {
  const { config, warnings } = producer('general-events');
  assert.deepEqual([config.acks, config.compressionType, config.enableIdempotence], ['all', 'lz4', true]);
  assert.ok(config.retries > 0);
  assert.deepEqual(warnings, []);
  const weaker = producer('general-events', { acks: 1 });
  assert.deepEqual([weaker.config.acks, weaker.config.enableIdempotence], [1, false]);
  assert.match(weaker.warnings.join(), /acks=1 switches enable\.idempotence off/);
});

test('critical events: idempotent, acks=all; its consumer commits what was handled', () => {
  const { config } = producer('critical-events');
  assert.deepEqual([config.acks, config.enableIdempotence, config.transactionalId], ['all', true, null]);
  const reader = consumer('critical-events');
  assert.deepEqual([reader.enableAutoCommit, reader.autoOffsetReset], [false, 'earliest']);
});

test('payments: transactional; its consumer reads what is committed', () => {
  const { config } = producer('payments', { transactionalId: 'p' });
  assert.deepEqual([config.acks, config.enableIdempotence, config.transactionalId], ['all', true, 'p']);
  const reader = consumer('payments');
  assert.deepEqual(
    [reader.isolationLevel, reader.enableAutoCommit, reader.autoOffsetReset],
    ['read_committed', false, 'earliest'],
  );
});

test('what the promise does not rest on may be changed, under either name', () => {
  const { config } = producer('log-collection', { 'compression.type': 'zstd', lingerMs: 1 });
  assert.deepEqual([config.acks, config.compressionType, config.lingerMs], [0, 'zstd', 1]);
  assert.equal(producer('critical-events', { acks: '-1' }).config.acks, 'all');
  assert.equal(consumer('payments', { autoOffsetReset: 'none' }).autoOffsetReset, 'none');
  assert.equal(consumer('general-events', { autoOffsetReset: 'latest' }).autoOffsetReset, 'latest');
});

test('what contradicts the promise is refused with both names and the cure', () => {
  for (const [preset, options, wanted] of [
    ['log-collection', { acks: 1 }, 'acks=1 contradicts preset=log-collection'],
    ['log-collection', { 'enable.idempotence': true }, 'enable.idempotence=true contradicts preset=log-collection'],
    ['general-events', { acks: 0 }, 'acks=0 contradicts preset=general-events'],
    ['general-events', { retries: 0 }, 'retries=0 contradicts preset=general-events'],
    ['general-events', { transactionalId: 't' }, 'transactionalId=t contradicts preset=general-events'],
    ['critical-events', { acks: 1 }, 'acks=1 contradicts preset=critical-events'],
    ['critical-events', { enableIdempotence: false }, 'enableIdempotence=false contradicts preset=critical-events'],
    ['critical-events', { retries: '0' }, 'retries=0 contradicts preset=critical-events'],
    ['payments', { transactionalId: 't', acks: 0 }, 'acks=0 contradicts preset=payments'],
    ['payments', {}, 'preset=payments needs transactional.id'],
  ] as const) {
    assert.throws(
      () => producer(preset, options),
      (error: Error) =>
        error.name === 'ConfigurationError' && error.message.includes(wanted) && /: /.test(error.message),
      wanted,
    );
  }
  for (const [preset, options, wanted] of [
    ['critical-events', { enableAutoCommit: true }, 'enableAutoCommit=true contradicts preset=critical-events'],
    ['critical-events', { 'auto.offset.reset': 'latest' }, 'auto.offset.reset=latest contradicts'],
    ['payments', { isolationLevel: 'read_uncommitted' }, 'isolationLevel=read_uncommitted contradicts preset=payments'],
  ] as const) {
    assert.throws(() => consumer(preset, options), new RegExp(wanted.replaceAll('.', '\\.')), wanted);
  }
});

test('a preset that does not exist is refused with those that do', () => {
  assert.throws(() => producer('logs'), /preset: one of log-collection, .*payments is wanted \(got "logs"\)/);
  assert.throws(() => consumer('logs'), /preset: one of/);
});

test('each preset says what it promises and what may happen', () => {
  for (const name of presetNames) {
    const { use, guarantee, mayHappen } = presets[name];
    assert.ok(use.length > 10 && guarantee.length > 10 && mayHappen.length > 40, name);
  }
});
