import { type DisputeStatus, Id } from '@comanda/contracts';
import type Stripe from 'stripe';
import type { ProviderDispute, ProviderRefund } from '../../domain/money-back.js';
import { amountOfStripe } from './amount.js';
import { disputeInOwnWords, REFUND_FAILED } from './own-words.js';
import { isRefundOff } from './refund-answers.js';

/** A refund in the words of our books. `pending` and `requires_action` are not decided yet. */
export function refundAsItStands(refund: Stripe.Refund): ProviderRefund {
  const { id, status, amount, currency, metadata, failure_reason: why } = refund;
  const ours = Id.safeParse(metadata?.refundId);
  return {
    reference: id,
    refundId: ours.data,
    status: status === 'succeeded' ? 'refunded' : isRefundOff(refund) ? 'failed' : 'pending',
    amount: amountOfStripe(amount, currency.toUpperCase()),
    code: (why ?? 'refund_failed').toUpperCase(),
    reason: REFUND_FAILED,
  };
}

/** A dispute in the words of our books. */
export const disputeAsItStands = ({
  id,
  status,
  amount,
  currency,
  reason,
}: Stripe.Dispute): ProviderDispute => ({
  reference: id,
  status: disputeStatus(status),
  amount: amountOfStripe(amount, currency.toUpperCase()),
  currency: currency.toUpperCase(),
  code: reason.toUpperCase(),
  reason: disputeInOwnWords(reason),
});

/**
 * How a dispute stands. An inquiry that is closed and a dispute that was prevented took no money: whatever was refunded
 * instead is among the refunds. What we don't know yet is not decided.
 * Source: https://docs.stripe.com/api/disputes/object#dispute_object-status
 */
function disputeStatus(status: Stripe.Dispute.Status): DisputeStatus {
  switch (status) {
    case 'won':
    case 'warning_closed':
    case 'prevented':
      return 'won';
    case 'lost':
      return 'lost';
    default:
      return 'opened';
  }
}
