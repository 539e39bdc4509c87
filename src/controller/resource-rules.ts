/** What may be set on a kind of resource. The controller has those of topics; the broker brings those of itself. */

export interface ResourceRules {
  /** Can a value be appended to that property? */
  isList(name: string): boolean;
  /** What appending begins with where nothing is set; null: nothing. */
  defaultText(name: string): string | null;
  /** Of all that would be set on the resource afterwards. @throws KafkaError that refuses it */
  check(resourceName: string, configs: ReadonlyMap<string, string>): void;
}
