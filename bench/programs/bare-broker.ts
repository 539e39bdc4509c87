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
import { closeSync, fdatasync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { createServer, Socket, type SocketConstructorOpts } from 'node:net';
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

/** What arrives at any socket is read into this: nothing is kept of it. */
const received = Buffer.allocUnsafeSlow(65_536);

/** A request as it comes, piece by piece: a batch is summed and written without being put together. */
class Reader {
  private readonly socket: Socket;
  private readonly head = Buffer.alloc(HEADER);
  private headBytes = 0;
  /** The beginning of the body: what the checksum does not cover, or all that there is. */
  private readonly lead = Buffer.alloc(COVERED_FROM);
  private wanted = 0;
  private have = 0;
  private sum = 0;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  take(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.headBytes < HEADER) {
        this.head[this.headBytes++] = chunk[at++]!;
        if (this.headBytes < HEADER) continue;
        this.wanted = this.head.readUInt32BE(0) - 1;
        this.have = 0;
        this.sum = 0;
      }
      const piece = chunk.subarray(at, at + this.wanted - this.have);
      if (piece.length > 0) this.body(piece);
      at += piece.length;
      if (this.have < this.wanted) return;
      this.headBytes = 0;
      this.whole();
    }
  }

  private body(piece: Buffer): void {
    const { kind } = this;
    const uncovered = Math.min(piece.length, Math.max(0, COVERED_FROM - this.have));
    if (uncovered > 0) piece.copy(this.lead, this.have, 0, uncovered);
    if (kind === 1 || kind === 2) {
      this.sum = crc32c(uncovered === 0 ? piece : piece.subarray(uncovered), this.sum);
      const written = writeSync(file, piece, 0, piece.length, size + this.have);
      if (written !== piece.length) throw new Error(`${written} of ${piece.length} bytes were written`);
    }
    this.have += piece.length;
  }

  private whole(): void {
    const { kind, socket } = this;
    if (kind === 1 || kind === 2) {
      if (this.sum !== this.lead.readUInt32BE(CRC_AT)) throw new Error('checksum');
      size += this.wanted;
      if (kind === 1) acknowledge(socket);
      else synced(() => acknowledge(socket));
    } else if (kind === 3) {
      read(socket, this.lead.readDoubleBE(0));
    } else {
      ftruncateSync(file, 0);
      size = 0;
      acknowledge(socket);
    }
  }

  private get kind(): number {
    return this.head[HEADER - 1]!;
  }
}

/** As our broker does it: the handle moves to a socket that reads into memory of ours. */
function serve(accepted: Socket): void {
  const owner = accepted as unknown as { _handle: object | null };
  const handle = owner._handle;
  owner._handle = null;
  accepted.destroy();
  let reader: Reader | undefined;
  const socket = new Socket({
    handle,
    readable: true,
    writable: true,
    manualStart: true,
    onread: {
      buffer: received,
      callback: (length) => {
        reader?.take(received.subarray(0, length));
        return true;
      },
    },
  } as SocketConstructorOpts);
  reader = new Reader(socket);
  socket.on('error', () => {});
  socket.resume();
}

const server = createServer({ noDelay: true, pauseOnConnect: true }, serve).listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  process.stdout.write(`listening on 127.0.0.1:${address.port}\n`);
});
process.on('SIGTERM', () => {
  closeSync(file);
  process.exit(0);
});
