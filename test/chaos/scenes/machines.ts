import type { NginxServer, RabbitMqCluster } from '@comanda/local-infra';
import type { Random } from '../random.js';

/** The nodes of the broker and the edge, as the faults see them. */
export class Machines {
  readonly #struck = new Set<number>();

  constructor(
    readonly cluster: RabbitMqCluster,
    readonly edge: NginxServer,
  ) {}

  /**
   * A node that no other fault has in hand.
   *
   * @returns its number, and how to give it back when it has recovered
   */
  strike(random: Random): { readonly node: number; giveBack(): void } {
    const node = random.pick(this.cluster.numbers.filter((number) => !this.#struck.has(number)));
    this.#struck.add(node);
    return { node, giveBack: () => this.#struck.delete(node) };
  }
}
