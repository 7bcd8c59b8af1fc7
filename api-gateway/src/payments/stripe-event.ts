import { Id, printable, TenantId } from '@comanda/contracts';
import { z } from 'zod';
import type { PaymentNews } from './provider-news.js';

const Name = printable(255);
/** Stripe gives the id of a thing or, when it is asked to, the thing itself. */
const IdOrThing = z.union([Name, z.object({ id: Name }).transform(({ id }) => id)]).nullish();

/** What payments-service has opened or refunded is marked with these. */
const OwnMetadata = z.object({ tenantId: TenantId, orderId: Id, paymentId: Id });

const Thing = z.object({
  object: z.string(),
  id: Name.optional().catch(undefined),
  metadata: OwnMetadata.optional().catch(undefined),
  payment_intent: IdOrThing.catch(undefined),
  charge: IdOrThing.catch(undefined),
});

/** A body's JSON; what is none is an issue. */
const Json = z.string().transform((text, problems): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    problems.addIssue({ code: 'custom', message: 'must be JSON' });
    return z.NEVER;
  }
});

/**
 * What is read of an event of Stripe's; there is more. Those of the second API say less, and none of them is about a
 * payment. https://docs.stripe.com/api/events/object and https://docs.stripe.com/api/v2/core/events/object
 */
export const StripeEvent = Json.pipe(
  z.object({
    id: Name,
    type: z.string().regex(/^[\w.]{1,100}$/),
    data: z.object({ object: Thing }).optional().catch(undefined),
  }),
);
export type StripeEvent = z.output<typeof StripeEvent>;

/** News of a payment; `undefined` when the event is about something else, or about a payment that is not ours. */
export function newsIn({ id: callId, type, data }: StripeEvent): PaymentNews | undefined {
  if (!data) return undefined;
  const { object, id, metadata, payment_intent: intent, charge } = data.object;
  switch (object) {
    case 'payment_intent':
      return metadata && { callId, type, about: 'charge', ...metadata };
    case 'charge':
      // Of a charge only its refunds are news: its capture is told by its intent.
      return type === 'charge.refunded' ? moneyBack(intent, id) : undefined;
    case 'refund':
    case 'dispute':
      return moneyBack(intent, charge);
    default:
      return undefined;
  }

  function moneyBack(reference: string | null | undefined, charge: string | null | undefined) {
    if (!reference && !charge) return undefined;
    const names = reference ? { reference } : { charge: charge ?? undefined };
    return { callId, type, about: 'money-back', ...names, ...metadata } as const;
  }
}
