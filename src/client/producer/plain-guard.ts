/** For producers without transactions: numbers where idempotence is on, nothing else. */
import type { ClientError } from '../errors.ts';
import type { Cluster } from '../metadata/cluster.ts';
import type { ProducerConfig } from '../options/producer.ts';
import { ignore } from '../support/async.ts';
import type { DeliveryGuard } from './delivery-guard.ts';
import { IdempotentIdentity } from './idempotence.ts';
import { type ProducerIdentity, same } from './partition-queue.ts';
import type { BatchQueue } from './producer-batch.ts';

/** `changed`: the producer has an id, or will have none, for this reason. */
export function plainGuard(
  cluster: Cluster,
  config: ProducerConfig,
  changed: (failure: ClientError | undefined) => void,
): DeliveryGuard {
  let refused: ClientError | undefined;
  const identities = new IdempotentIdentity(cluster, config, (failure) => {
    refused ??= failure;
    changed(failure);
  });
  return {
    numbered: config.enableIdempotence,
    transactional: false,
    refusal: () => refused,
    identity: () => {
      // Whoever numbers nothing needs no id, and may not be allowed to ask for one.
      if (!config.enableIdempotence) return undefined;
      identities.ensure();
      return identities.current;
    },
    admits: () => true,
    versions: () => ({}),
    leaving: ignore,
    raiseEpoch: (queue: BatchQueue): ProducerIdentity | undefined => {
      const { current } = identities;
      if (current === undefined) identities.ensure();
      // Another partition raised it already.
      if (current === undefined || !same(queue.identity, current)) return current;
      return identities.raise();
    },
    forgetIdentity: () => identities.discard(),
    batchFailed: ignore,
  };
}
