/** What a node of Apache Kafka needs that is broker and controller at once, alone, on loopback. */
import { createServer } from 'node:net';

/** Two ports that are free now, and as many further ones. */
export async function freePorts(further = 0): Promise<readonly [number, number, ...number[]]> {
  const open = () =>
    new Promise<{ port: number; close: () => Promise<void> }>((resolve, reject) => {
      const server = createServer();
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        if (address === null || typeof address === 'string') return reject(new Error('no port'));
        const close = () => new Promise<void>((done) => server.close(() => done()));
        resolve({ port: address.port, close });
      });
    });
  const [first, second] = [await open(), await open()];
  const others = await Promise.all(Array.from({ length: further }, open));
  await Promise.all([first, second, ...others].map(({ close }) => close()));
  return [first.port, second.port, ...others.map(({ port }) => port)];
}

/** Its properties. */
export function loneNode(
  port: number,
  controllerPort: number,
  dataDirectory: string,
): Readonly<Record<string, string>> {
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'log.dirs': dataDirectory,
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '5',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'transaction.state.log.num.partitions': '5',
    'share.coordinator.state.topic.replication.factor': '1',
    'share.coordinator.state.topic.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
  };
}
