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

/**
 * What went back and what is to go back is never more than was paid: in the payment always, in the order whenever a refund
 * is requested. In between an order may know of a refund before it knows which request that was, and of one at the
 * provider that crossed a request.
 */
export const refundsStayWithin: Invariant = () => ({
  committed(commit) {
    const within = (what: string, paid: number, back: number, waiting: number) =>
      must(
        Math.min(back, waiting) >= 0 && back + waiting <= paid,
        'refunds-stay-within',
        () => `of ${what} over ${paid} went back ${back}, and ${waiting} are to`,
      );
    for (const { before, after } of changesOf<OrderRow>(commit, 'orders')) {
      if (!after) continue;
      const { orderId, totalAmount, refundedAmount, refundingAmount } = after;
      const requested = refundingAmount > (before?.refundingAmount ?? 0);
      within(
        `order ${orderId}`,
        totalAmount,
        // What the same commit heard of may have been heard after the request.
        requested ? Math.min(refundedAmount, before?.refundedAmount ?? 0) : refundedAmount,
        requested ? refundingAmount : Math.min(refundingAmount, 0),
      );
    }
    for (const { after } of changesOf<PaymentRow>(commit, 'payments'))
      if (after)
        within(`payment ${after.paymentId}`, after.amount, after.refundedAmount, after.refundingAmount);
  },
});

/** A payment's totals are the sums of its refunds, after every commit. */
export const refundsAddUp: Invariant = () => {
  const back = new Map<string, number>();
  const waiting = new Map<string, number>();
  const count = (row: RefundRow | undefined, sign: 1 | -1) => {
    if (row?.status === 'REFUNDED') add(back, row.orderId, sign * row.amount);
    if (row?.status === 'PENDING') add(waiting, row.orderId, sign * row.amount);
  };
  return {
    committed(commit) {
      for (const { before, after } of changesOf<RefundRow>(commit, 'refunds')) {
        count(before, -1);
        count(after, 1);
      }
      for (const { after } of changesOf<PaymentRow>(commit, 'payments')) {
        if (!after) continue;
        const { orderId, refundedAmount, refundingAmount } = after;
        const [made, open] = [back.get(orderId) ?? 0, waiting.get(orderId) ?? 0];
        must(
          refundedAmount === made && refundingAmount === open,
          'refunds-add-up',
          () =>
            `of order ${orderId} ${refundedAmount} are back and ${refundingAmount} to be; its refunds say ${made} and ${open}`,
        );
      }
    },
  };
};

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
    // A request that failed has ended: what its late call gives back all the same is a refund of the provider's.
    const ended = (refundId: string) =>
      refunds.get(refundId)?.cause === 'request' && refunds.get(refundId)?.status === 'FAILED';
    for (const { refundId, foreignId, amount } of provider.refunds)
      add(back, ended(refundId) ? foreignId : refundId, amount);
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
        !SOLD.includes(status) || made.every(({ cause }) => cause !== 'undo'),
        'refunds-agree',
        () => `order ${orderId} is ${status}, and money that nobody asked for went back`,
      );
    }
  },
});

/**
 * At rest our books are the provider's: a payment has exactly its disputes, as they ended, and what a lost one took counts
 * as gone back; so does what somebody refunded there, and a refund that failed days later does not.
 */
export const booksFollowTheProvider: Invariant = ({ provider, stores }) => ({
  atRest() {
    const back = new Map<string, number>();
    for (const { reference, amount } of provider.refunds) add(back, reference, amount);
    for (const payment of rowsOf<PaymentRow>(stores['payments-service'], 'payments')) {
      const { paymentId, reference, refundedAmount } = payment;
      if (reference === null) continue;
      const went = back.get(reference) ?? 0;
      must(
        refundedAmount === went,
        'books-follow-the-provider',
        () => `of payment ${paymentId} ${refundedAmount} are said to be back, at the provider ${went}`,
      );
      const ours = disputesOf(payment.disputes);
      const theirs = disputesOf(JSON.stringify(provider.disputesOf(reference)));
      must(
        ours === theirs,
        'disputes-agree',
        () => `payment ${paymentId} has the disputes ${ours}, at the provider ${theirs}`,
      );
    }
  },
});

/** How each dispute ended, as one text. */
const disputesOf = (json: string): string => {
  const disputes: { reference: string; status: string; amount: number }[] = JSON.parse(json);
  return disputes
    .map(({ reference, status, amount }) => `${reference} ${status} ${amount}`)
    .sort()
    .join();
};
