/**
 * The worlds in which the scenarios of our client run: our broker in the simulator, our broker over TCP, Apache Kafka.
 * A scenario takes its time, its chance and its network from the world, and so cannot tell which one it is in.
 */
import { Broker, type BrokerConfigInput } from '../../src/broker/index.ts';
import type { Ports } from '../../src/core/index.ts';
import { Simulation } from '../../src/lab/index.ts';
import { nodePorts } from '../../src/node/index.ts';
import type { Cluster } from '../conformance/cluster.ts';

/** A cluster of one broker that can be started again on what it has kept, at the address that it had. */
export interface RestartableCluster extends Cluster {
  restart(): Promise<void>;
}

export interface World extends RestartableCluster {
  /** Of the clients, and of the scenario itself. */
  readonly ports: Ports;
  /** Where a proxy between the clients and the broker may listen. */
  readonly proxy: { readonly host: string; readonly ports: Ports };
  /** Runs a program in this world's time. */
  run<T>(program: () => Promise<T>): Promise<T>;
}

export type StartWorld = () => Promise<World>;

export function overTcp(start: () => Promise<RestartableCluster>): StartWorld {
  return async () => {
    const cluster = await start();
    const ports = nodePorts();
    return {
      bootstrap: cluster.bootstrap,
      ports,
      proxy: { host: '127.0.0.1', ports },
      run: (program) => program(),
      restart: () => cluster.restart(),
      stop: () => cluster.stop(),
    };
  };
}

/** Longer than any scenario takes, in virtual time. */
const SCENARIO_MS = 600_000;
const HOST = 'broker';
const PORT = 9092;

/** A broker, its clients and a proxy on nodes of their own; everything is a function of the seed. */
export function simulated(seed: number, config: BrokerConfigInput): StartWorld {
  return async () => {
    const sim = new Simulation({ seed });
    const run = <T>(program: () => Promise<T>) =>
      sim.run(program, { untilMs: sim.nowMs + SCENARIO_MS, mostEvents: 20_000_000 });
    const startOn = (ports: Ports) => Broker.start({ host: HOST, port: PORT, dataDirectory: '/data', config, ports });
    let broker = await run(() => startOn(sim.node(HOST)));
    return {
      bootstrap: broker.bootstrap,
      ports: sim.node('client'),
      proxy: { host: 'proxy', ports: sim.node('proxy') },
      run,
      async restart() {
        await broker.close();
        sim.kill(HOST);
        broker = await startOn(sim.restart(HOST));
      },
      stop: () => run(() => broker.close()),
    };
  };
}
