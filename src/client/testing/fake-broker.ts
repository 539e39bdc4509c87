/**
 * A broker of one's own making for the client's unit tests: speaks the wire, answers as it is told, and writes down what
 * it was asked. Nothing in it is durable, and nothing is there that a test does not put there.
 */
import type { Listener, Ports, Socket } from '../../core/index.ts';
import {
  type Api,
  apiByKey,
  apis,
  apiVersions,
  decodeRequestBody,
  decodeRequestHeader,
  encodeResponseFrame,
  FrameReader,
} from '../../wire/index.ts';

/** What becomes of a request besides an answer: none comes, or the connection ends. */
export type Reaction = 'no answer' | 'cut';

export interface Asked {
  readonly api: string;
  readonly version: number;
  readonly body: unknown;
  /** Counts connections, from 1. */
  readonly connection: number;
  /** Virtual milliseconds. */
  readonly at: number;
}

type AnyHandler = (body: unknown, version: number, connection: number) => unknown;

interface Rule {
  readonly api: number;
  left: number;
  readonly react: AnyHandler;
}

export class FakeBroker {
  readonly host: string;
  port = 0;
  /** Everything asked, ApiVersions left out. */
  readonly asked: Asked[] = [];
  connections = 0;
  /** Told by ApiVersions. */
  features: { name: string; level: number }[] = [{ name: 'transaction.version', level: 2 }];
  featuresEpoch = 1;

  private readonly ports: Ports;
  private readonly handlers = new Map<number, AnyHandler>();
  private readonly versions = new Map<number, { min: number; max: number }>();
  private rules: Rule[] = [];
  private readonly sockets = new Set<Socket>();
  private listener: Listener | undefined;

  constructor(ports: Ports, host: string) {
    this.ports = ports;
    this.host = host;
  }

  async listen(port = 9092): Promise<this> {
    this.listener = await this.ports.network.listen({ host: '0.0.0.0', port, accept: (socket) => this.accept(socket) });
    this.port = this.listener.port;
    return this;
  }
  async stop(): Promise<void> {
    await this.listener?.close();
    this.cutAll();
  }
  get address(): string {
    return `${this.host}:${this.port}`;
  }

  /** How an API is answered from now on. */
  on<Req, Res, ReqIn, ResIn>(
    api: Api<Req, Res, ReqIn, ResIn>,
    handler: (body: Req, version: number, connection: number) => ResIn | Reaction | Promise<ResIn | Reaction>,
  ): void {
    this.handlers.set(api.key, handler as AnyHandler);
  }
  /** The same for the next `times` requests, before `on`; rules of one API apply in the order given. */
  next<Req, Res, ReqIn, ResIn>(
    api: Api<Req, Res, ReqIn, ResIn>,
    times: number,
    handler: (body: Req, version: number, connection: number) => ResIn | Reaction | Promise<ResIn | Reaction>,
  ): void {
    this.rules.push({ api: api.key, left: times, react: handler as AnyHandler });
  }
  /** The request is dealt with as ever, but the answer is lost: cut, or never sent. */
  loseAnswer(api: Api, times = 1, how: Reaction = 'cut'): void {
    this.rules.push({
      api: api.key,
      left: times,
      react: async (body, version, connection) => {
        await this.handlers.get(api.key)?.(body, version, connection);
        return how;
      },
    });
  }
  /** Tells a range of versions other than the tables'. */
  limit(api: Api, min: number, max: number): void {
    this.versions.set(api.key, { min, max });
  }
  clearRules(): void {
    this.rules = [];
  }
  cutAll(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  bodies<Req>(api: Api<Req>): Req[] {
    return this.asked.filter((one) => one.api === api.name).map((one) => one.body as Req);
  }
  count(api: Api): number {
    return this.asked.filter((one) => one.api === api.name).length;
  }

  private accept(socket: Socket): ReturnType<Parameters<Ports['network']['listen']>[0]['accept']> {
    this.connections++;
    const connection = this.connections;
    this.sockets.add(socket);
    const reader = new FrameReader(1 << 26);
    let turn: Promise<void> = Promise.resolve();
    return {
      data: (chunk) => {
        reader.push(chunk);
        for (let frame = reader.next(); frame; frame = reader.next()) {
          const whole = frame;
          turn = turn.then(() => this.answer(socket, whole, connection));
        }
      },
      drain() {},
      close: () => void this.sockets.delete(socket),
    };
  }

  private async answer(socket: Socket, frame: Uint8Array, connection: number): Promise<void> {
    if (!this.sockets.has(socket)) return;
    const { apiKey, apiVersion, correlationId, bodyOffset } = decodeRequestHeader(frame);
    const api = apiByKey(apiKey);
    if (api === undefined) throw new Error(`no API ${apiKey}`);
    const body = decodeRequestBody(api, apiVersion, frame, bodyOffset);
    if (api.key !== apiVersions.key) {
      this.asked.push({ api: api.name, version: apiVersion, body, connection, at: this.ports.clock.monotonic() });
    }
    const result = await this.react(api, body, apiVersion, connection);
    if (result === 'no answer') return;
    if (result === 'cut') {
      this.sockets.delete(socket);
      socket.destroy();
      return;
    }
    // A version of ApiVersions that is not known is refused in version 0.
    const refused = api.key === apiVersions.key && (result as { errorCode?: number }).errorCode === 35;
    socket.write(encodeResponseFrame(api, refused ? 0 : apiVersion, correlationId, result as object));
  }

  private react(api: Api, body: unknown, version: number, connection: number): unknown {
    const rule = this.rules.find((candidate) => candidate.api === api.key && candidate.left > 0);
    if (rule !== undefined) {
      rule.left--;
      this.rules = this.rules.filter((candidate) => candidate.left > 0);
      return rule.react(body, version, connection);
    }
    const handler = this.handlers.get(api.key);
    if (handler !== undefined) return handler(body, version, connection);
    if (api.key === apiVersions.key) return this.versionsAnswer();
    throw new Error(`the test does not say how to answer ${api.name}`);
  }

  /** What the default answer to ApiVersions says. */
  versionsAnswer(): {
    apiKeys: { apiKey: number; minVersion: number; maxVersion: number }[];
    finalizedFeaturesEpoch: number;
    finalizedFeatures: { name: string; maxVersionLevel: number; minVersionLevel: number }[];
  } {
    return {
      apiKeys: apis.map(({ key, minVersion, maxVersion }) => ({
        apiKey: key,
        minVersion: this.versions.get(key)?.min ?? minVersion,
        maxVersion: this.versions.get(key)?.max ?? maxVersion,
      })),
      finalizedFeaturesEpoch: this.featuresEpoch,
      finalizedFeatures: this.features.map(({ name, level }) => ({
        name,
        maxVersionLevel: level,
        minVersionLevel: level,
      })),
    };
  }
}
