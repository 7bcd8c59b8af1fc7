import { until } from '@comanda/kit';
import { z } from 'zod';
import { pc } from './colours.js';
import { DEMO_PRODUCT } from './demo-accounts.js';
import type { GatewayClient } from './gateway-client.js';

const accepted = z.object({ orderId: z.string() });
const status = z.object({ status: z.string(), failureReason: z.string().nullish() });
const step = z.object({
  at: z.string(),
  service: z.string(),
  type: z.string(),
  messageId: z.string().nullish(),
  causationId: z.string().nullish(),
});
const timeline = z.object({ items: z.array(step) });

export type TimelineStep = z.infer<typeof step>;

export interface SampleOrder {
  readonly orderId: string;
  readonly status: string;
  readonly failureReason?: string;
  /** How long the gateway took to accept it, and the platform to finish it, in milliseconds as the client saw it. */
  readonly acceptedAfterMs: number;
  readonly finishedAfterMs: number;
  readonly steps: readonly TimelineStep[];
}

const ENDED = new Set(['CONFIRMED', 'REJECTED', 'CANCELLED']);
const TIMEOUT_MS = 30_000;
/** What ends the journey of an order that was confirmed, or not. */
const LAST_STEPS = new Set(['product.stockCommitted', 'product.stockReleased', 'product.stockRejected']);
const LAST_STEP_MS = 2_000;

/**
 * Places one order as the customer and follows it to its end.
 *
 * @throws Error when it is not accepted or does not end in time
 */
export async function placeSampleOrder(customer: GatewayClient): Promise<SampleOrder> {
  const since = performance.now();
  const order = { items: [{ productId: DEMO_PRODUCT, quantity: 2 }], payment: { method: 'sim_approved' } };
  const { orderId } = await customer.post('/orders', order, accepted);
  const acceptedAfterMs = performance.now() - since;
  let last: z.infer<typeof status> = { status: 'PENDING' };
  const ended = async (): Promise<boolean> => {
    last = await customer.get(`/orders/${orderId}/status`, status);
    return ENDED.has(last.status);
  };
  await until(`order ${orderId} ends`, ended, { timeoutMs: TIMEOUT_MS, everyMs: 50 }).catch(
    (error: unknown) => {
      throw new Error(`The sample order ${orderId} was still ${last.status} after ${TIMEOUT_MS / 1000} s`, {
        cause: error,
      });
    },
  );
  const finishedAfterMs = performance.now() - since;
  const items = await wholeTimeline(customer, orderId);
  const failureReason = last.failureReason ?? undefined;
  return {
    orderId,
    status: last.status,
    ...(failureReason !== undefined && { failureReason }),
    acceptedAfterMs,
    finishedAfterMs,
    steps: items,
  };
}

/** The timeline with its last step, which orders-service hears of a moment after the order is confirmed. */
async function wholeTimeline(customer: GatewayClient, orderId: string): Promise<TimelineStep[]> {
  let items: TimelineStep[] = [];
  const complete = async (): Promise<boolean> => {
    ({ items } = await customer.get(`/orders/${orderId}/timeline`, timeline));
    return items.some(({ type }) => LAST_STEPS.has(type));
  };
  // Without it the journey is shown as far as it is known.
  await until('the last step is known', complete, { timeoutMs: LAST_STEP_MS, everyMs: 50 }).catch(
    () => undefined,
  );
  return items;
}

/** One line per step: milliseconds since the first one, the service, what happened and what caused it. */
export function journeyLines(steps: readonly TimelineStep[]): string[] {
  const start = Date.parse(steps[0]?.at ?? '');
  const typeOf = new Map(
    steps.flatMap(({ messageId, type }) => (messageId ? [[messageId, type] as const] : [])),
  );
  return steps.map(({ at, service, type, causationId }) => {
    const ms = `+${Date.parse(at) - start} ms`.padStart(8);
    const cause = causationId ? typeOf.get(causationId) : undefined;
    const because = cause === undefined || cause === type ? '' : pc.dim(` because of ${cause}`);
    return `${pc.dim(ms)}  ${service.padEnd(17)} ${type}${because}`;
  });
}
