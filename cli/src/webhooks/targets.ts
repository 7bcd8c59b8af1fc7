import type { Comanda } from '@comanda/client';

/** Where subscriptions send, by their ids: the host of a URL, and other targets as they are. */
export class Targets {
  readonly #targets = new Map<string, string>();

  constructor(private readonly api: Pick<Comanda, 'each'>) {}

  of(subscriptionId: string): string {
    return this.#targets.get(subscriptionId) ?? '';
  }

  /** Asks again where one of these is not known; one that was deleted stays unknown. */
  async learn(subscriptionIds: readonly string[]): Promise<void> {
    if (subscriptionIds.every((id) => this.#targets.has(id))) return;
    for await (const { subscriptionId, target } of this.api.each('/subscriptions'))
      this.#targets.set(subscriptionId, URL.parse(target)?.host || target);
    for (const id of subscriptionIds) if (!this.#targets.has(id)) this.#targets.set(id, '(deleted)');
  }
}
