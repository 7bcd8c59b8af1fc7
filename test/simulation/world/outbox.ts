import type { OutboxRow } from '@comanda/storage';
import type { Process } from './process.js';
import type { ServiceOptions } from './service.js';

const LINGER_MS = 100;

/** Carries a process's committed events to the broker; whatever it leaves behind is swept up by somebody. */
export class Outbox {
  readonly #inHand = new Set<string>();
  #published: string[] = [];
  #lingering = false;

  constructor(
    private readonly process: Process,
    private readonly options: ServiceOptions,
  ) {}

  /** These rows were just committed, and are this process's to publish. */
  hold(rows: readonly OutboxRow[]): void {
    for (const { messageId } of rows) this.#inHand.add(messageId);
  }

  /** Ids of published rows, for a transaction that takes them out in passing. */
  takePublished(): string[] {
    const ids = this.#published;
    this.#published = [];
    return ids;
  }

  forget(ids: readonly string[]): void {
    for (const id of ids) this.#inHand.delete(id);
  }

  giveBack(ids: readonly string[]): void {
    this.#published.push(...ids);
  }

  /** Each row may be refused, and a confirm may be lost: then it stays. */
  async publish(rows: readonly OutboxRow[]): Promise<void> {
    const { broker, faults, witness, timeLine } = this.options;
    for (const row of rows) {
      if (faults.strikes('refuse') !== undefined) {
        this.#inHand.delete(row.messageId);
        continue;
      }
      witness.published(row, this.options.name);
      broker.publish(this.process.service.envelopeOf(row));
      await timeLine.seam(this.process.life);
      if (faults.strikes('confirm') === undefined) this.#published.push(row.messageId);
      else this.#inHand.delete(row.messageId);
    }
    if (this.#published.length === 0 || this.#lingering) return;
    this.#lingering = true;
    timeLine.at(timeLine.now + LINGER_MS, () => timeLine.spawn(this.process.life, () => this.#clean()));
  }

  /** Publishes what was left in the outbox `youngest` milliseconds ago or earlier, and is not in this process's hands. */
  async sweep(youngest: number): Promise<void> {
    const { store, timeLine } = this.options;
    const before = new Date(timeLine.now - youngest).toISOString();
    const page = await store.outboxPage({ after: '', before, limit: 500 });
    const orphans = page.filter(({ messageId }) => !this.#inHand.has(messageId));
    if (orphans.length > 0) this.process.note(() => `sweeps ${orphans.length} events`);
    this.hold(orphans);
    await this.publish(orphans);
  }

  /** Takes out of the outbox what is with the broker. */
  async #clean(): Promise<void> {
    this.#lingering = false;
    const ids = this.takePublished();
    if (ids.length === 0) return;
    await this.options.store.transaction((transaction) => transaction.removeFromOutbox(ids));
    this.forget(ids);
  }
}
