/**
 * ListPartitionReassignments (key 46), version 0: which replicas are on the move (KIP-455). Left out: reassignments; with
 * one broker there is nowhere to move to, so the list is empty.
 */
import { listPartitionReassignments } from '../../wire/index.ts';
import { handler } from './handler.ts';

export const listPartitionReassignmentsHandler = handler(listPartitionReassignments, () => ({
  errorMessage: null,
  topics: [],
}));
