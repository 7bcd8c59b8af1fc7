import { Id, TenantId } from '@comanda/contracts';
import Stripe from 'stripe';
import { z } from 'zod';
import { Problem } from '../problems/problem.js';

/** What is read of an event of Stripe's; there is more. https://docs.stripe.com/api/events/object */
const Event = z.object({
  id: z.string().max(255),
  type: z.string().max(100),
  data: z.object({ object: z.looseObject({ object: z.string() }) }),
});

/** An intent that payments-service has opened: it is marked with these. */
const OwnIntent = z.object({
  object: z.literal('payment_intent'),
  metadata: z.object({ tenantId: TenantId, orderId: Id, paymentId: Id }),
});

/** News of one of our payments. */
export interface PaymentNews {
  readonly callId: string;
  readonly type: string;
  readonly tenantId: string;
  readonly orderId: string;
  readonly paymentId: string;
}

/**
 * Reads a call of Stripe's. Throws a 400 problem unless it is signed with our secret, and not long ago.
 * @param body the bytes as they came, for they are what is signed
 * @returns `undefined` when it is about something else than a payment of ours
 */
export function newsIn(body: string, signature: string | undefined, secret: string): PaymentNews | undefined {
  const { id, type, data } = verified(body, signature, secret);
  const own = OwnIntent.safeParse(data.object);
  return own.success ? { callId: id, type, ...own.data.metadata } : undefined;
}

function verified(body: string, signature: string | undefined, secret: string): z.infer<typeof Event> {
  try {
    // Source: https://docs.stripe.com/webhooks#verify-official-libraries
    return Event.parse(Stripe.webhooks.constructEvent(body, signature ?? '', secret));
  } catch (error) {
    if (!(error instanceof Stripe.errors.StripeSignatureVerificationError || error instanceof z.ZodError))
      throw error;
    throw new Problem(
      400,
      'SIGNATURE_INVALID',
      'This is not an event that Stripe signed for us within the last five minutes. Check STRIPE_WEBHOOK_SECRET.',
    );
  }
}
