/** The brokers that are up: those that the row being measured asks for, and no others. */

import { apacheKafkaBroker } from '../peers/apache-kafka.ts';
import { ourRunningBroker } from '../peers/our-broker.ts';
import type { BrokerName, RunningBroker } from './row.ts';

const withoutSync = { 'acks.all.fdatasync': 'false' };

export class Brokers {
  private readonly up = new Map<BrokerName, RunningBroker>();
  private readonly profiles: string | undefined;

  constructor(profiles: string | undefined) {
    this.profiles = profiles;
  }

  /** @throws Error where it is not up */
  get(name: BrokerName): RunningBroker {
    const broker = this.up.get(name);
    if (broker === undefined) throw new Error(`the row does not name ${name} among its brokers`);
    return broker;
  }

  async have(names: readonly BrokerName[]): Promise<void> {
    for (const [name, broker] of this.up) {
      if (names.includes(name)) continue;
      this.up.delete(name);
      await broker.stop();
    }
    for (const name of names) if (!this.up.has(name)) this.up.set(name, await this.start(name));
  }

  private start(name: BrokerName): Promise<RunningBroker> {
    switch (name) {
      case 'onceward':
        return ourRunningBroker(name, {}, this.profiles);
      case 'onceward without fdatasync':
        return ourRunningBroker(name, withoutSync, this.profiles);
      case 'Apache Kafka':
        return apacheKafkaBroker();
    }
  }
}
