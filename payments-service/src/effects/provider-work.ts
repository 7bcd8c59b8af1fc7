import { Id, Timestamp } from '@comanda/contracts';
import { type Effect, schedule } from '@comanda/messaging';
import { z } from 'zod';

/** The kinds of work that call the provider, as the table `work` names them; `work/` does them. */
export const CHARGE = 'charge';
export const ASK = 'ask';
export const REFUND = 'refund';
export const RECONCILE = 'reconcile';

/** `certain`, `refusals` and `expiresAt` are the charge's `Progress`. */
export const ChargePayload = z.object({
  orderId: Id,
  expiresAt: Timestamp,
  certain: z.number().int().default(0),
  refusals: z.number().int().default(0),
});
export type ChargePayload = z.output<typeof ChargePayload>;

/** Charges a payment; the work has the payment's id. */
export const scheduleCharge = (id: string, dueAt: string, payload: z.input<typeof ChargePayload>): Effect =>
  schedule({ work: CHARGE, id, dueAt, payload });

/** Asks the provider how a payment stands; the work has the payment's id. */
export const scheduleAsk = (id: string, dueAt: string, payload: { orderId: string }): Effect =>
  schedule({ work: ASK, id, dueAt, payload });

/** Gives money back; the work has the refund's id. */
export const scheduleRefund = (id: string, dueAt: string, payload: { orderId: string }): Effect =>
  schedule({ work: REFUND, id, dueAt, payload });

/** Which payment is to be compared with the provider's books: by the provider's name for it, or for what it captured. */
export const ReconcilePayload = z.object({
  provider: z.string(),
  reference: z.string().optional(),
  charge: z.string().optional(),
});
export type ReconcilePayload = z.output<typeof ReconcilePayload>;

/** The provider tells one thing in several calls, so we ask a little later, for all of them. */
const NEWS_SETTLE_SECONDS = 1;

/** Whose work it is, and of which payment. A call that names no tenant must not replace a tenant's own work. */
export const reconcileId = (tenantId: string, name: string): string => `${tenantId}:${name}`;

/** Compares a payment with the provider's books. Work that is scheduled anew replaces what is under way. */
export function scheduleReconcile(
  tenantId: string,
  payload: ReconcilePayload,
  now: string,
  seconds = NEWS_SETTLE_SECONDS,
): Effect[] {
  const name = payload.reference ?? payload.charge;
  if (name === undefined) return [];
  const dueAt = new Date(Date.parse(now) + seconds * 1000).toISOString();
  return [schedule({ work: RECONCILE, id: reconcileId(tenantId, name), dueAt, payload })];
}
