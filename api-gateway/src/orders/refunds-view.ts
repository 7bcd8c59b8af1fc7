import {
  Amount,
  Currency,
  Id,
  type ListRefundRequests,
  type ListRefundsByOrder,
  NO_CURRENCY,
  RefundCause,
  type ResultOf,
  StoredText,
  Timestamp,
  Word,
} from '@comanda/contracts';
import { z } from 'zod';
import { createdAt, currency, refundId, refundReason, updatedAt } from '../description/examples.js';
import { named } from '../description/named.js';

const Refund = z.object({
  refundId: Id.describe('The `requestId` of the request, if staff requested it'),
  cause: RefundCause,
  status: z
    .enum(['PENDING', 'REFUNDED', 'FAILED', 'REJECTED'])
    .describe(
      '`FAILED`: the provider did not give it back; `REJECTED`: the request was refused after its 202',
    ),
  amount: Amount.optional().describe('Missing when all that was left was requested, and refused'),
  currency: Currency.or(z.literal(NO_CURRENCY)),
  failureCode: Word.optional(),
  failureReason: StoredText.optional(),
  reason: StoredText.optional().describe('Why staff requested it'),
  createdAt: Timestamp,
  updatedAt: Timestamp,
});
const refund = {
  refundId,
  cause: 'request',
  status: 'REFUNDED',
  amount: 180,
  currency,
  reason: refundReason,
  createdAt,
  updatedAt,
} as const;
export const RefundsView = named(
  'RefundList',
  z.object({ items: z.array(named('Refund', Refund, refund)) }),
  {
    items: [refund],
  },
);
type RefundView = z.infer<typeof Refund>;

/** payments-service knows what became of the money; orders-service why it was requested, and what it refused. */
export function refundsView(
  refunds: ResultOf<typeof ListRefundsByOrder>['items'],
  requests: ResultOf<typeof ListRefundRequests>['items'],
): z.infer<typeof RefundsView> {
  const reasons = new Map(requests.map(({ requestId, reason }) => [requestId, reason]));
  const known = new Set(refunds.map(({ refundId }) => refundId));
  const made = refunds.map((refund): RefundView => {
    const reason = reasons.get(refund.refundId);
    return { ...refund, ...(reason !== undefined && { reason }) };
  });
  const others = requests
    .filter(({ requestId }) => !known.has(requestId))
    .map(
      ({ requestId, status, ...request }): RefundView => ({
        refundId: requestId,
        cause: 'request',
        ...request,
        // Its event is on its way to payments-service.
        status: status === 'REQUESTED' ? 'PENDING' : status,
      }),
    );
  return { items: [...made, ...others].toSorted((one, other) => (one.createdAt < other.createdAt ? -1 : 1)) };
}
