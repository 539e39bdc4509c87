/**
 * A world for simulated scenarios: one broker on a node of its own with a simulated disk, and clients on other nodes.
 * Everything in it is a function of the simulation's seed.
 */
import { Broker } from '../../src/broker/index.ts';
import { Admin, Consumer, type ConsumerOptions, Producer, type ProducerOptions } from '../../src/client/index.ts';
import type { Logger, Ports } from '../../src/core/index.ts';
import type { Simulation } from '../../src/lab/index.ts';

export const BROKER = 'broker';
export const PORT = 9092;
export const ADDRESS = `${BROKER}:${PORT}`;

type BrokerSettings = NonNullable<Parameters<typeof Broker.start>[0]>['config'];

/** Small, so that a run is quick; otherwise as it is by default. */
const SETTINGS: BrokerSettings = {
  'offsets.topic.num.partitions': 3,
  'transaction.state.log.num.partitions': 3,
};

/** Starts the broker on its node, on what its disk holds. */
export function startBroker(ports: Ports, settings: BrokerSettings = {}, logger?: Logger): Promise<Broker> {
  return Broker.start({
    host: BROKER,
    port: PORT,
    dataDirectory: '/data',
    config: { ...SETTINGS, ...settings },
    ports,
    ...(logger === undefined ? {} : { logger }),
  });
}

/** Clients on a node of their own. */
export class ClientNode {
  readonly ports: Ports;

  constructor(sim: Simulation, name: string) {
    this.ports = sim.node(name);
  }
  producer(options: Omit<ProducerOptions, 'bootstrapServers'> = {}): Producer {
    return new Producer({ bootstrapServers: ADDRESS, lingerMs: 0, ports: this.ports, ...options });
  }
  consumer(options: Omit<ConsumerOptions, 'bootstrapServers'> = {}): Consumer {
    return new Consumer({ bootstrapServers: ADDRESS, autoOffsetReset: 'earliest', ports: this.ports, ...options });
  }
  admin(): Admin {
    return new Admin({ bootstrapServers: ADDRESS, ports: this.ports });
  }
}

export function text(bytes: Uint8Array | null): string {
  return bytes === null ? 'null' : Buffer.from(bytes).toString();
}
