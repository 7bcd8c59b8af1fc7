import { type DataOf, GetOrder, type LIVE_EVENTS, newId } from '@comanda/contracts';
import type { Requester } from '@comanda/messaging';
import type { Logger } from 'pino';

type OrderUpdate = DataOf<(typeof LIVE_EVENTS)['ORDER_UPDATED']>;

const PAUSES_MS = [0, 50, 100, 200, 400, 800];
const PATIENCE_MS = 2_000;
/** More are not asked for at once: those who listen fetch anew what they show. */
const MOST_ASKED = 100;
/** Nobody's account: it is the gateway that asks, and tells only those who may see all orders of the tenant. */
const VIEWER = { accountId: '00000000-0000-0000-0000-000000000000', role: 'staff' } as const;

/** How orders-service sees an order, for events that do not say it themselves. */
export class OrderViews {
  #asked = 0;

  constructor(
    private readonly requester: Pick<Requester, 'ask'>,
    private readonly logger: Logger,
  ) {}

  /**
   * The order as it is since that moment or, when nothing has changed it a while later, as it is; `undefined` when that
   * can't be learned.
   */
  async after(
    tenantId: string,
    orderId: string,
    since: string | undefined,
  ): Promise<OrderUpdate | undefined> {
    if (this.#asked >= MOST_ASKED) return undefined;
    this.#asked++;
    try {
      return await this.#after(tenantId, orderId, since);
    } catch (error) {
      this.logger.warn({ orderId, error: String(error) }, 'an order that has changed could not be asked for');
      return undefined;
    } finally {
      this.#asked--;
    }
  }

  async #after(
    tenantId: string,
    orderId: string,
    since: string | undefined,
  ): Promise<OrderUpdate | undefined> {
    let order: OrderUpdate | undefined;
    for (const pause of PAUSES_MS) {
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
      const answer = await this.requester.ask(
        GetOrder,
        { orderId, viewer: VIEWER },
        { tenantId, correlationId: newId(), subject: orderId, timeoutMs: PATIENCE_MS },
      );
      if (!answer.ok) continue;
      const { status, totalAmount, currency, updatedAt } = answer.result;
      order = { orderId, status, totalAmount, currency, updatedAt };
      if (since === undefined || updatedAt >= since) break;
    }
    return order;
  }
}
