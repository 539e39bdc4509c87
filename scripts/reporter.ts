/**
 * What `npm test` prints: a line for each file, what its tests measured (`t.diagnostic`), every failure in full at the
 * end, and the closing lines of Node's own test runner (the counts), which other programs look for.
 */
import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';

interface Failure {
  readonly where: string;
  readonly name: string;
  readonly error: unknown;
}

/** The parts of an error that help: its cause where the runner wrapped it. */
function text(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  return typeof cause === 'string' ? cause : inspect(cause, { depth: 4, colors: false });
}

export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const failures: Failure[] = [];
  const output = new Map<string, string[]>();
  const notes = new Map<string, string[]>(); // what tests measured, by file
  const names: string[] = []; // the tests that are open, by depth
  for await (const event of source) {
    const { type, data } = event;
    if (type === 'test:start') {
      names.length = data.nesting;
      names[data.nesting] = data.name;
    } else if (type === 'test:fail' && data.details.error !== undefined) {
      const error: Error & { failureType?: string } = data.details.error;
      // A suite fails because a test in it did; that test has been told already.
      if (error.failureType !== 'subtestsFailed') {
        const file = data.file === undefined ? '' : relative('.', data.file);
        const name = [...names.slice(0, data.nesting), data.name].join(' > ');
        failures.push({ where: `${file}:${data.line ?? 1}`, name, error });
      }
    } else if (type === 'test:stdout' || type === 'test:stderr') {
      const lines = output.get(data.file) ?? [];
      if (lines.length < 200) lines.push(data.message);
      output.set(data.file, lines);
    } else if (type === 'test:summary' && data.file !== undefined) {
      const { counts, duration_ms: ms, file } = data;
      const mark = data.success ? '✔' : '✖';
      yield `${mark} ${relative('.', file)}  ${counts.passed}/${counts.tests} in ${(ms / 1000).toFixed(1)} s\n`;
      if (!data.success) for (const chunk of output.get(file) ?? []) yield chunk;
      output.delete(file);
      for (const note of notes.get(file) ?? []) yield `  ${note}\n`;
    } else if (type === 'test:diagnostic' && data.file !== undefined) {
      notes.set(data.file, [...(notes.get(data.file) ?? []), data.message]);
    } else if (type === 'test:diagnostic' && data.nesting === 0 && data.file === undefined) {
      // The counts come last and belong to no file; the failures stand right above them.
      if (data.message.startsWith('tests ')) {
        yield* list(failures);
        // Files that ended before they could report, with what they said.
        for (const [file, chunks] of output) {
          if (failures.some(({ name }) => name === file))
            yield `\noutput of ${relative('.', file)}:\n${chunks.join('')}`;
        }
      }
      yield `ℹ ${data.message}\n`;
    }
  }
}

function* list(failures: readonly Failure[]): Generator<string> {
  if (failures.length > 0) yield '\nfailing tests:\n';
  for (const { where, name, error } of failures) {
    yield `\n✖ ${name}\n  at ${where}\n${text(error).replaceAll(/^/gm, '  ')}\n`;
  }
}
