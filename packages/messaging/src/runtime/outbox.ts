import type { Logger } from '@comanda/kit';
import type { OutboxRow, Store } from '@comanda/storage';
import { framed, grouped } from '../broker/frame.js';
import { PublishFailed, type Transport } from '../broker/transport.js';
import { correlationIdIn } from '../broker/wire.js';
import { metrics } from '../metrics.js';
import type { Entropy } from './entropy.js';
import type { Cancel, Timers } from './ports.js';
import { Refusals } from './refusals.js';

const PAGE = 500;
/** How often the relay looks for rows that nobody has in hand, besides every time the broker comes back. */
const SWEEP_MS = 1_000;
/** The longest pause between two sweeps while events are refused: each try may fill the other queues they go to. */
const MAX_SWEEP_MS = 10_000;
/** Rows younger than this may be in the hands of another process on the same database. */
const FRESH_MS = 2_000;
/** How long published rows may wait for a transaction that takes them out in passing. */
const LINGER_MS = 100;

export interface OutboxOptions {
  readonly transport: Pick<Transport, 'publish' | 'ready' | 'unhealthyReason'>;
  readonly store: Pick<Store, 'transaction' | 'outboxPage'>;
  readonly timers: Pick<Timers, 'now' | 'after'>;
  readonly entropy: Pick<Entropy, 'newId'>;
  /** How often the outbox is swept, besides every start. */
  readonly sweepMs?: number;
  readonly logger: Logger;
}

/**
 * Carries committed events to the broker, those of one type in frames. Rows come from the transaction that wrote them, at once; whatever was left
 * behind (a crash between commit and confirm, a broker that was down, a queue that was not bound yet) is found by a
 * sweep. A row goes only after its confirm, so an event may be published twice, and never not at all.
 */
export class Outbox {
  readonly #inHand = new Set<string>();
  readonly #refusals = new Refusals();
  #published: string[] = [];
  #linger: Cancel | undefined;
  #cancelSweep: Cancel = () => {};
  #sweeping: Promise<void> = Promise.resolve();
  #stopped = false;
  #nextSweepMs: number;

  constructor(private readonly options: OutboxOptions) {
    this.#nextSweepMs = this.#sweepMs;
  }

  /** Which events the broker refuses, or `undefined`. */
  get unhealthyReason(): string | undefined {
    return this.#refusals.unhealthyReason;
  }

  /** Starts sweeping; the first sweep takes everything that a former life of this process left behind. */
  start(): void {
    this.#schedule(0, 0);
  }

  /** Publishes rows that were just committed. Resolves when each is confirmed or left to the sweep; never rejects. */
  async publish(rows: readonly OutboxRow[]): Promise<void> {
    if (rows.length === 0) return;
    for (const row of rows) this.#inHand.add(row.messageId);
    metrics.outboxInFlight.inc(rows.length);
    await Promise.all(grouped(rows).map((group) => this.#send(group)));
    metrics.outboxInFlight.dec(rows.length);
    this.#cleanSoon();
  }

  /** Hands over the ids of published rows to a transaction that will take them out. */
  takePublished(): string[] {
    const ids = this.#published;
    this.#published = [];
    return ids;
  }

  /** The transaction succeeded: the rows are gone. */
  forget(ids: readonly string[]): void {
    for (const id of ids) this.#inHand.delete(id);
  }

  /** The transaction failed: the rows are still there. */
  giveBack(ids: readonly string[]): void {
    this.#published.push(...ids);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelSweep();
    this.#linger?.();
    await this.#sweeping;
    await this.#clean();
  }

  get #sweepMs(): number {
    return this.options.sweepMs ?? SWEEP_MS;
  }

  /** Publishes one message; its confirm is for all rows that are in it, and so is a return or a refusal. */
  async #send(group: readonly [OutboxRow, ...OutboxRow[]]): Promise<void> {
    const { transport, timers, entropy, logger } = this.options;
    const events = group.length;
    const { messageId, type, body } = group[0];
    try {
      await transport.publish(framed(group, entropy.newId));
      for (const row of group) this.#published.push(row.messageId);
      metrics.published.inc({ type }, events);
    } catch (error) {
      for (const row of group) this.#inHand.delete(row.messageId);
      const reason = error instanceof PublishFailed ? error.reason : 'refused';
      metrics.publishFailures.inc({ reason }, events);
      // Without a connection, or with one that is blocked, every row fails alike; that has been said already.
      const own = reason === 'unroutable' || reason === 'refused';
      const news = own && this.#refusals.note(type, String(error), timers.now().getTime());
      logger[news ? 'error' : 'debug'](
        { messageId, type, correlationId: correlationIdIn(Buffer.from(body)), events, error: String(error) },
        'event not published, it stays in the outbox',
      );
    }
  }

  #cleanSoon(): void {
    this.#linger ??= this.options.timers.after(LINGER_MS, () => void this.#clean());
  }

  async #clean(): Promise<void> {
    this.#linger = undefined;
    try {
      await this.#remove();
    } catch (error) {
      this.options.logger.warn({ error: String(error) }, 'published events not taken out of the outbox yet');
    }
  }

  async #remove(): Promise<void> {
    const ids = this.takePublished();
    if (ids.length === 0) return;
    try {
      await this.options.store.transaction((transaction) => transaction.removeFromOutbox(ids));
      this.forget(ids);
    } catch (error) {
      this.giveBack(ids);
      throw error;
    }
  }

  #schedule(delay: number, youngest: number): void {
    this.#cancelSweep = this.options.timers.after(delay, () => void this.#sweepAndGoOn(youngest));
  }

  async #sweepAndGoOn(youngest: number): Promise<void> {
    const { transport, logger } = this.options;
    await transport.ready();
    // stop() waits for a sweep, but not for a broker that may never come back.
    if (this.#stopped) return;
    if (transport.unhealthyReason === undefined) {
      this.#sweeping = this.#sweep(youngest).catch((error: unknown) =>
        logger.warn({ error: String(error) }, 'sweep of the outbox failed'),
      );
      await this.#sweeping;
    }
    // The database may have refused to take them out the last time.
    if (this.#published.length > 0) this.#cleanSoon();
    if (!this.#stopped) this.#schedule(this.#nextSweepMs, FRESH_MS);
  }

  async #sweep(youngest: number): Promise<void> {
    const now = this.options.timers.now().getTime();
    const before = new Date(now - youngest).toISOString();
    let sent: Promise<void> = Promise.resolve();
    for (let after = ''; ; ) {
      const page = await this.options.store.outboxPage({ after, before, limit: PAGE });
      // Of a type that is refused a page is enough to see whether it still is.
      const orphans = page.filter(
        ({ messageId, type }) => !this.#inHand.has(messageId) && !this.#refusals.since(type, now),
      );
      if (orphans.length > 0)
        this.options.logger.info({ events: orphans.length }, 'publishing events left in the outbox');
      // Two pages are in flight: while the broker confirms one, the next is on its way. More would only fill memory.
      const earlier = sent;
      sent = this.publish(orphans);
      await earlier;
      const last = page.at(-1);
      if (!last || page.length < PAGE || this.options.transport.unhealthyReason !== undefined) break;
      after = last.messageId;
    }
    await sent;
    if (this.options.transport.unhealthyReason !== undefined) return;
    if (this.#refusals.offeredAgain(now - youngest))
      this.options.logger.info({}, 'the events that the broker refused are published');
    this.#nextSweepMs =
      this.#refusals.unhealthyReason === undefined
        ? this.#sweepMs
        : Math.max(this.#sweepMs, Math.min(this.#nextSweepMs * 2, MAX_SWEEP_MS));
  }
}
