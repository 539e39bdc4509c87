/**
 * A durable broker that speaks Kafka's protocol, inside this process.
 *
 * ```ts
 * import { Broker } from 'onceward/broker';
 *
 * await using broker = await Broker.start({ dataDirectory: './data' });
 * console.log(broker.bootstrap); // "127.0.0.1:51234", for any Kafka client
 * ```
 */
import { nodePorts } from '../node/index.ts';
import { type BrokerOptions, type BrokerUsage, type RunningBroker, startBroker } from './broker.ts';

export type { BrokerOptions, BrokerUsage } from './broker.ts';
export { type BrokerConfig, type BrokerConfigInput, brokerConfigs } from './config/broker-configs.ts';
export { FIXED_AT_START } from './config/broker-rules.ts';
export { tellAll } from './config/config-problem.ts';
export { withoutEffectReason } from './config/effects.ts';
export { loneBrokerConfigs } from './config/lone-broker.ts';
export { brokerConfigProblems } from './config/problems.ts';

export class Broker implements AsyncDisposable {
  /** What clients are told to connect to. */
  readonly host: string;
  readonly port: number;
  /** `host:port`, or `[::1]:port`: the bootstrap address for clients. */
  readonly bootstrap: string;
  readonly nodeId: number;
  readonly clusterId: string;
  private readonly running: RunningBroker;
  private closing: Promise<void> | undefined;

  private constructor(running: RunningBroker) {
    this.running = running;
    this.host = running.host;
    this.port = running.port;
    this.bootstrap = `${running.host.includes(':') ? `[${running.host}]` : running.host}:${running.port}`;
    this.nodeId = running.nodeId;
    this.clusterId = running.clusterId;
  }

  /**
   * Resolves once the broker answers requests.
   * @throws DirectoryLockedError when another process holds the data directory; SystemError when the port is taken or the
   * directory cannot be written; Error for a bad configuration. Each message says what to do.
   */
  static async start(options: BrokerOptions = {}): Promise<Broker> {
    return new Broker(await startBroker(options, nodePorts()));
  }

  /** What its peers hold of it at the moment: connections, bytes, waiting fetches. */
  usage(): BrokerUsage {
    return this.running.usage();
  }

  /** Lets requests under way be answered, closes every log cleanly and frees the directory. Within a few seconds. */
  close(): Promise<void> {
    this.closing ??= this.running.close();
    return this.closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
