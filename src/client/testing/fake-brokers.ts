/** Two brokers of one cluster, for tests of where requests go: who leads, controls and coordinates is what the test says. */
import { ErrorCode, type Ports } from '../../core/index.ts';
import { findCoordinator, metadata } from '../../wire/index.ts';
import { FakeBroker } from './fake-broker.ts';

export class FakeBrokers {
  readonly one: FakeBroker;
  readonly two: FakeBroker;
  /** By topic: the leader of each of its partitions. */
  readonly leaders = new Map<string, number[]>();
  /** By group or transactional id; 1 where nothing is said. */
  readonly coordinators = new Map<string, number>();
  controllerId = 1;

  constructor(node: (name: string) => Ports) {
    this.one = new FakeBroker(node('one'), 'one');
    this.two = new FakeBroker(node('two'), 'two');
    for (const broker of [this.one, this.two]) this.answers(broker);
  }

  async listen(): Promise<void> {
    await Promise.all([this.one.listen(), this.two.listen()]);
  }

  private answers(broker: FakeBroker): void {
    broker.on(metadata, ({ topics }) => ({
      brokers: [
        { nodeId: 1, host: this.one.host, port: 9092 },
        { nodeId: 2, host: this.two.host, port: 9092 },
      ],
      clusterId: 'fake',
      controllerId: this.controllerId,
      topics: (topics ?? []).map(({ name }) => ({
        name,
        errorCode: this.leaders.has(name!) ? 0 : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        partitions: (this.leaders.get(name!) ?? []).map((leaderId, partitionIndex) => ({ partitionIndex, leaderId })),
      })),
    }));
    broker.on(findCoordinator, ({ key, coordinatorKeys }, version) => {
      const of = (id: string) => {
        const nodeId = this.coordinators.get(id) ?? 1;
        return { nodeId, host: nodeId === 1 ? this.one.host : this.two.host, port: 9092 };
      };
      return version < 4 ? of(key) : { coordinators: coordinatorKeys.map((id) => ({ key: id, ...of(id) })) };
    });
  }
}
