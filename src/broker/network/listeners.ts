/** All the addresses that the broker listens on, with one count of connections and one memory for all of them. */
import { type BufferPool, type Logger, type Ports, SystemError } from '../../core/index.ts';
import type { BrokerConfig } from '../config/broker-configs.ts';
import type { ListenerPlan } from '../config/listeners.ts';
import { AnswerMemory } from './answer-memory.ts';
import type { Dispatch } from './connection.ts';
import { ConnectionCounts, connectionLimits } from './connection-limits.ts';
import { ConnectionPace } from './connection-pace.ts';
import { RequestMemory } from './request-memory.ts';
import { Server } from './server.ts';

export interface ListenersOptions {
  readonly plans: readonly ListenerPlan[];
  readonly config: BrokerConfig;
  readonly ports: Ports;
  readonly logger: Logger;
  /** What answers the requests that come by a listener. */
  readonly dispatchFor: (listenerName: string) => Dispatch;
  readonly buffers: BufferPool;
}

/** An address that clients are told. */
export interface AdvertisedEndpoint {
  readonly name: string;
  readonly host: string;
  readonly port: number;
}

/** Bytes of requests and of untaken answers that all connections may hold together. */
const REQUEST_BYTES_MAX = 512 * 1024 * 1024;
const ANSWER_BYTES_MAX = 256 * 1024 * 1024;

export class Listeners {
  private readonly servers: readonly (readonly [ListenerPlan, Server])[];
  private readonly requests: RequestMemory;
  private readonly answers: AnswerMemory;

  private constructor(
    servers: readonly (readonly [ListenerPlan, Server])[],
    requests: RequestMemory,
    answers: AnswerMemory,
  ) {
    this.servers = servers;
    this.requests = requests;
    this.answers = answers;
  }

  /** @throws SystemError where an address cannot be listened on, with the cure; none is listened on then */
  static async open({ plans, config, ports, logger, dispatchFor, buffers }: ListenersOptions): Promise<Listeners> {
    const { clock, network, timers } = ports;
    const requests = new RequestMemory(requestBytesMax(config), timers);
    const answers = new AnswerMemory(ANSWER_BYTES_MAX);
    const counts = new ConnectionCounts();
    const pace = new ConnectionPace(clock, timers, () => ({
      rate: config['max.connection.creation.rate'],
      waiting: config['socket.listen.backlog.size'],
    }));
    const opened: [ListenerPlan, Server][] = [];
    for (const plan of plans) {
      try {
        const server = await Server.listen({
          network,
          timers,
          logger,
          host: plan.host,
          port: plan.port,
          dispatch: dispatchFor(plan.name),
          maxFrameBytes: config['socket.request.max.bytes'],
          maxInFlight: config['queued.max.requests'],
          connectionLimits: () => connectionLimits(config),
          counts,
          pace,
          idleMs: config['connections.max.idle.ms'],
          requests,
          answers,
          buffers,
        });
        opened.push([plan, server]);
      } catch (error) {
        await Promise.all(opened.map(([, server]) => server.close(0)));
        if (!(error instanceof SystemError)) throw error;
        const what = `${plan.host}:${plan.port}: ${cureFor(error)}`;
        throw new SystemError(error.code, what, undefined, { cause: error });
      }
    }
    return new Listeners(opened, requests, answers);
  }

  /** What clients are told, the first listener first. */
  get advertised(): readonly AdvertisedEndpoint[] {
    return this.servers.map(([{ name, advertisedHost, advertisedPort }, server]) => ({
      name,
      host: advertisedHost ?? connectable(server.host),
      port: advertisedPort ?? server.port,
    }));
  }
  /** In the form of `listeners`, with the ports that were bound. */
  get text(): string {
    return this.servers.map(([{ name, host }, { port }]) => `${name}://${bracketed(host)}:${port}`).join(',');
  }
  get usage() {
    const connections = this.servers.reduce((sum, [, server]) => sum + server.connectionCount, 0);
    return { connections, requestBytes: this.requests.bytes, answerBytes: this.answers.bytes };
  }

  async close(graceMs: number): Promise<void> {
    await Promise.all(this.servers.map(([, server]) => server.close(graceMs)));
  }
}

/** Where `queued.max.request.bytes` is -1 there is a bound all the same. */
function requestBytesMax(config: BrokerConfig): number {
  const given = config['queued.max.request.bytes'];
  return given < 0 ? REQUEST_BYTES_MAX : given;
}

function cureFor(error: SystemError): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return 'the port is in use: stop the process that holds it, or choose another port (0 picks a free one)';
    case 'EACCES':
      return 'this user may not listen on that port: choose one above 1023';
    case 'EADDRNOTAVAIL':
      return 'this machine does not have that address: choose one of its own, such as 127.0.0.1 or 0.0.0.0';
    default:
      return error.message;
  }
}

/** "Every address" is nothing that a client could connect to. */
function connectable(host: string): string {
  return host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
}

/** An address with its port, as in `listeners`. */
export function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
