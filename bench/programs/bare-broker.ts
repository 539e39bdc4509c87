/**
 * The bare limit, the broker's side: frames with a length, a checksum, an append, an answer; and reading back. No
 * protocol, no topics, no offsets, no index. Says `listening on HOST:PORT`.
 *
 *   request  length u32 (of all that follows), kind u8, body
 *     kind 1, 2  body: a batch; answered by the file's length as f64 once it is appended, and for 2 once it is synced
 *     kind 3     body: a position f64; answered by up to a MiB of whole batches from there
 *     kind 4     no body; the file is emptied
 *   answer   length u32, body
 */
import { closeSync, fdatasync, ftruncateSync, openSync, readSync, writeSync, writevSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { crc32c } from '@node-rs/crc32';
import { batchBytes, COVERED_FROM, CRC_AT } from './bare-batch.ts';

const READ_BYTES = 1_048_576;
const HEADER = 5;

const file = openSync(join(process.argv[2]!, 'log'), 'w+');
let size = 0;

/** Those that wait for a sync; the one under way does not cover them. */
let waiting: (() => void)[] = [];
let syncing = false;

function synced(done: () => void): void {
  waiting.push(done);
  if (!syncing) sync();
}

function sync(): void {
  const covered = waiting;
  waiting = [];
  syncing = true;
  fdatasync(file, (error) => {
    if (error !== null) throw error;
    syncing = false;
    for (const done of covered) done();
    if (waiting.length > 0) sync();
  });
}

function acknowledge(socket: Socket): void {
  const answer = Buffer.allocUnsafe(12);
  answer.writeUInt32BE(8, 0);
  answer.writeDoubleBE(size, 4);
  socket.write(answer);
}

/** The batch as it came, in pieces: it is never copied together. */
function append(pieces: Buffer[], bytes: number): void {
  const [first] = pieces;
  if (first!.length < COVERED_FROM) pieces = [Buffer.concat(pieces)];
  let sum = crc32c(pieces[0]!.subarray(COVERED_FROM));
  for (let n = 1; n < pieces.length; n++) sum = crc32c(pieces[n]!, sum);
  if (sum !== pieces[0]!.readUInt32BE(CRC_AT)) throw new Error('checksum');
  const written = pieces.length === 1 ? writeSync(file, pieces[0]!, 0, bytes, size) : writevSync(file, pieces, size);
  if (written !== bytes) throw new Error(`${written} of ${bytes} bytes were written`);
  size += bytes;
}

function read(socket: Socket, position: number): void {
  const answer = Buffer.allocUnsafeSlow(4 + READ_BYTES);
  const got = readSync(file, answer, 4, READ_BYTES, position);
  let whole = 4;
  for (;;) {
    const bytes = batchBytes(answer, whole, 4 + got);
    if (bytes === 0 || whole + bytes > 4 + got) break;
    whole += bytes;
  }
  answer.writeUInt32BE(whole - 4, 0);
  socket.write(answer.subarray(0, whole));
}

function serve(socket: Socket): void {
  socket.setNoDelay(true);
  let pieces: Buffer[] = [];
  let have = 0;
  let wanted = -1;
  let kind = 0;
  const handle = (chunk: Buffer): void => {
    let at = 0;
    for (;;) {
      if (wanted < 0) {
        if (chunk.length - at < HEADER) {
          // A header that is cut: seldom, so it is put back.
          if (at < chunk.length) socket.unshift(chunk.subarray(at));
          return;
        }
        wanted = chunk.readUInt32BE(at) - 1;
        kind = chunk[at + 4]!;
        at += HEADER;
      }
      const take = Math.min(wanted - have, chunk.length - at);
      if (take > 0) pieces.push(chunk.subarray(at, at + take));
      have += take;
      at += take;
      if (have < wanted) return;
      if (kind === 1 || kind === 2) append(pieces, wanted);
      if (kind === 1) acknowledge(socket);
      else if (kind === 2) synced(() => acknowledge(socket));
      else if (kind === 3) read(socket, Buffer.concat(pieces).readDoubleBE(0));
      else {
        ftruncateSync(file, 0);
        size = 0;
        acknowledge(socket);
      }
      pieces = [];
      have = 0;
      wanted = -1;
    }
  };
  socket.on('data', handle);
  socket.on('error', () => {});
}

const server = createServer(serve).listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  process.stdout.write(`listening on 127.0.0.1:${address.port}\n`);
});
process.on('SIGTERM', () => {
  closeSync(file);
  process.exit(0);
});
