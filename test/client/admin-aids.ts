/** What the scenarios of the admin client share. */
import assert from 'node:assert/strict';
import { PartialFailureError } from '../../src/client/index.ts';

/** The call fails with these codes, by what failed, and with nothing else; returns the results of what did not fail. */
export async function failsFor(
  call: Promise<unknown>,
  codes: Readonly<Record<string, string>>,
): Promise<readonly unknown[]> {
  const error = await call.then(
    () => assert.fail(`nothing failed, where ${JSON.stringify(codes)} was due`),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof PartialFailureError)) throw error;
  const found = Object.fromEntries([...error.failures].map(([label, { code }]) => [label, code]));
  assert.deepEqual(found, codes, error.message);
  assert.equal(error.retriable, false);
  assert.ok(Object.values(codes).includes(error.code));
  return error.results;
}
