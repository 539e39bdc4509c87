/**
 * DescribeLogDirs (key 35): what lies in a broker's data directories (KIP-113). Versions 1-5; 0 was removed in Kafka 4.0.
 * Since 3 with an error for all, since 4 with the size of the volume (KIP-827), since 5 with cordoned directories. Left
 * out: nothing.
 */
import { api, array, bool, type Infer, type InferInput, int16, int32, int64, message, string } from '../schema.ts';

export const describeLogDirsRequest = message('DescribeLogDirsRequest', {
  versions: '1-5',
  flexible: '2+',
  fields: {
    /** Null: all. */
    topics: array({ topic: string(), partitions: array(int32()) }, { nullable: '0+' }),
  },
});

export const describeLogDirsResponse = message('DescribeLogDirsResponse', {
  versions: '1-5',
  flexible: '2+',
  fields: {
    throttleTimeMs: int32(),
    errorCode: int16({ versions: '3+' }),
    results: array({
      errorCode: int16(),
      /** Absolute path. */
      logDir: string(),
      topics: array({
        name: string(),
        partitions: array({
          partitionIndex: int32(),
          /** Bytes of all segments. */
          partitionSize: int64(),
          /** How far a replica that is not the leader lies behind the high watermark. */
          offsetLag: int64(),
          /** Made by AlterReplicaLogDirs, to take the place of the other when it has caught up. */
          isFutureKey: bool(),
        }),
      }),
      /** Of the volume; -1: not known. */
      totalBytes: int64({ versions: '4+', default: -1 }),
      /** Of the volume; -1: not known. */
      usableBytes: int64({ versions: '4+', default: -1 }),
      /** Takes no new partitions. */
      isCordoned: bool({ versions: '5+' }),
    }),
  },
});

export const describeLogDirs = api({
  key: 35,
  name: 'DescribeLogDirs',
  request: describeLogDirsRequest,
  response: describeLogDirsResponse,
});

export type DescribeLogDirsRequest = Infer<typeof describeLogDirsRequest>;
export type DescribeLogDirsRequestInput = InferInput<typeof describeLogDirsRequest>;
export type DescribeLogDirsResponse = Infer<typeof describeLogDirsResponse>;
export type DescribeLogDirsResponseInput = InferInput<typeof describeLogDirsResponse>;
