import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { parsePath, parseSetting } from './options.ts';

test('a relative path is meant from where the user is, also when npm runs us in the checkout', (t) => {
  const before = { ...process.env };
  t.after(() => {
    process.env = before;
  });
  process.env = { INIT_CWD: '/home/user/docs' };
  assert.equal(parsePath('one.ndjson'), resolve('one.ndjson'), 'not through npm');
  process.env = { INIT_CWD: '/home/user/docs', npm_package_name: 'onceward', npm_lifecycle_event: 'start' };
  assert.equal(parsePath('one.ndjson'), '/home/user/docs/one.ndjson');
  assert.equal(parsePath('/tmp/one.ndjson'), '/tmp/one.ndjson');
  process.env = { INIT_CWD: '/home/user/docs', npm_package_name: 'theirs', npm_lifecycle_event: 'start' };
  assert.equal(parsePath('one.ndjson'), resolve('one.ndjson'), 'through the scripts of the user’s own project');
});

test('an empty path is refused: it is usually a variable that was not set', () => {
  assert.throws(() => parsePath(''), /It is empty: name a path, or leave the option out/);
});

test('settings are collected; one that is given twice is refused', () => {
  const one = parseSetting('num.partitions=3', {});
  assert.deepEqual(parseSetting(' log.dir = /a=b ', one), { 'num.partitions': '3', 'log.dir': '/a=b' });
  assert.throws(() => parseSetting('num.partitions=4', one), /num\.partitions is set twice/);
  assert.throws(() => parseSetting('num.partitions', {}), /key=value/);
});
