/**
 * One client's connection through the proxy: a socket to the client, one to the broker, a lane in each direction, and
 * the requests that the broker has not answered yet. Applies the faults that the rules decide.
 */
import type { Logger, Socket, SocketHandler, Timer, Timers } from '../../core/index.ts';
import { apiVersions, encodeRequestFrame, peekCorrelationId } from '../../wire/index.ts';
import { needsRewriting, rewriteAnswer, type Substitute } from './answers.ts';
import { Lane } from './lane.ts';
import { ProxiedRequest, type TopicNames } from './proxied-request.ts';
import { refusal } from './refusals.ts';
import type { FaultDirection, FaultHit, FaultRule } from './rules.ts';

/** More requests than any client leaves unanswered: beyond it the client is paused. */
const UNANSWERED_MAX = 1000;
/** API key, version, correlation id. */
const HEADER_BYTES_MIN = 8;
/** How long a broker may take to answer what it had received before its client was cut off. */
const DRAIN_MS_MAX = 10_000;

export interface ConnectionOptions {
  readonly id: number;
  readonly upstream: string;
  readonly maxFrameBytes: number;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly names: TopicNames;
  readonly substitute: Substitute;
  readonly match: (direction: FaultDirection, request: ProxiedRequest) => FaultRule | undefined;
  readonly record: (hit: FaultHit) => void;
  readonly closed: () => void;
}

export class ProxyConnection {
  readonly fromClient: SocketHandler;
  readonly fromUpstream: SocketHandler;
  private readonly options: ConnectionOptions;
  private readonly client: Socket;
  private upstream: Socket | undefined;
  private readonly requests: Lane;
  private readonly answers: Lane;
  private readonly connected: () => void;
  private unanswered: ProxiedRequest[] = [];
  private releaseRequests: (() => void) | undefined;
  private clientGone = false;
  private upstreamGone = false;
  /** The client was cut off; what the broker still answers is thrown away. */
  private draining = false;
  private destroyed = false;
  private finished = false;
  private deadline: Timer | undefined;

  constructor(client: Socket, options: ConnectionOptions) {
    this.options = options;
    this.client = client;
    const broken = (error: Error) => {
      options.logger.warn('closing a connection that does not speak in frames', { upstream: options.upstream, error });
      this.destroy();
    };
    const { maxFrameBytes } = options;
    this.requests = new Lane({
      maxFrameBytes,
      broken,
      take: (frame) => this.takeRequest(frame),
      drained: () => this.endUpstream(),
    });
    this.answers = new Lane({
      maxFrameBytes,
      broken,
      take: (frame) => this.takeAnswer(frame),
      drained: () => this.client.end(),
    });
    this.requests.setSource(client);
    this.answers.setSink(client);
    this.connected = this.requests.hold();
    this.fromClient = {
      data: (chunk) => this.requests.push(chunk),
      drain: () => this.answers.unchoke(),
      close: () => {
        this.clientGone = true;
        // A client that only sends (acks=0) may leave at once: what it sent still goes to the broker.
        if (!this.draining) this.answers.stop();
        this.requests.end();
        this.finishIfOver();
      },
    };
    this.fromUpstream = {
      data: (chunk) => this.answers.push(chunk),
      drain: () => this.requests.unchoke(),
      close: () => {
        this.upstreamGone = true;
        this.requests.stop();
        this.answers.end();
        this.finishIfOver();
      },
    };
  }

  /** The broker is reached. */
  attach(upstream: Socket): void {
    this.upstream = upstream;
    this.answers.setSource(upstream);
    this.requests.setSink(upstream);
    if (this.destroyed) upstream.destroy();
    else this.connected();
  }
  /** The broker is not reached. */
  detach(): void {
    this.upstreamGone = true;
    this.destroy();
    this.finishIfOver();
  }
  /** Ends both sides at once. */
  destroy(): void {
    this.destroyed = true;
    this.requests.stop();
    this.answers.stop();
    this.client.destroy();
    this.upstream?.destroy();
  }

  private finishIfOver(): void {
    if (!this.clientGone || !this.upstreamGone || this.finished) return;
    this.finished = true;
    this.deadline?.cancel();
    this.options.closed();
  }
  /** The broker's side ends once what was sent has left, and at the latest when the time is up. */
  private endUpstream(): void {
    this.upstream?.end();
    this.startDeadline();
  }
  private startDeadline(): void {
    this.deadline ??= this.options.timers.after(DRAIN_MS_MAX, () => {
      this.client.destroy();
      this.upstream?.destroy();
    });
  }

  private takeRequest(frame: Uint8Array): void {
    const { id, upstream, names, match, record, timers } = this.options;
    // Too short for a request's header: the raw tokens of an old SASL exchange, for example.
    if (frame.length < HEADER_BYTES_MIN) {
      this.requests.send(frame);
      return;
    }
    const request = new ProxiedRequest(frame, id, upstream, names);
    const rule = match('request', request);
    if (rule?.action === 'cut') {
      const { unanswered, swallowed } = this.cut();
      record({ rule, direction: 'request', request, unanswered, swallowed });
      return;
    }
    if (rule?.error !== undefined) {
      record({ rule, direction: 'request', request, unanswered: [], swallowed: [] });
      request.refusal = refusal(request, rule.error);
      // In its place goes a question without consequence, so that the refusal keeps its turn among the answers.
      const { correlationId } = request;
      this.forward(request, encodeRequestFrame(apiVersions, 0, { correlationId, clientId: null }, {}).subarray(4));
      return;
    }
    if (rule !== undefined) {
      record({ rule, direction: 'request', request, unanswered: [], swallowed: [] });
      const release = this.requests.hold();
      timers.after(rule.delayMs ?? 0, () => {
        this.forward(request, frame);
        release();
      });
      return;
    }
    this.forward(request, frame);
  }

  private forward(request: ProxiedRequest, frame: Uint8Array): void {
    if (request.expectsReply) {
      this.unanswered.push(request);
      if (this.unanswered.length >= UNANSWERED_MAX) this.releaseRequests ??= this.requests.hold();
    }
    this.requests.send(frame);
  }

  private takeAnswer(frame: Uint8Array): void {
    const request = this.requestOf(frame);
    if (this.draining) {
      if (this.unanswered.length === 0) this.endUpstream();
      return;
    }
    if (request === undefined || request.refusal !== undefined) {
      this.answers.send(request?.refusal ?? frame);
      return;
    }
    const { match, record, timers } = this.options;
    const rule = match('response', request);
    if (rule === undefined) {
      this.deliver(request, frame);
    } else if (rule.action === 'delay') {
      record({ rule, direction: 'response', request, unanswered: [], swallowed: [] });
      const release = this.answers.hold();
      timers.after(rule.delayMs ?? 0, () => {
        this.deliver(request, frame);
        release();
      });
    } else if (rule.action === 'cut' || rule.thenCut !== false) {
      const { unanswered, swallowed } = this.cut();
      record({ rule, direction: 'response', request, unanswered, swallowed });
    } else {
      record({ rule, direction: 'response', request, unanswered: [], swallowed: [] });
    }
  }

  /** Brokers answer in order; an answer that was skipped over will not come any more. */
  private requestOf(frame: Uint8Array): ProxiedRequest | undefined {
    if (frame.length < 4) return undefined;
    const id = peekCorrelationId(frame);
    const at = this.unanswered.findIndex((request) => request.correlationId === id);
    if (at === -1) return undefined;
    const [request] = this.unanswered.splice(0, at + 1).slice(-1);
    if (this.unanswered.length < UNANSWERED_MAX / 2) {
      this.releaseRequests?.();
      this.releaseRequests = undefined;
    }
    return request;
  }

  private deliver(request: ProxiedRequest, frame: Uint8Array): void {
    if (!needsRewriting(request)) {
      this.answers.send(frame);
      return;
    }
    const { substitute, names, logger } = this.options;
    const release = this.answers.hold();
    rewriteAnswer(request, frame, substitute, names).then(
      (rewritten) => {
        this.answers.send(rewritten);
        release();
      },
      (error: unknown) => {
        // Passing it on could lead the client around the proxy.
        logger.warn(`an answer to ${request.apiName} could not be rewritten`, { version: request.apiVersion, error });
        this.destroy();
      },
    );
  }

  /** The client is cut off. What the broker had received it still handles, and its answers go nowhere. */
  private cut(): { unanswered: ProxiedRequest[]; swallowed: ProxiedRequest[] } {
    const { id, upstream, names } = this.options;
    this.draining = true;
    const unanswered = [...this.unanswered];
    const swallowed: ProxiedRequest[] = [];
    for (const frame of this.requests.stop()) {
      if (frame.length >= HEADER_BYTES_MIN) swallowed.push(new ProxiedRequest(frame, id, upstream, names));
    }
    // Not destroyed: answers that no rule took are still delivered.
    this.client.end();
    this.answers.discard();
    if (unanswered.length === 0) this.endUpstream();
    else this.startDeadline();
    return { unanswered, swallowed };
  }
}
