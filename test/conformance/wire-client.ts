/** One connection that speaks the wire by hand, for scenarios about requests that no client would send. */
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import {
  type Api,
  createTopics,
  decodeResponse,
  encodeRequestFrame,
  FrameReader,
  listOffsets,
  metadata,
  peekCorrelationId,
} from '../../src/wire/index.ts';
import { eventually } from './cluster.ts';

const ANSWER_MS = 15_000;

export class WireClient {
  private readonly socket: Socket;
  private readonly frames = new FrameReader(1 << 28);
  private readonly answers: Buffer[] = [];
  private readonly waiting: { resolve: (frame: Buffer) => void; reject: (error: Error) => void }[] = [];
  private correlationId = 1;
  closed = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.received(chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.closed = true;
      for (const { reject } of this.waiting.splice(0)) reject(new Error('the broker closed the connection'));
    });
  }

  static connect(bootstrap: string): Promise<WireClient> {
    const at = bootstrap.lastIndexOf(':');
    return new Promise((resolve, reject) => {
      const socket = connect({ host: bootstrap.slice(0, at), port: Number(bootstrap.slice(at + 1)) });
      socket.once('error', reject);
      socket.once('connect', () => resolve(new WireClient(socket)));
    });
  }

  /** Sends a request; the answer is not waited for. */
  send<Req, Res, In, ResIn>(api: Api<Req, Res, In, ResIn>, version: number, body: NoInfer<In>): number {
    const correlationId = this.correlationId++;
    const header = { correlationId, clientId: 'wire' };
    this.socket.write(encodeRequestFrame(api, version, header, body));
    return correlationId;
  }
  write(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  /** The next answer. Rejects when the connection closes first, or nothing comes within 15 s. */
  next(): Promise<Buffer> {
    const ready = this.answers.shift();
    if (ready !== undefined) return Promise.resolve(ready);
    if (this.closed) return Promise.reject(new Error('the broker closed the connection'));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer within ${ANSWER_MS} ms`)), ANSWER_MS);
      const settled = <T>(then: (value: T) => void) => {
        return (value: T) => {
          clearTimeout(timer);
          then(value);
        };
      };
      this.waiting.push({ resolve: settled(resolve), reject: settled(reject) });
    });
  }

  /** Sends a request and decodes its answer. */
  async call<Req, Res, In, ResIn>(api: Api<Req, Res, In, ResIn>, version: number, body: NoInfer<In>): Promise<Res> {
    const correlationId = this.send(api, version, body);
    const frame = await this.next();
    const got = peekCorrelationId(frame);
    if (got !== correlationId) throw new Error(`answer ${got} came for request ${correlationId}`);
    return decodeResponse(api, version, frame).body;
  }

  /** Makes a topic and waits until every partition has a leader that serves it. Returns its id. */
  async createTopic(name: string, configs: Readonly<Record<string, string>> = {}, partitions = 1): Promise<string> {
    const answer = await this.call(createTopics, 7, {
      topics: [
        {
          name,
          numPartitions: partitions,
          replicationFactor: 1,
          assignments: [],
          configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
        },
      ],
      timeoutMs: 10_000,
    });
    const [topic] = answer.topics;
    if (topic === undefined || topic.errorCode !== 0) throw new Error(`${name}: ${JSON.stringify(topic)}`);
    await eventually(`${name} has its leaders`, async () => {
      const { topics } = await this.call(metadata, 12, { topics: [{ name }], allowAutoTopicCreation: false });
      const found = topics[0];
      return found?.errorCode === 0 && found.partitions.filter(({ leaderId }) => leaderId >= 0).length === partitions;
    });
    // A leader is named a moment before it knows of it itself.
    const asked = Array.from({ length: partitions }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1 }));
    await eventually(`${name} is led`, async () => {
      const { topics } = await this.call(listOffsets, 5, {
        replicaId: -1,
        isolationLevel: 0,
        topics: [{ name, partitions: asked }],
      });
      return topics.every((each) => each.partitions.every(({ errorCode }) => errorCode === 0));
    });
    return topic.topicId;
  }

  close(): void {
    this.socket.destroy();
  }

  private received(chunk: Buffer): void {
    this.frames.push(chunk);
    for (let frame = this.frames.next(); frame !== undefined; frame = this.frames.next()) {
      const waiting = this.waiting.shift();
      if (waiting === undefined) this.answers.push(frame);
      else waiting.resolve(frame);
    }
  }
}

/** Declares scenarios that are each given a connection of their own, closed after them. */
export function wireScenarios(bootstrap: () => string) {
  return (name: string, run: (client: WireClient) => Promise<void>): void => {
    test(name, async () => {
      const client = await WireClient.connect(bootstrap());
      try {
        await run(client);
      } finally {
        client.close();
      }
    });
  };
}
