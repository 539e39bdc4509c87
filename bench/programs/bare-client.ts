/** The bare limit, the client's side: encodes and sends, or reads and decodes. Five batches are on their way at most. */
import { connect, type Socket } from 'node:net';
import { readPayloads } from '../harness/payloads.ts';
import { batchBytes, decodeBatch, encodeBatch } from './bare-batch.ts';
import { BATCH_SIZE, type ConsumeRequest, measured, type ProduceRequest, Stopwatch, serve } from './serve.ts';

const IN_FLIGHT = 5;
const HEADER = 5;
const RECEIVE_BYTES = 1_048_576;

/** A connection that hands over each answer. The bytes belong to the answer alone. */
class Link {
  private readonly socket: Socket;
  private readonly header = Buffer.alloc(4);
  private headerBytes = 0;
  private body: Buffer<ArrayBuffer> | undefined;
  private have = 0;
  onAnswer: (body: Buffer<ArrayBuffer>) => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
  }

  static open(address: string): Promise<Link> {
    const [host, port] = address.split(':');
    return new Promise((resolve, reject) => {
      const socket: Socket = connect({
        host: host!,
        port: Number(port),
        noDelay: true,
        onread: {
          buffer: Buffer.allocUnsafeSlow(RECEIVE_BYTES),
          callback: (bytes, buffer) => {
            link.receive(buffer as Buffer, bytes);
            return true;
          },
        },
      });
      const link = new Link(socket);
      socket.once('connect', () => resolve(link));
      socket.once('error', reject);
    });
  }

  private receive(chunk: Buffer, bytes: number): void {
    let at = 0;
    while (at < bytes) {
      if (this.body === undefined) {
        while (this.headerBytes < 4 && at < bytes) this.header[this.headerBytes++] = chunk[at++]!;
        if (this.headerBytes < 4) return;
        this.body = Buffer.allocUnsafeSlow(this.header.readUInt32BE(0));
        this.have = 0;
      }
      const take = Math.min(this.body.length - this.have, bytes - at);
      chunk.copy(this.body, this.have, at, at + take);
      this.have += take;
      at += take;
      if (this.have < this.body.length) return;
      const { body } = this;
      this.body = undefined;
      this.headerBytes = 0;
      this.onAnswer(body);
    }
  }

  /** `frame` has room for the header, and may be used again after the answer. */
  send(frame: Buffer, kind: number): void {
    frame.writeUInt32BE(frame.length - 4, 0);
    frame[4] = kind;
    this.socket.write(frame);
  }

  async ask(kind: number): Promise<Buffer<ArrayBuffer>> {
    const answer = new Promise<Buffer<ArrayBuffer>>((resolve) => {
      this.onAnswer = resolve;
    });
    this.send(Buffer.alloc(HEADER), kind);
    return answer;
  }

  close(): void {
    this.socket.destroy();
  }
}

async function produce({ bootstrap, records, values: path, acks }: ProduceRequest) {
  const values = readPayloads(path);
  const link = await Link.open(bootstrap);
  await link.ask(4);
  const kind = acks === 'one' ? 1 : 2;
  const free = Array.from({ length: IN_FLIGHT }, () => Buffer.alloc(HEADER + BATCH_SIZE));
  const used: Buffer<ArrayBuffer>[] = [];
  let wake: () => void = () => {};
  link.onAnswer = () => {
    free.push(used.shift()!);
    wake();
  };
  const answered = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });
  const watch = new Stopwatch();
  for (let sent = 0; sent < records; ) {
    while (free.length === 0) await answered();
    const frame = free.pop()!;
    used.push(frame);
    const { count, bytes } = encodeBatch(frame.subarray(HEADER), values, sent, records - sent);
    sent += count;
    link.send(frame.subarray(0, HEADER + bytes), kind);
  }
  while (used.length > 0) await answered();
  const result = watch.read(records);
  link.close();
  return result;
}

async function consume({ bootstrap, leading, records }: ConsumeRequest) {
  const link = await Link.open(bootstrap);
  const ask = (position: number) => {
    const frame = Buffer.allocUnsafe(HEADER + 8);
    frame.writeDoubleBE(position, HEADER);
    link.send(frame, 3);
  };
  let seen = 0;
  let bytes = 0;
  let position = 0;
  let from = 0;
  let watch: Stopwatch | undefined;
  await new Promise<void>((resolve, reject) => {
    link.onAnswer = (body) => {
      if (body.length === 0) return reject(new Error(`the log ends after ${seen} records`));
      position += body.length;
      ask(position); // The next is on its way while this one is decoded.
      if (watch === undefined && seen >= leading) {
        watch = new Stopwatch();
        from = seen;
      }
      for (let at = 0; at < body.length; ) {
        const length = batchBytes(body, at, body.length);
        seen += decodeBatch(body, at, length, (record) => {
          bytes += record.value.length;
        });
        at += length;
      }
      if (seen >= leading + records) resolve();
    };
    ask(0);
  });
  const result = { ...measured(watch, seen - from), bytes };
  link.close();
  return result;
}

await serve({ produce, consume });
