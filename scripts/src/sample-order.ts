import type { Comanda } from '@comanda/client';
import { until } from '@comanda/kit';
import { pc } from './colours.js';
import { DEMO_PRODUCT } from './demo-accounts.js';

type Timeline = Awaited<ReturnType<typeof timelineOf>>;
export type TimelineStep = Pick<Timeline[number], 'at' | 'service' | 'type' | 'messageId' | 'causationId'>;

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
export async function placeSampleOrder(customer: Comanda): Promise<SampleOrder> {
  // It logs in, which is no part of what is measured.
  await customer.get('/me');
  const since = performance.now();
  const order = { items: [{ productId: DEMO_PRODUCT, quantity: 2 }], payment: { method: 'sim_approved' } };
  const { orderId } = await customer.post('/orders', { body: order });
  const acceptedAfterMs = performance.now() - since;
  let last: { status: string; failureReason?: string | null } = { status: 'PENDING' };
  const ended = async (): Promise<boolean> => {
    last = await customer.get('/orders/{orderId}/status', { path: { orderId } });
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
async function wholeTimeline(customer: Comanda, orderId: string): Promise<TimelineStep[]> {
  let items: TimelineStep[] = [];
  const complete = async (): Promise<boolean> => {
    items = await timelineOf(customer, orderId);
    return items.some(({ type }) => LAST_STEPS.has(type));
  };
  // Without it the journey is shown as far as it is known.
  await until('the last step is known', complete, { timeoutMs: LAST_STEP_MS, everyMs: 50 }).catch(
    () => undefined,
  );
  return items;
}

const timelineOf = async (customer: Comanda, orderId: string) =>
  (await customer.get('/orders/{orderId}/timeline', { path: { orderId } })).items;

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
