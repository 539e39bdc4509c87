import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { ErrorCode, type ErrorName, errorName, isRetriable, KafkaError, needsMetadataRefresh } from './kafka-errors.ts';

const golden: { readonly errors: readonly (readonly [ErrorName, number, boolean, boolean])[] } = JSON.parse(
  readFileSync(new URL('../../test/golden/kafka-errors.json', import.meta.url), 'utf8'),
);

describe('the error table', () => {
  it("is Apache Kafka's: names, codes, what may be retried, what makes metadata stale", () => {
    assert.deepEqual(
      Object.entries(ErrorCode),
      golden.errors.map(([name, code]) => [name, code]),
    );
    for (const [name, code, retriable, stale] of golden.errors) {
      assert.equal(errorName(code), name);
      assert.equal(isRetriable(code), retriable, name);
      assert.equal(needsMetadataRefresh(code), stale, name);
    }
  });

  it('reads a code it does not know as UNKNOWN_SERVER_ERROR', () => {
    assert.equal(errorName(9999), 'UNKNOWN_SERVER_ERROR');
    assert.equal(isRetriable(9999), false);
  });
});

describe('KafkaError', () => {
  it('carries name, number and whether to retry, and keeps its cause', () => {
    const cause = new Error('why');
    const error = new KafkaError('NOT_COORDINATOR', 'moved', { cause });
    assert.deepEqual([error.code, error.errorCode, error.retriable], ['NOT_COORDINATOR', 16, true]);
    assert.deepEqual([error.name, error.message, error.cause], ['KafkaError', 'moved', cause]);
    assert.equal(new KafkaError('INVALID_TXN_STATE').message, 'INVALID_TXN_STATE');
  });

  it('is recognised also from another copy of the package', () => {
    const foreign = Object.assign(new Error('x'), { [Symbol.for('onceward.KafkaError')]: true });
    assert.ok(KafkaError.is(new KafkaError('NONE')));
    assert.ok(KafkaError.is(foreign));
    for (const other of [new Error('x'), null, undefined, 'NOT_COORDINATOR', {}])
      assert.equal(KafkaError.is(other), false);
  });
});
