/**
 * AddPartitionsToTxn (key 24), versions 0-5: partitions enter a transaction, or are checked to be in it. Where one of them
 * does not exist none is added: it is refused by name, and the others were not attempted. Left out: nothing.
 */
import type { MetadataImage } from '../../controller/index.ts';
import { ErrorCode } from '../../core/index.ts';
import { type AddPartitionsToTxnRequest, addPartitionsToTxn } from '../../wire/index.ts';
import { handler } from './handler.ts';

type Topics = AddPartitionsToTxnRequest['v3AndBelowTopics'];

export const addPartitionsToTxnHandler = handler(addPartitionsToTxn, async (request, call, { transactions, image }) => {
  if (call.apiVersion < 4) {
    const refused = refusalOf(request.v3AndBelowTopics, image);
    if (refused !== undefined) return { resultsByTopicV3AndBelow: refused };
    return transactions.addPartitionsToTxn(request, call);
  }
  const refusals = request.transactions.map(({ topics }) => refusalOf(topics, image));
  const asked = request.transactions.filter((_transaction, at) => refusals[at] === undefined);
  const answer = await transactions.addPartitionsToTxn({ ...request, transactions: asked }, call);
  const results = [...answer.resultsByTransaction];
  return {
    errorCode: answer.errorCode,
    resultsByTransaction: request.transactions.map(({ transactionalId }, at) => {
      const topicResults = refusals[at];
      return topicResults === undefined ? results.shift()! : { transactionalId, topicResults };
    }),
  };
});

/** Undefined: every partition exists. */
function refusalOf(topics: Topics, image: MetadataImage) {
  const exists = (name: string, partition: number) => image.topic(name)?.partitions[partition] !== undefined;
  if (topics.every(({ name, partitions }) => partitions.every((partition) => exists(name, partition))))
    return undefined;
  return topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map((partitionIndex) => ({
      partitionIndex,
      partitionErrorCode: exists(name, partitionIndex)
        ? ErrorCode.OPERATION_NOT_ATTEMPTED
        : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    })),
  }));
}
