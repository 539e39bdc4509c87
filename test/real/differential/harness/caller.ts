/** A connection of a scene: asks, and keeps in the transcript what was asked and what came of it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Api, decodeResponse, encodeRequestFrame } from '../../../../src/wire/index.ts';
import { Connection, type Reply } from './connection.ts';
import { nameOf, type Outcome, type Transcript } from './transcript.ts';

export interface AskOptions {
  /** Tells steps of one API apart in a report. */
  readonly as?: string;
  /** 15 s unless told. */
  readonly timeoutMs?: number;
}

const ANSWER_TIMEOUT_MS = 15_000;
export const UNTIL_TIMEOUT_MS = 20_000;

type Asked<Res, In> = Api<unknown, Res, In>;

/** Opened at its first use and again after the broker has closed it. */
export class Caller {
  readonly clientId: string;
  protected readonly transcript: Transcript;
  private connection: Promise<Connection> | undefined;
  private correlationId = 1;

  constructor(transcript: Transcript, clientId: string) {
    this.transcript = transcript;
    this.clientId = clientId;
  }

  /** Asks, keeps what comes, and gives it. @throws Error when it is not an answer; the scene ends there */
  async call<Res, In>(api: Asked<Res, In>, version: number, body: NoInfer<In>, options: AskOptions = {}): Promise<Res> {
    const step = this.transcript.note(api as Api, version, options.as);
    step.outcome = await this.ask(api, version, body, options.timeoutMs);
    if (step.outcome.kind !== 'answer') throw new Error(`${nameOf(step)}: ${step.outcome.kind}`);
    return step.outcome.body as Res;
  }

  /** Asks, and keeps what comes: an answer, or that the connection is closed. */
  async attempt<Res, In>(
    api: Asked<Res, In>,
    version: number,
    body: NoInfer<In>,
    options: AskOptions = {},
  ): Promise<Res | undefined> {
    const step = this.transcript.note(api as Api, version, options.as);
    step.outcome = await this.ask(api, version, body, options.timeoutMs);
    return step.outcome.kind === 'answer' ? (step.outcome.body as Res) : undefined;
  }

  /** Asks again and again until `done`, and keeps the last answer only. For what takes each side its own time. */
  async until<Res, In>(
    api: Asked<Res, In>,
    version: number,
    body: NoInfer<In>,
    done: (answer: Res) => boolean,
    options: AskOptions = {},
  ): Promise<Res> {
    const step = this.transcript.note(api as Api, version, options.as);
    const deadline = Date.now() + UNTIL_TIMEOUT_MS;
    for (;;) {
      step.outcome = await this.ask(api, version, body, options.timeoutMs);
      if (step.outcome.kind !== 'answer') throw new Error(`${nameOf(step)}: ${step.outcome.kind}`);
      const answer = step.outcome.body as Res;
      if (done(answer)) return answer;
      if (Date.now() > deadline) throw new Error(`${nameOf(step)}: not within ${UNTIL_TIMEOUT_MS} ms`);
      await sleep(20);
    }
  }

  /** Asks without keeping anything: preparation. */
  async quietly<Res, In>(api: Asked<Res, In>, version: number, body: NoInfer<In>): Promise<Res> {
    const outcome = await this.ask(api, version, body);
    if (outcome.kind !== 'answer') throw new Error(`${api.name} v${version}: ${outcome.kind}`);
    return outcome.body as Res;
  }

  /**
   * Sends a request that has no answer where it succeeds, and keeps whether the connection is open or closed
   * after `ApiVersions`, which follows it.
   */
  async tell<Res, In>(api: Asked<Res, In>, version: number, body: NoInfer<In>, options: AskOptions = {}) {
    const step = this.transcript.note(api as Api, version, options.as);
    const connection = await this.open();
    connection.tell(this.frame(api, version, body));
    const apiVersionsV0 = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 0, 0xff, 0xff]);
    const { kind } = await connection.ask(apiVersionsV0, ANSWER_TIMEOUT_MS);
    step.outcome = { kind: kind === 'frame' ? 'open' : kind };
  }

  /** Sends bytes as they are, a length included, and keeps what comes, in hexadecimal. */
  async raw(
    bytes: Uint8Array,
    as: string,
    covers?: { readonly apiName: string; readonly version: number },
  ): Promise<void> {
    const step = this.transcript.noteRaw(as, covers);
    const reply = await (await this.open()).ask(bytes, ANSWER_TIMEOUT_MS);
    step.outcome =
      reply.kind === 'frame' ? { kind: 'answer', body: reply.frame.toString('hex') } : { kind: reply.kind };
  }

  async close(): Promise<void> {
    (await this.connection)?.close();
    this.connection = undefined;
  }

  private async open(): Promise<Connection> {
    if (this.connection === undefined || (await this.connection).closed) {
      this.connection = Connection.open(this.transcript.bootstrap);
    }
    return this.connection;
  }

  private frame<In>(api: Asked<unknown, In>, version: number, body: In): Buffer {
    const header = { correlationId: this.correlationId++, clientId: this.clientId };
    return encodeRequestFrame(api as Api<unknown, unknown, In>, version, header, body as NoInfer<In>);
  }

  private async ask<Res, In>(api: Asked<Res, In>, version: number, body: In, timeoutMs?: number): Promise<Outcome> {
    const connection = await this.open();
    const reply = await connection.ask(
      this.frame(api as Asked<unknown, In>, version, body),
      timeoutMs ?? ANSWER_TIMEOUT_MS,
    );
    return outcomeOf(reply, api as Api, version);
  }
}

function outcomeOf(reply: Reply, api: Api, version: number): Outcome {
  if (reply.kind !== 'frame') return { kind: reply.kind };
  try {
    return { kind: 'answer', body: decodeResponse(api, version, reply.frame).body };
  } catch (error) {
    return { kind: 'undecodable', body: `${String(error)}: ${reply.frame.toString('hex')}` };
  }
}
