/** Records for the tools to look at, the same on every cluster: partitions, values and timestamps are given. */
import { connect } from 'node:net';
import { Kafka, logLevel } from 'kafkajs';
import { encodeBatch } from '../../../src/records/index.ts';
import {
  type Api,
  decodeResponse,
  encodeRequestFrame,
  FrameReader,
  initProducerId,
  produce,
} from '../../../src/wire/index.ts';
import { eventually } from '../../conformance/cluster.ts';

/** 2023-11-14T22:13:20Z */
export const firstTimestamp = 1_700_000_000_000;

export function client(bootstrap: string): Kafka {
  return new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING });
}

/** Fifteen records a second apart: ten in partition 0 and five in partition 1. */
export async function fill(bootstrap: string, topic: string): Promise<void> {
  const producer = client(bootstrap).producer();
  await producer.connect();
  const messages = Array.from({ length: 15 }, (_, index) => ({
    partition: index % 3 === 2 ? 1 : 0,
    value: `v-${index}`,
    timestamp: String(firstTimestamp + index * 1000),
  }));
  await producer.send({ topic, messages });
  await producer.disconnect();
}

/** One connection that speaks the wire by hand: what no client can be made to send. */
async function exchange<T>(bootstrap: string, talk: (call: Call) => Promise<T>): Promise<T> {
  const [host, port] = bootstrap.split(':');
  const socket = connect({ host: host!, port: Number(port) });
  const frames = new FrameReader(1 << 20);
  let failed: (error: Error) => void = () => {};
  let answered: (frame: Buffer) => void = () => {};
  socket.setTimeout(10_000, () => socket.destroy(new Error('no answer within 10 s')));
  socket.on('error', (error) => failed(error));
  socket.on('close', () => failed(new Error('the broker closed the connection')));
  socket.on('data', (chunk) => {
    frames.push(chunk);
    for (let frame = frames.next(); frame !== undefined; frame = frames.next()) answered(frame);
  });
  const call: Call = async (api, version, body) => {
    const frame = await new Promise<Buffer>((resolve, reject) => {
      [answered, failed] = [resolve, reject];
      socket.write(encodeRequestFrame(api, version, { correlationId: 1, clientId: 'by-hand' }, body));
    });
    return decodeResponse(api, version, frame).body;
  };
  try {
    return await talk(call);
  } finally {
    failed = () => {};
    socket.destroy();
  }
}

type Call = <Req, Res, In>(api: Api<Req, Res, In>, version: number, body: NoInfer<In>) => Promise<Res>;

/**
 * A transaction that no coordinator knows, an hour old: it hangs until an operator aborts it. The broker must not verify
 * transactional batches meanwhile. Returns its producer id.
 */
export function leaveHanging(bootstrap: string, topic: string): Promise<number> {
  return exchange(bootstrap, async (call) => {
    const { producerId } = await call(initProducerId, 4, { transactionalId: null, transactionTimeoutMs: 60_000 });
    const timestamp = Date.now() - 3_600_000;
    const records = encodeBatch({
      records: [{ key: null, value: 'hanging', timestamp }],
      producerId,
      producerEpoch: 0,
      baseSequence: 0,
      transactional: true,
    });
    const send = async () => {
      const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }];
      const answer = await call(produce, 9, { transactionalId: 'hanging', acks: -1, timeoutMs: 10_000, topicData });
      return answer.responses[0]!.partitionResponses[0]!.errorCode;
    };
    // A changed configuration takes a moment to reach the partition.
    let errorCode = -1;
    const accepted = async () => {
      errorCode = await send();
      return errorCode === 0;
    };
    await eventually('a transaction that hangs', accepted, { state: () => errorCode });
    return producerId;
  });
}
