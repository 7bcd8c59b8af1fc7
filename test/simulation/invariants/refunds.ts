import {
  add,
  changesOf,
  type Invariant,
  must,
  type OrderRow,
  type PaymentRow,
  type RefundRow,
  type RequestRow,
  rowsOf,
} from './watch.js';

const SOLD = ['CONFIRMED', 'FULFILLED'];
const sumOf = (rows: readonly { amount: number }[]): number =>
  rows.reduce((sum, { amount }) => sum + amount, 0);

/** What went back and what is to go back is never more than was paid: in the order while it stands, in its payment always. */
export const refundsStayWithin: Invariant = () => ({
  committed(commit) {
    const within = (what: string, paid: number, { refundedAmount, refundingAmount }: OrderRow | PaymentRow) =>
      must(
        Math.min(refundedAmount, refundingAmount) >= 0 && refundedAmount + refundingAmount <= paid,
        'refunds-stay-within',
        () => `of ${what} over ${paid} went back ${refundedAmount}, and ${refundingAmount} are to`,
      );
    for (const { after } of changesOf<OrderRow>(commit, 'orders'))
      if (after && SOLD.includes(after.status)) within(`order ${after.orderId}`, after.totalAmount, after);
    for (const { after } of changesOf<PaymentRow>(commit, 'payments'))
      if (after) within(`payment ${after.paymentId}`, after.amount, after);
  },
});

/** At rest every refund is over, and the order, its requests, its payment, the refunds and the provider agree on each. */
export const refundsAgree: Invariant = ({ provider, stores }) => ({
  atRest() {
    const orders = rowsOf<OrderRow>(stores['orders-service'], 'orders');
    const requests = rowsOf<RequestRow>(stores['orders-service'], 'refund_requests');
    const refunds = new Map(
      rowsOf<RefundRow>(stores['payments-service'], 'refunds').map((row) => [row.refundId, row]),
    );
    const payments = new Map(
      rowsOf<PaymentRow>(stores['payments-service'], 'payments').map((row) => [row.orderId, row]),
    );
    for (const { requestId, orderId, status, amount } of requests) {
      must(
        status !== 'REQUESTED',
        'refund-requests-end',
        () => `${requestId} of order ${orderId} never ended`,
      );
      const refund = refunds.get(requestId);
      must(
        refund?.status === status && refund.amount === amount && refund.cause === 'request',
        'refunds-agree',
        () =>
          `the request ${requestId} over ${amount} is ${status}, its refund is ${refund?.status} over ${refund?.amount}`,
      );
    }
    const back = new Map<string, number>();
    for (const { refundId, amount } of provider.refunds) add(back, refundId, amount);
    for (const { refundId, status, amount } of refunds.values())
      must(
        status !== 'PENDING' && (back.get(refundId) ?? 0) === (status === 'REFUNDED' ? amount : 0),
        'refunds-agree',
        () => `the refund ${refundId} over ${amount} is ${status}, and ${back.get(refundId) ?? 0} went back`,
      );
    for (const order of orders) {
      const { orderId, status, refundedAmount, refundingAmount } = order;
      const payment = payments.get(orderId);
      const made = [...refunds.values()].filter(
        (one) => one.orderId === orderId && one.status === 'REFUNDED',
      );
      must(
        refundingAmount === 0 && (payment?.refundingAmount ?? 0) === 0,
        'refunds-agree',
        () => `order ${orderId} waits for ${refundingAmount}, its payment for ${payment?.refundingAmount}`,
      );
      must(
        refundedAmount === sumOf(made) && (payment?.refundedAmount ?? 0) === refundedAmount,
        'refunds-agree',
        () =>
          `order ${orderId} says that ${refundedAmount} went back, its payment ${payment?.refundedAmount}, its refunds ${sumOf(made)}`,
      );
      must(
        !SOLD.includes(status) || made.every(({ cause }) => cause === 'request'),
        'refunds-agree',
        () => `order ${orderId} is ${status}, and money that nobody asked for went back`,
      );
    }
  },
});
