/** DescribeTransactions (key 65), version 0: state, producer and partitions of transactional ids. Left out: nothing. */
import { describeTransactions } from '../../wire/index.ts';
import { handler } from './handler.ts';

export const describeTransactionsHandler = handler(
  describeTransactions,
  async ({ transactionalIds }, _call, { transactions }) => ({
    transactionStates: await transactions.describeTransactions(transactionalIds),
  }),
);
