/** Every option of every client, for whoever lists or checks them: what it means, its default, and what is not taken. */
import { adminOptions } from './admin.ts';
import { commonOptions } from './common.ts';
import { consumerOptions } from './consumer.ts';
import type { OptionTable } from './normalise.ts';
import { adminNotTaken, consumerNotTaken, type NotTakenTable, producerNotTaken } from './not-taken.ts';
import { producerOptions } from './producer.ts';

export interface ClientOptionList {
  /** By Kafka's dotted names; the same in camelCase means the same. */
  readonly options: OptionTable;
  /** Kafka's properties that are refused, but for values that change nothing. */
  readonly notTaken: NotTakenTable;
}

export const clientOptions: Readonly<Record<'producer' | 'consumer' | 'admin', ClientOptionList>> & {
  /** Of the names in `options`, those that all clients have. */
  readonly common: readonly string[];
} = {
  common: Object.keys(commonOptions),
  producer: { options: producerOptions, notTaken: producerNotTaken },
  consumer: { options: consumerOptions, notTaken: consumerNotTaken },
  admin: { options: adminOptions, notTaken: adminNotTaken },
};
