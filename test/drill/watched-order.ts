import { setTimeout as pause } from 'node:timers/promises';
import type { EventReader } from '@comanda/test-kit';
import { orderOf, PRODUCTS } from '../support/api.js';
import type { Installation } from '../support/installation.js';
import { until } from '../support/until.js';
import type { Edge } from './edge.js';

const BACK_AFTER_MS = 1_000;

/**
 * One order whose stream a customer follows through the edge, across connections, while more and more happens to the
 * order: the stream must tell each step, in its place.
 */
export class WatchedOrder {
  readonly failed: string[] = [];
  /** One for each connection, oldest first. */
  readonly #readers: EventReader[] = [];
  #ended = false;
  #refunds = 0;
  #following: Promise<void> | undefined;

  private constructor(
    private readonly edge: Edge,
    private readonly installation: Installation,
    private readonly orderId: string,
  ) {}

  static async place(edge: Edge, installation: Installation): Promise<WatchedOrder> {
    const orderId = await installation.place(orderOf(PRODUCTS.espresso, 10));
    await installation.customer.ended(orderId);
    const watched = new WatchedOrder(edge, installation, orderId);
    watched.#following = watched.#follow();
    await until('the stream is open', () => watched.steps.length > 0 || watched.failed.length > 0);
    return watched;
  }

  get connections(): number {
    return this.#readers.length;
  }

  /** Ids of the steps, as the stream told them. */
  get steps(): string[] {
    const events = this.#readers.flatMap((reader) => reader.events);
    return events.flatMap(({ event, id }) => (event === 'step' ? (id ?? 'without an id') : []));
  }

  /** One more thing that happens to it, whichever gateways are there. */
  async happens(): Promise<void> {
    this.#refunds += 1;
    const path = `/orders/${this.orderId}/refunds`;
    await this.#asStaff(path, { amount: 1, reason: `the ${this.#refunds}th of many` });
  }

  /** The last thing that happens; the stream must end by itself then. The steps as the timeline has them. */
  async end(): Promise<string[]> {
    await this.installation.customer.refunded(this.orderId, this.#refunds);
    await this.#asStaff(`/orders/${this.orderId}/fulfil`);
    await this.installation.customer.orderThat(
      this.orderId,
      'is fulfilled',
      (it) => it.status === 'FULFILLED',
    );
    await until('its stream is over', () => this.#ended);
    await this.#following;
    return (await this.installation.customer.timeline(this.orderId)).map(({ messageId }) => messageId);
  }

  /** Ends it, whatever has become of the order. */
  async stop(): Promise<void> {
    this.#ended = true;
    await this.#readers.at(-1)?.close();
    await this.#following;
  }

  async #asStaff(path: string, body?: object): Promise<void> {
    const { token } = this.installation.staff;
    const { status } = await this.edge.send('POST', path, { token, body });
    if (status !== 202) this.failed.push(`POST ${path} ${status}`);
  }

  async #follow(): Promise<void> {
    const { token } = this.installation.customer;
    while (!this.#ended) {
      const lastId = this.#readers.findLast((reader) => reader.lastId !== undefined)?.lastId;
      const headers = lastId === undefined ? {} : { 'last-event-id': lastId };
      try {
        const reader = await this.edge.stream(`/orders/${this.orderId}/stream`, { token, headers });
        this.#readers.push(reader);
        if (reader.status !== 200) this.failed.push(`stream ${reader.status}`);
        await reader.ended;
        this.#ended ||= reader.of('end').length > 0;
      } catch (error) {
        this.failed.push(`stream ${String(error)}`);
      }
      if (!this.#ended) await pause(BACK_AFTER_MS);
    }
  }
}
