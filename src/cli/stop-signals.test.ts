import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const module = fileURLToPath(new URL('./stop-signals.ts', import.meta.url));

test('the first signal asks, the second ends the process at once, with the exit code that shells expect', async () => {
  const program = `
    import { stopSignal } from ${JSON.stringify(module)};
    const stop = stopSignal();
    stop.addEventListener('abort', () => console.log('asked'));
    setInterval(() => {}, 1000); // It never stops by itself.
    console.log('ready');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    timeout: 20_000,
    killSignal: 'SIGKILL',
  });
  const ended = once(child, 'close');
  const lines = child.stdout.setEncoding('utf8')[Symbol.asyncIterator]();
  assert.match((await lines.next()).value, /ready/);
  child.kill('SIGTERM');
  assert.match((await lines.next()).value, /asked/);
  child.kill('SIGINT');
  assert.deepEqual(await ended, [130, null]);
});
