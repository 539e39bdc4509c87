/**
 * For the proxy's tests: an upstream that answers what it is told to, and a client that speaks in frames. Both record
 * what reached them.
 */
import type { Listener, Network, Socket } from '../../core/index.ts';
import { type Api, decodeRequestHeader, decodeResponse, encodeRequestFrame, FrameReader } from '../../wire/index.ts';

const FRAME_BYTES_MAX = 16 * 1024 * 1024;

export interface SeenRequest {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly frame: Uint8Array;
}

/** Returns the whole answer with its length; undefined answers nothing. */
export type Respond = (request: SeenRequest) => Uint8Array | undefined | Promise<Uint8Array | undefined>;

export class FakeBroker {
  readonly seen: SeenRequest[] = [];
  readonly sockets: Socket[] = [];
  /** Connections that have ended. */
  ended = 0;
  bytesReceived = 0;
  private listener: Listener | undefined;

  static async start(network: Network, respond: Respond, host = '127.0.0.1'): Promise<FakeBroker> {
    const broker = new FakeBroker();
    broker.listener = await network.listen({
      host,
      port: 0,
      accept: (socket) => {
        broker.sockets.push(socket);
        const reader = new FrameReader(FRAME_BYTES_MAX);
        let last: Promise<unknown> = Promise.resolve();
        return {
          data: (chunk) => {
            broker.bytesReceived += chunk.length;
            reader.push(chunk);
            for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
              const { apiKey, apiVersion, correlationId } = decodeRequestHeader(frame);
              const request = { apiKey, apiVersion, correlationId, frame };
              broker.seen.push(request);
              // In order, as brokers do.
              last = last.then(async () => {
                const answer = await respond(request);
                if (answer !== undefined) socket.write(answer);
              });
            }
          },
          drain: () => {},
          close: () => {
            broker.ended++;
          },
        };
      },
    });
    return broker;
  }

  get port(): number {
    return this.listener!.port;
  }
  get address(): string {
    return `${this.listener!.host}:${this.port}`;
  }
  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await this.listener?.close();
  }
}

export class FrameClient {
  readonly frames: Uint8Array[] = [];
  closed = false;
  private socket: Socket | undefined;
  private readonly waiting: (() => void)[] = [];

  static async connect(network: Network, port: number, host = '127.0.0.1'): Promise<FrameClient> {
    const client = new FrameClient();
    const reader = new FrameReader(FRAME_BYTES_MAX);
    const wake = (): void => {
      for (const run of client.waiting.splice(0)) run();
    };
    client.socket = await network.connect({
      host,
      port,
      timeoutMs: 2000,
      handler: {
        data: (chunk) => {
          reader.push(chunk);
          for (let frame = reader.next(); frame !== undefined; frame = reader.next()) client.frames.push(frame);
          wake();
        },
        drain: () => {},
        close: () => {
          client.closed = true;
          wake();
        },
      },
    });
    return client;
  }

  send<In>(api: Api<unknown, unknown, In>, version: number, correlationId: number, body: NoInfer<In>): void {
    this.socket!.write(encodeRequestFrame(api, version, { correlationId, clientId: 'test' }, body));
  }
  raw(bytes: Uint8Array): boolean {
    return this.socket!.write(bytes);
  }
  /** The next frame, undefined when the connection ended instead. */
  async next(): Promise<Uint8Array | undefined> {
    while (this.frames.length === 0 && !this.closed) await new Promise<void>((resolve) => this.waiting.push(resolve));
    return this.frames.shift();
  }
  async answer<Res>(
    api: Api<unknown, Res>,
    version: number,
  ): Promise<{ correlationId: number; body: Res } | undefined> {
    const frame = await this.next();
    return frame === undefined ? undefined : decodeResponse(api, version, frame);
  }
  pause(): void {
    this.socket!.pause();
  }
  resume(): void {
    this.socket!.resume();
  }
  close(): void {
    this.socket?.destroy();
  }
  /** Sends what is queued, then closes. */
  end(): void {
    this.socket?.end();
  }
}
