/** Producer ids out of the blocks that the controller hands out (KIP-730): each is used at most once in the cluster. */

/** `count` ids from `first` on, ours for ever. */
export interface ProducerIdBlock {
  readonly first: number;
  readonly count: number;
}

export class ProducerIds {
  private readonly allocate: () => Promise<ProducerIdBlock>;
  private next = 0;
  private left = 0;
  private fetching: Promise<void> | undefined;

  constructor(allocate: () => Promise<ProducerIdBlock>) {
    this.allocate = allocate;
  }

  /** The next id; undefined while a block is being fetched. */
  take(): number | undefined {
    if (this.left === 0) {
      this.fetch().catch(() => undefined);
      return undefined;
    }
    this.left -= 1;
    this.next += 1;
    return this.next - 1;
  }

  /** Resolves when there is an id to take. @throws what the controller answered */
  async ready(): Promise<void> {
    while (this.left === 0) await this.fetch();
  }

  private fetch(): Promise<void> {
    this.fetching ??= this.allocate()
      .then(({ first, count }) => {
        this.next = first;
        this.left = count;
      })
      .finally(() => {
        this.fetching = undefined;
      });
    return this.fetching;
  }
}
