/** Which topic names Kafka accepts, and which of them collide in its metrics. */

const MAX_NAME_LENGTH = 249;

/** Why `name` is no topic name, or undefined where it is one. */
export function topicNameProblem(name: string): string | undefined {
  if (name === '') return 'Topic name is invalid: the empty string is not allowed';
  if (name === '.' || name === '..') return `Topic name is invalid: '${name}' is not allowed`;
  if (name.length > MAX_NAME_LENGTH) {
    return `Topic name is invalid: the length of '${name.slice(0, 300)}' is longer than the max allowed length ${MAX_NAME_LENGTH}`;
  }
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return `Topic name is invalid: '${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`;
  }
  return undefined;
}

/** Names with the same form collide: Kafka's metrics turn '.' into '_'. */
export function collisionForm(name: string): string {
  return name.replaceAll('.', '_');
}

export const CONSUMER_OFFSETS = '__consumer_offsets';
export const TRANSACTION_STATE = '__transaction_state';
export const CLUSTER_METADATA = '__cluster_metadata';

/** Topics that the cluster keeps for itself. */
export function isInternalTopic(name: string): boolean {
  return name === CONSUMER_OFFSETS || name === TRANSACTION_STATE;
}
