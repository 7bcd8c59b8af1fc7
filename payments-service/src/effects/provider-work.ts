import { Id, Timestamp } from '@comanda/contracts';
import { type Effect, schedule } from '@comanda/messaging';
import { z } from 'zod';

/** The kinds of work that call the provider, as the table `work` names them; `work/` does them. */
export const CHARGE = 'charge';
export const ASK = 'ask';
export const REFUND = 'refund';

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
