import {
  type CatalogueEntry,
  GetOrder,
  GetOrderTimeline,
  Id,
  newId,
  type OrderView,
  ReadCatalogue,
} from '@comanda/contracts';
import { type Requester, Unavailable } from '@comanda/messaging';
import type { Step } from '../channels/messages/command-messages.js';

const PATIENCE_MS = 3_000;
/** Of a larger catalogue a chat sees a part: it is no place to look through it. */
const MOST_PAGES = 5;
/** Nobody's account: people in a registered chat see what staff see. */
const VIEWER = { accountId: '00000000-0000-0000-0000-000000000000', role: 'staff' } as const;

export type OrderAnswer =
  | { readonly kind: 'order'; readonly order: OrderView; readonly steps: readonly Step[] }
  | { readonly kind: 'unknown' | 'unavailable' };
export type StockAnswer =
  | { readonly kind: 'stock'; readonly entries: readonly CatalogueEntry[] }
  | { readonly kind: 'unavailable' };

/** What the other services know of a tenant's shop. A service that does not answer is an answer, too. */
export class Shop {
  constructor(private readonly requester: Pick<Requester, 'ask'>) {}

  async order(tenantId: string, orderId: string): Promise<OrderAnswer> {
    if (!Id.safeParse(orderId).success) return { kind: 'unknown' };
    const question = { orderId, viewer: VIEWER };
    const context = { ...about(tenantId), subject: orderId };
    return orUnavailable(async () => {
      const [order, timeline] = await Promise.all([
        this.requester.ask(GetOrder, question, context),
        this.requester.ask(GetOrderTimeline, question, context),
      ]);
      if (!order.ok) return { kind: order.refusal.status === 404 ? 'unknown' : 'unavailable' };
      if (!timeline.ok) return { kind: 'unavailable' };
      return { kind: 'order', order: order.result, steps: timeline.result.items };
    });
  }

  async stock(tenantId: string): Promise<StockAnswer> {
    const context = { ...about(tenantId), subject: tenantId };
    return orUnavailable(async () => {
      const entries: CatalogueEntry[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < MOST_PAGES; page++) {
        const question = { limit: 1_000, ...(cursor !== undefined && { cursor }) };
        const answer = await this.requester.ask(ReadCatalogue, question, context);
        if (!answer.ok) return { kind: 'unavailable' };
        entries.push(...answer.result.items);
        if (answer.result.nextCursor === null) break;
        cursor = answer.result.nextCursor;
      }
      return { kind: 'stock', entries };
    });
  }
}

const about = (tenantId: string) => ({ tenantId, correlationId: newId(), timeoutMs: PATIENCE_MS });

async function orUnavailable<Answer>(
  ask: () => Promise<Answer>,
): Promise<Answer | { readonly kind: 'unavailable' }> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof Unavailable) return { kind: 'unavailable' };
    throw error;
  }
}
