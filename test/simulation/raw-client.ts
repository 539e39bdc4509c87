/** A client for tests that speaks the wire by hand: one connection, requests as frames, answers as they come. */
import type { Network, Socket } from '../../src/core/index.ts';
import { type Api, decodeResponse, encodeRequestFrame, FrameReader, peekCorrelationId } from '../../src/wire/index.ts';

/** A request as it will be sent: kept, it can be sent again later, or on another connection. */
export interface Request<Res> {
  readonly api: Api<unknown, Res>;
  readonly version: number;
  readonly body: unknown;
}

export function request<Res, In>(api: Api<unknown, Res, In>, version: number, body: NoInfer<In>): Request<Res> {
  return { api: api as Api<unknown, Res>, version, body };
}

export class RawClient {
  /** Whole answers that nobody has taken yet, in the order in which they came. */
  readonly answers: Buffer[] = [];
  closed = false;
  private readonly frames = new FrameReader(1 << 30);
  private socket!: Socket;
  private correlationId = 100;
  private wake: (() => void)[] = [];

  static async connect(network: Network, host: string, port: number): Promise<RawClient> {
    const client = new RawClient();
    client.socket = await network.connect({
      host,
      port,
      timeoutMs: 5000,
      handler: {
        data: (chunk) => {
          client.frames.push(chunk);
          for (let frame = client.frames.next(); frame !== undefined; frame = client.frames.next()) {
            client.answers.push(frame);
          }
          client.awaken();
        },
        drain() {},
        close: () => {
          client.closed = true;
          client.awaken();
        },
      },
    });
    return client;
  }

  write(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Encodes and sends a request; returns its correlation id. */
  send({ api, version, body }: Request<unknown>): number {
    const correlationId = this.correlationId++;
    this.write(encodeRequestFrame(api, version, { correlationId, clientId: 'raw' }, body));
    return correlationId;
  }

  /** The next answer, whatever it is for. @throws Error when the connection closes first */
  async next(): Promise<Buffer> {
    while (this.answers.length === 0) {
      if (this.closed) throw new Error('the broker closed the connection');
      await new Promise<void>((resolve) => this.wake.push(resolve));
    }
    return this.answers.shift()!;
  }

  /** Sends a request and decodes its answer. @throws Error when the connection closes first */
  async call<Res>(what: Request<Res>): Promise<Res> {
    const correlationId = this.send(what);
    const frame = await this.next();
    const got = peekCorrelationId(frame);
    if (got !== correlationId) throw new Error(`answer ${got} came for request ${correlationId}`);
    return decodeResponse(what.api, what.version, frame).body;
  }

  /** Resolves when the broker has closed the connection. */
  async end(): Promise<void> {
    while (!this.closed) await new Promise<void>((resolve) => this.wake.push(resolve));
  }

  /** Takes no more of what comes. */
  pause(): void {
    this.socket.pause();
  }

  close(): void {
    this.socket.destroy();
  }

  private awaken(): void {
    for (const resolve of this.wake.splice(0)) resolve();
  }
}
