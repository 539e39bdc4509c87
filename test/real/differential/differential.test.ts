/**
 * The same requests to our broker and to Apache Kafka, and their answers field by field. The scenes are in scripts/, what may
 * differ is in differences.ts. At the end every pair of API and version that both advertise must have been asked.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ErrorCode, errorName } from '../../../src/core/index.ts';
import { differences } from './differences.ts';
import { givenByBoth, notGiven, ofTheClients } from './errors.ts';
import { Comparison } from './harness/compare.ts';
import { Coverage } from './harness/coverage.ts';
import { play } from './harness/play.ts';
import { type Sides, startSides } from './harness/sides.ts';
import { scripts } from './scripts/index.ts';
import { storageScript } from './scripts/storage.ts';

/** By key. Without ACLs, SASL, quotas, and groups of other kinds than the classic one. */
const wanted = [
  ...[0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 32, 33, 35, 37, 42, 43],
  ...[44, 46, 47, 55, 57, 60, 61, 65, 66, 74, 75],
];

describe('our broker and Apache Kafka', () => {
  let sides: Sides;
  before(async () => {
    sides = await startSides();
  });
  after(async () => {
    await sides?.stop();
  });
  const comparison = new Comparison(differences);
  const coverage = new Coverage();

  for (const { subject, scenes } of scripts) {
    describe(subject, () => {
      for (const [name, scene] of Object.entries(scenes)) {
        test(name, async () => {
          const { ours, kafkas, failures } = await play(scene, sides);
          coverage.add(ours, kafkas);
          const lines = [...comparison.scene(`${subject} > ${name}`, ours, kafkas), ...failures];
          if (lines.length > 0) assert.fail(lines.join('\n'));
        });
      }
    });
  }

  test('storage that fails', async () => {
    // They are left broken.
    const broken = await startSides({ twoDirectories: true });
    try {
      for (const [name, scene] of Object.entries(storageScript.scenes)) {
        const { ours, kafkas, failures } = await play(scene, broken);
        coverage.add(ours, kafkas);
        const lines = [...comparison.scene(`${storageScript.subject} > ${name}`, ours, kafkas), ...failures];
        if (lines.length > 0) assert.fail(lines.join('\n'));
      }
    } finally {
      await broken.stop();
    }
  });

  test('both advertise every API that a broker of one node has', () => {
    const advertised = new Set(sides.ranges.keys());
    assert.deepEqual(
      wanted.filter((key) => !advertised.has(key)),
      [],
    );
  });

  test('every API in every version that both advertise was asked', () => {
    assert.deepEqual(coverage.missing(sides.ranges), []);
  });

  test('every error that one broker can give was given by both', () => {
    const missing = coverage.missingErrors(givenByBoth.map((name) => ErrorCode[name]));
    assert.deepEqual(missing.map(errorName), []);
  });

  test('every error that clients have to live with is given by both, or there is a reason why not', () => {
    const told = new Set([...givenByBoth, ...Object.keys(notGiven)]);
    assert.deepEqual(
      ofTheClients.filter((name) => !told.has(name)),
      [],
    );
  });

  test('no error has a reason not to be given, and is given', () => {
    const names = Object.keys(notGiven) as (keyof typeof notGiven)[];
    const absent = new Set(coverage.missingErrors(names.map((name) => ErrorCode[name])));
    assert.deepEqual(
      names.filter((name) => !absent.has(ErrorCode[name])),
      [],
    );
  });

  test('every difference in the list was needed', () => {
    assert.deepEqual(
      comparison.unneeded().map(({ path, why }) => `${path}: ${why}`),
      [],
    );
  });
});
