/** One life of a simulated node, from its start to its crash. Nothing of a life that is over acts any more. */
import { SystemError } from '../../core/index.ts';

export class Life {
  /** Unique in its simulation. */
  readonly id: number;
  /** The node's name. */
  readonly node: string;
  /** `broker-1#2`: the node and the number of this life. */
  readonly label: string;
  alive = true;

  constructor(id: number, node: string, number: number) {
    this.id = id;
    this.node = node;
    this.label = node === '' ? '' : `${node}#${number}`;
  }

  /** For calls that cannot simply never answer. @throws SystemError `EIO` when this life is over */
  mustBeAlive(path?: string): void {
    if (!this.alive) throw new SystemError('EIO', `${this.label} has crashed`, path);
  }
}
