import { type Dispute, derivedId } from '@comanda/contracts';
import type { MoneyBack, ProviderRefund } from './money-back.js';
import type { Payment } from './payment.js';
import { newRefund, type Refund, type RefundChange } from './refund.js';

/** What others hear of a change that the provider's books have made to ours. */
export type MoneyBackNews =
  | { readonly kind: 'refunded'; readonly refund: Refund }
  | {
      readonly kind: 'refund-failed';
      readonly refund: Refund;
      readonly code: string;
      readonly reason: string;
      /** It is owed all the same. */
      readonly willRetry: boolean;
    }
  | { readonly kind: 'disputed'; readonly dispute: Dispute };

export type Reconciled = RefundChange & { readonly news: readonly MoneyBackNews[] };

interface Moment {
  /** For the refund that may begin. */
  readonly nextId: string;
  readonly now: string;
}

/**
 * Makes our books of a captured payment follow the provider's, whose answer to a refund is not its last word. It depends
 * on how things stand there and not on what was told when, so calls that come twice, late or out of order make no
 * difference. In this order: refunds that failed later, refunds that went through, disputes; then refunds that do not fit
 * into what is left give way, and what is owed and no longer under way begins.
 * @param refunds all of the payment
 */
export function reconcile(
  payment: Payment,
  refunds: readonly Refund[],
  said: Extract<MoneyBack, { kind: 'known' }>,
  { nextId, now }: Moment,
): Reconciled {
  if (payment.status !== 'COMPLETED' && payment.status !== 'REFUNDED')
    return { payment, refunds: [], begun: [], news: [] };
  const books = new Books(payment, refunds, now);
  for (const one of said.refunds) if (one.status === 'failed') failedLater(books, one);
  const standing = said.refunds.filter(({ status }) => status === 'refunded');
  const growth = ({ reference, amount }: ProviderRefund) => amount - (done(books, reference)?.amount ?? 0);
  // What counts less than it did makes room for the others.
  for (const one of standing.toSorted((one, other) => growth(one) - growth(other))) wentThrough(books, one);
  const disputes = disputesIn(books, said);
  takeLost(books, disputes);
  makeRoom(books);
  const begun = payment.refundOnCapture ? owed(books, nextId) : [];
  return books.close(disputes, begun);
}

/** The refunds of one payment while they are changed. A payment's totals are their sums. */
class Books {
  readonly news: MoneyBackNews[] = [];
  readonly #rows: Map<string, Refund>;
  readonly #changed = new Set<string>();

  constructor(
    readonly payment: Payment,
    refunds: readonly Refund[],
    readonly now: string,
  ) {
    this.#rows = new Map(refunds.map((refund) => [refund.refundId, refund]));
  }

  get rows(): readonly Refund[] {
    return [...this.#rows.values()];
  }

  get(refundId: string): Refund | undefined {
    return this.#rows.get(refundId);
  }

  put(refund: Refund, change: Partial<Refund> = {}): Refund {
    const changed = { ...refund, ...change, updatedAt: this.now };
    this.#rows.set(refund.refundId, changed);
    this.#changed.add(refund.refundId);
    return changed;
  }

  sum(counts: (refund: Refund) => boolean): number {
    return this.rows.filter(counts).reduce((sum, { amount }) => sum + amount, 0);
  }

  /** What was captured, less what went back and what is on its way back. */
  get left(): number {
    return this.payment.amount - this.sum(({ status }) => status !== 'FAILED');
  }

  close(disputes: readonly Dispute[], begun: readonly Refund[]): Reconciled {
    const changed = this.rows.filter(({ refundId }) => this.#changed.has(refundId));
    if (changed.length + begun.length + this.news.length === 0)
      return { payment: this.payment, refunds: [], begun: [], news: [] };
    for (const refund of begun) this.put(refund);
    const refundedAmount = this.sum(({ status }) => status === 'REFUNDED');
    const payment: Payment = {
      ...this.payment,
      status: refundedAmount === this.payment.amount ? 'REFUNDED' : 'COMPLETED',
      refundedAmount,
      refundingAmount: this.sum(({ status }) => status === 'PENDING'),
      disputes,
      updatedAt: this.now,
    };
    const again = changed.filter(({ status, refusals }) => status === 'PENDING' && refusals > 0);
    const others = changed.filter((refund) => !again.includes(refund));
    return { payment, refunds: others, begun: [...again, ...begun], news: this.news };
  }
}

/**
 * A refund that counted as done has failed, or one whose first call we have no answer of yet: that answer is older then,
 * and counts no longer. What the order owes is tried again, as another call.
 */
function failedLater(books: Books, { reference, refundId, code, reason }: ProviderRefund): void {
  const row = done(books, reference) ?? calledOnce(books, refundId);
  if (!row) return;
  const again = row.cause === 'undo';
  const refund = again
    ? books.put(row, {
        status: 'PENDING',
        reference: null,
        refusals: row.refusals + 1,
        failureCode: code,
      })
    : books.put(row, { status: 'FAILED', reference, failureCode: code });
  const willRetry = again || books.payment.refundOnCapture;
  books.news.push({ kind: 'refund-failed', refund, code, reason, willRetry });
}

/**
 * A refund went through: one that we wait for, or one that somebody made at the provider. It counts as much as it is
 * there, at most what other refunds have left. Ours may have become less after it was called for, and been done before we
 * heard that it need not have.
 */
function wentThrough(books: Books, { reference, refundId, amount }: ProviderRefund): void {
  const id = derivedId(books.payment.provider, reference);
  const row = done(books, reference) ?? madeByUs(books, refundId) ?? books.get(id);
  // A refund that has failed stays so: what still says otherwise is older.
  if (row?.refundId === id && row.status === 'FAILED') return;
  const others = books.sum(
    (one) => one.status === 'REFUNDED' && one.cause !== 'dispute' && one.refundId !== row?.refundId,
  );
  const counted = Math.min(amount, books.payment.amount - others);
  if (counted < 1 || (row?.status === 'REFUNDED' && row.amount === counted)) return;
  const entry =
    row ?? newRefund(books.payment, { refundId: id, amount: counted, cause: 'provider' }, books.now);
  const change = { status: 'REFUNDED', amount: counted, reference, failureCode: null } as const;
  books.news.push({ kind: 'refunded', refund: books.put(entry, change) });
}

/** The refund that counts under the provider's name for it. */
const done = (books: Books, reference: string): Refund | undefined =>
  books.rows.find((row) => row.status === 'REFUNDED' && row.reference === reference);

/** Our refund that waits for the answer to its first call. After a later one the books are compared in any case. */
function calledOnce(books: Books, refundId: string | undefined): Refund | undefined {
  const ours = refundId === undefined ? undefined : books.get(refundId);
  return ours?.status === 'PENDING' && ours.refusals === 0 ? ours : undefined;
}

/**
 * Our refund whose call made this one. A request that failed has ended, and its amount may have been requested anew; what
 * is owed may have given way to a refund that failed later, while its call was still under way.
 */
function madeByUs(books: Books, refundId: string | undefined): Refund | undefined {
  const ours = refundId === undefined ? undefined : books.get(refundId);
  const counts = ours?.status === 'PENDING' || (ours?.status === 'FAILED' && ours.cause === 'undo');
  return counts ? ours : undefined;
}

/** The disputes of the payment as they stand now. */
function disputesIn(books: Books, { disputes }: Extract<MoneyBack, { kind: 'known' }>): readonly Dispute[] {
  const known = new Map(books.payment.disputes.map((one) => [one.reference, one]));
  for (const one of disputes) {
    const before = known.get(one.reference);
    if (before?.status === one.status && before.amount === one.amount) continue;
    const disputeId = derivedId(books.payment.provider, one.reference);
    const dispute = { ...one, disputeId, updatedAt: books.now };
    known.set(one.reference, dispute);
    books.news.push({ kind: 'disputed', dispute });
  }
  return [...known.values()];
}

/**
 * What a lost dispute took counts as money that went back, once: at most what refunds have left of the payment. In another
 * currency than the payment's it is all that is left.
 */
function takeLost(books: Books, disputes: readonly Dispute[]): void {
  const { payment } = books;
  let left = payment.amount - books.sum(({ status, cause }) => status === 'REFUNDED' && cause !== 'dispute');
  for (const { disputeId: refundId, status, amount, currency, reference } of disputes) {
    const all = currency === payment.currency ? amount : left;
    const taken = status === 'lost' ? Math.min(all, left) : 0;
    left -= taken;
    const row = books.get(refundId);
    const counted = row?.status === 'REFUNDED' ? row.amount : 0;
    if (taken === counted) continue;
    if (row && taken === 0) books.put(row, { status: 'FAILED', failureCode: 'NOT_LOST' });
    else {
      const entry = row ?? newRefund(payment, { refundId, amount: taken, cause: 'dispute' }, books.now);
      books.put(entry, { status: 'REFUNDED', amount: taken, reference, failureCode: null });
    }
  }
}

/**
 * More went back at the provider than we knew of, so what is on its way back may not fit any longer. What is owed becomes
 * less by it; what staff requested fails, and the latest gives way first.
 */
function makeRoom(books: Books): void {
  const pending = books.rows.filter(({ status }) => status === 'PENDING');
  const latestFirst = pending.toSorted((one, other) => (one.createdAt < other.createdAt ? 1 : -1));
  for (const refund of latestFirst.toSorted((one, other) => rank(one) - rank(other))) {
    const over = -books.left;
    if (over <= 0) return;
    if (refund.cause === 'undo' && refund.amount > over)
      // Another amount is another call.
      books.put(refund, { amount: refund.amount - over, refusals: refund.refusals + 1 });
    else {
      const [code, reason] = ['WENT_BACK_OTHERWISE', 'The money went back at the payment provider already.'];
      const failed = books.put(refund, { status: 'FAILED', failureCode: code });
      if (refund.cause !== 'undo')
        books.news.push({ kind: 'refund-failed', refund: failed, code, reason, willRetry: false });
    }
  }
}

const rank = ({ cause }: Refund): number => (cause === 'undo' ? 0 : 1);

/** Compensation: the order is off, so whatever is neither back nor on its way back is owed. */
function owed(books: Books, refundId: string): Refund[] {
  const amount = books.left;
  if (amount < 1) return [];
  return [newRefund(books.payment, { refundId, amount, cause: 'undo' }, books.now)];
}
