/** A client of tests that asks until it is answered, as every Kafka client does: on a new connection where one broke. */
import { ErrorCode, type ErrorName, isRetriable, type Network } from '../../src/core/index.ts';
import type { Simulation } from '../../src/lab/index.ts';
import { RawClient, type Request } from './raw-client.ts';
import { errorsOf } from './requests.ts';
import { BROKER, PORT } from './world.ts';

const PAUSE_MS = 5;
const ATTEMPTS_MAX = 2000;
/** Retriable in general, and here an answer. */
const FINAL = 'UNKNOWN_TOPIC_OR_PARTITION';

export class StubbornClient {
  private readonly sim: Simulation;
  /** Of the node as it lives now: dies with it. */
  private readonly network: Network;
  private readonly broker: string;
  private connection: RawClient | undefined;

  constructor(sim: Simulation, node: string, broker = BROKER) {
    this.sim = sim;
    this.network = sim.node(node).network;
    this.broker = broker;
  }

  /** `alsoFine`: errors that are an answer like NONE. @throws Error for any other that is not retriable */
  async ask<Res extends object>(what: Request<Res>, ...alsoFine: readonly ErrorName[]): Promise<Res> {
    let problem: unknown;
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      let answer: Res | undefined;
      try {
        this.connection ??= await RawClient.connect(this.network, this.broker, PORT);
        answer = await this.connection.call(what);
      } catch (error) {
        problem = error;
        this.connection?.close();
        this.connection = undefined;
      }
      if (answer !== undefined) {
        const refusals = errorsOf(answer).filter((name) => name !== 'NONE' && !alsoFine.includes(name));
        if (refusals.length === 0) return answer;
        problem = refusals.join(', ');
        if (!refusals.every((name) => name !== FINAL && isRetriable(ErrorCode[name]))) break;
      }
      await this.sim.sleep(PAUSE_MS);
    }
    throw new Error(`${what.api.name} v${what.version} was not answered: ${String(problem)}`);
  }

  close(): void {
    this.connection?.close();
    this.connection = undefined;
  }
}
