import { derivedId } from '@comanda/contracts';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { aPayment, NOW } from '../testing/a-payment.js';
import type { ProviderDispute, ProviderRefund } from './money-back.js';
import type { Payment } from './payment.js';
import { type Reconciled, reconcile } from './reconcile.js';
import { type Refund, request, undo } from './refund.js';

const LATER = '2026-01-01T12:00:01.000Z';
const captured = (more: Partial<Payment> = {}): Payment =>
  aPayment({ status: 'COMPLETED', reference: 'pi_1', ...more });
const idOf = (reference: string) => derivedId('simulated', reference);
const refund = (more: Partial<ProviderRefund>): ProviderRefund => ({
  ...{ reference: 're_1', refundId: undefined, status: 'refunded', amount: 100 },
  ...{ code: 'EXPIRED_CARD', reason: 'No' },
  ...more,
});
const dispute = (more: Partial<ProviderDispute>): ProviderDispute => ({
  ...{ reference: 'dp_1', status: 'opened', amount: 360, currency: 'EUR' },
  ...{ code: 'FRAUDULENT', reason: 'Fraud' },
  ...more,
});

/** Our books of one payment, and what the provider's books made of them. */
interface Books {
  readonly payment: Payment;
  readonly refunds: readonly Refund[];
}
const compare = (
  { payment, refunds }: Books,
  said: { refunds?: ProviderRefund[]; disputes?: ProviderDispute[] },
  nextId = 'next',
): Reconciled & Books => {
  const whole = { kind: 'known', refunds: [], disputes: [], ...said } as const;
  const step = reconcile(payment, refunds, whole, { nextId, now: LATER });
  const changed = new Map([...step.refunds, ...step.begun].map((one) => [one.refundId, one]));
  const kept = refunds.map((one) => changed.get(one.refundId) ?? one);
  const added = [...changed.values()].filter(
    ({ refundId }) => !refunds.some((one) => one.refundId === refundId),
  );
  return { ...step, refunds: [...kept, ...added] };
};
const asked = (amount: number, payment = captured()): Books => {
  const step = request(payment, { refundId: 'r1', amount }, NOW);
  return { payment: step.payment, refunds: step.begun };
};
const off = (payment = captured()): Books => {
  const step = undo({ ...payment, refundOnCapture: true }, 'u1', NOW);
  return { payment: step.payment, refunds: step.begun };
};
const news = ({ news }: Reconciled): string[] =>
  news.map((one) =>
    one.kind === 'disputed' ? `${one.kind} ${one.dispute.status}` : `${one.kind} ${one.refund.amount}`,
  );
const fresh: Books = { payment: captured(), refunds: [] };

test('books that are the provider’s stay as they are', () => {
  expect(compare(fresh, {}).payment).toBe(fresh.payment);
  const done = compare(asked(100), { refunds: [refund({ refundId: 'r1' })] });
  const again = compare(done, { refunds: [refund({ refundId: 'r1' })] });
  expect([again.payment, again.news, again.begun]).toEqual([done.payment, [], []]);
});

test.each(['PENDING', 'FAILED', 'VOID'] as const)(
  'a payment that is %s has nothing to give back',
  (status) => {
    const books = { payment: aPayment({ status }), refunds: [] };
    expect(compare(books, { disputes: [dispute({ status: 'lost' })] })).toMatchObject({
      ...{ payment: books.payment, news: [] },
    });
  },
);

describe('a refund that failed later', () => {
  const failed = refund({ refundId: 'r1', status: 'failed' });

  test('does not count any longer; its amount may be asked for again', () => {
    const done = compare(asked(100), { refunds: [refund({ refundId: 'r1' })] });
    expect(done.payment).toMatchObject({ status: 'COMPLETED', refundedAmount: 100, refundingAmount: 0 });
    const undone = compare(done, { refunds: [failed] });
    expect(undone).toMatchObject({
      payment: { status: 'COMPLETED', refundedAmount: 0, refundingAmount: 0 },
      refunds: [{ refundId: 'r1', status: 'FAILED', failureCode: 'EXPIRED_CARD' }],
      begun: [],
      news: [{ kind: 'refund-failed', code: 'EXPIRED_CARD', willRetry: false }],
    });
    expect(news(compare(undone, { refunds: [failed] }))).toEqual([]);
  });

  test('of all the money makes the payment COMPLETED again', () => {
    const done = compare(asked(360), { refunds: [refund({ refundId: 'r1', amount: 360 })] });
    expect(done.payment.status).toBe('REFUNDED');
    expect(compare(done, { refunds: [{ ...failed, amount: 360 }] }).payment.status).toBe('COMPLETED');
  });

  test('and is owed is tried again as another call, and that one counts', () => {
    const done = compare(off(), { refunds: [refund({ refundId: 'u1', amount: 360 })] });
    const said = [refund({ refundId: 'u1', amount: 360, status: 'failed' })];
    const undone = compare(done, { refunds: said });
    expect(undone).toMatchObject({
      payment: { status: 'COMPLETED', refundedAmount: 0, refundingAmount: 360 },
      begun: [{ refundId: 'u1', status: 'PENDING', refusals: 1, reference: null }],
      news: [{ kind: 'refund-failed', willRetry: true }],
    });
    const twice = compare(undone, {
      refunds: [...said, refund({ reference: 're_2', refundId: 'u1', amount: 360 })],
    });
    expect(twice.payment).toMatchObject({ status: 'REFUNDED', refundedAmount: 360, refundingAmount: 0 });
    expect(news(twice)).toEqual(['refunded 360']);
  });

  test('before the answer to its first call is here does not wait for it: that answer is older', () => {
    const requested = compare(asked(100), { refunds: [failed] });
    expect(requested).toMatchObject({
      payment: { status: 'COMPLETED', refundedAmount: 0, refundingAmount: 0 },
      refunds: [{ refundId: 'r1', status: 'FAILED', reference: 're_1', failureCode: 'EXPIRED_CARD' }],
      begun: [],
      news: [{ kind: 'refund-failed', code: 'EXPIRED_CARD', willRetry: false }],
    });
    const said = [refund({ refundId: 'u1', amount: 360, status: 'failed' })];
    const owed = compare(off(), { refunds: said });
    expect(owed).toMatchObject({
      payment: { status: 'COMPLETED', refundedAmount: 0, refundingAmount: 360 },
      begun: [{ refundId: 'u1', status: 'PENDING', refusals: 1, reference: null }],
      news: [{ kind: 'refund-failed', willRetry: true }],
    });
    // From then on the same word is of a call that was heard of.
    expect(news(compare(owed, { refunds: said }))).toEqual([]);
  });

  test('after its order was called off is owed all the same', () => {
    const done = compare(asked(100), { refunds: [refund({ refundId: 'r1' })] });
    const cancelled = { ...done, payment: { ...done.payment, refundOnCapture: true, refundingAmount: 260 } };
    const rest: Refund = { ...(off().refunds[0] as Refund), amount: 260 };
    const undone = compare({ ...cancelled, refunds: [...done.refunds, rest] }, { refunds: [failed] });
    expect(undone).toMatchObject({
      payment: { refundedAmount: 0, refundingAmount: 360 },
      begun: [{ refundId: 'next', cause: 'undo', amount: 100 }],
      news: [{ kind: 'refund-failed', willRetry: true }],
    });
  });
});

describe('a refund that somebody made at the provider', () => {
  test('is one of ours from then on, once, under an id that follows from the provider’s', () => {
    const made = compare(fresh, { refunds: [refund({})] });
    expect(made).toMatchObject({
      payment: { refundedAmount: 100 },
      refunds: [{ refundId: idOf('re_1'), cause: 'provider', status: 'REFUNDED', reference: 're_1' }],
    });
    expect(news(made)).toEqual(['refunded 100']);
    expect(news(compare(made, { refunds: [refund({})] }))).toEqual([]);
  });

  test('counts when it is done, and not when it is undecided or failed before we heard of it', () => {
    for (const status of ['pending', 'failed'] as const)
      expect(news(compare(fresh, { refunds: [refund({ status })] }))).toEqual([]);
  });

  test('takes the place of a request that does not fit any longer', () => {
    const { payment, refunds, news } = compare(asked(300), { refunds: [refund({ amount: 100 })] });
    expect(payment).toMatchObject({ refundedAmount: 100, refundingAmount: 0 });
    expect(refunds[0]).toMatchObject({
      refundId: 'r1',
      status: 'FAILED',
      failureCode: 'WENT_BACK_OTHERWISE',
    });
    expect(news).toMatchObject([{ kind: 'refunded' }, { kind: 'refund-failed', willRetry: false }]);
  });

  test('makes what is owed less, and that is another call; nobody is told of it', () => {
    const less = compare(off(), { refunds: [refund({ amount: 100 })] });
    expect(less).toMatchObject({
      payment: { refundedAmount: 100, refundingAmount: 260 },
      begun: [{ refundId: 'u1', amount: 260, refusals: 1 }],
    });
    expect(news(less)).toEqual(['refunded 100']);
    const all = compare(off(), { refunds: [refund({ amount: 360 })] });
    expect(all).toMatchObject({
      payment: { status: 'REFUNDED', refundedAmount: 360, refundingAmount: 0 },
      refunds: [{ refundId: 'u1', status: 'FAILED' }, { cause: 'provider' }],
      begun: [],
    });
    expect(news(all)).toEqual(['refunded 360']);
  });
});

describe('a refund of ours that went through with another amount than our row has', () => {
  const less = compare(off(), { refunds: [refund({ amount: 100 })] });
  const called = refund({ reference: 're_2', refundId: 'u1', amount: 360 });

  test('counts as much as it is at the provider: it became less while the earlier call was under way', () => {
    const done = compare(less, { refunds: [refund({ amount: 100, status: 'failed' }), called] });
    expect(done).toMatchObject({
      payment: { status: 'REFUNDED', refundedAmount: 360, refundingAmount: 0 },
      refunds: [{ refundId: 'u1', status: 'REFUNDED', amount: 360, reference: 're_2' }, { status: 'FAILED' }],
      begun: [],
    });
    expect(news(done)).toEqual(['refund-failed 100', 'refunded 360']);
  });

  test('never counts more than other refunds have left', () => {
    const done = compare(less, { refunds: [refund({ amount: 100 }), called] });
    expect(done.payment).toMatchObject({ status: 'REFUNDED', refundedAmount: 360, refundingAmount: 0 });
    expect(news(done)).toEqual(['refunded 260']);
    const none = compare(asked(300), {
      refunds: [refund({ amount: 360 }), refund({ ...called, refundId: 'r1' })],
    });
    expect(none.payment).toMatchObject({ status: 'REFUNDED', refundedAmount: 360, refundingAmount: 0 });
    expect(news(none)).toEqual(['refunded 360', 'refund-failed 300']);
  });

  test('counts for more once a refund has failed that we thought it had to give way to', () => {
    const own = refund({ amount: 100 });
    const done = compare(less, { refunds: [own, called] });
    expect(done.refunds[0]).toMatchObject({ refundId: 'u1', status: 'REFUNDED', amount: 260 });
    const more = compare(done, { refunds: [{ ...own, status: 'failed' }, called] });
    expect(more).toMatchObject({
      payment: { status: 'REFUNDED', refundedAmount: 360, refundingAmount: 0 },
      refunds: [{ refundId: 'u1', status: 'REFUNDED', amount: 360, reference: 're_2' }, { status: 'FAILED' }],
      begun: [],
    });
    expect(news(more)).toEqual(['refund-failed 100', 'refunded 360']);
  });

  test('takes the place of the rest that is tried in vain', () => {
    const rest: Refund = { ...(off().refunds[0] as Refund), refundId: 'u2', amount: 100, refusals: 3 };
    const mine: Refund = { ...rest, refundId: 'u1', status: 'REFUNDED', amount: 260, reference: 're_2' };
    const payment = captured({ refundOnCapture: true, refundedAmount: 260, refundingAmount: 100 });
    const ended = compare({ payment, refunds: [mine, rest] }, { refunds: [called] });
    expect(ended).toMatchObject({
      payment: { status: 'REFUNDED', refundedAmount: 360, refundingAmount: 0 },
      refunds: [
        { refundId: 'u1', amount: 360 },
        { refundId: 'u2', status: 'FAILED', failureCode: 'WENT_BACK_OTHERWISE' },
      ],
      begun: [],
    });
    expect(news(ended)).toEqual(['refunded 360']);
  });

  test('counts for less when an earlier call made it, and the rest is owed', () => {
    const mine: Refund = { ...(off().refunds[0] as Refund), status: 'REFUNDED', reference: 're_2' };
    const payment = captured({ status: 'REFUNDED', refundOnCapture: true, refundedAmount: 360 });
    const short = compare({ payment, refunds: [mine] }, { refunds: [{ ...called, amount: 260 }] });
    expect(short).toMatchObject({
      payment: { status: 'COMPLETED', refundedAmount: 260, refundingAmount: 100 },
      refunds: [
        { refundId: 'u1', amount: 260 },
        { refundId: 'next', status: 'PENDING', amount: 100 },
      ],
    });
  });

  test('leaves what it is short of owed', () => {
    const short = compare(off(), { refunds: [{ ...called, amount: 100 }] });
    expect(short).toMatchObject({
      payment: { refundedAmount: 100, refundingAmount: 260 },
      begun: [{ refundId: 'next', cause: 'undo', amount: 260 }],
    });
  });
});

describe('a refund that went through after we counted it as failed', () => {
  const own = refund({ amount: 360 });
  const late = refund({ reference: 're_2', refundId: 'u1', amount: 360 });

  test('and is owed counts as it is: it gave way to one that failed later, while its call was under way', () => {
    const gone = compare(off(), { refunds: [own] });
    expect(gone.refunds[0]).toMatchObject({ refundId: 'u1', status: 'FAILED' });
    const back = compare(gone, { refunds: [{ ...own, status: 'failed' }, late] });
    expect(back).toMatchObject({
      payment: { status: 'REFUNDED', refundedAmount: 360, refundingAmount: 0 },
      refunds: [
        { refundId: 'u1', status: 'REFUNDED', reference: 're_2', failureCode: null },
        { refundId: idOf('re_1'), status: 'FAILED' },
      ],
      begun: [],
    });
    expect(news(back)).toEqual(['refund-failed 360', 'refunded 360']);
  });

  test('counts once when the rest was begun meanwhile', () => {
    const gone = compare(off(), { refunds: [own] });
    const owed = compare(gone, { refunds: [{ ...own, status: 'failed' }] });
    expect(owed.begun).toMatchObject([{ refundId: 'next', amount: 360 }]);
    const back = compare(owed, { refunds: [{ ...own, status: 'failed' }, late] });
    expect(back.payment).toMatchObject({ status: 'REFUNDED', refundedAmount: 360, refundingAmount: 0 });
    expect(back.refunds.map(({ refundId, status }) => [refundId, status])).toEqual([
      ['u1', 'REFUNDED'],
      [idOf('re_1'), 'FAILED'],
      ['next', 'FAILED'],
    ]);
  });

  test('and had been requested is a refund of the provider’s: the request has ended', () => {
    const gone = compare(asked(360), { refunds: [own] });
    const back = compare(gone, {
      refunds: [
        { ...own, status: 'failed' },
        { ...late, refundId: 'r1' },
      ],
    });
    expect(back.payment).toMatchObject({ status: 'REFUNDED', refundedAmount: 360, refundingAmount: 0 });
    expect(back.refunds.map(({ refundId, status }) => [refundId, status])).toEqual([
      ['r1', 'FAILED'],
      [idOf('re_1'), 'FAILED'],
      [idOf('re_2'), 'REFUNDED'],
    ]);
  });
});

describe('a dispute', () => {
  test('that is open moves no money; lost, it went back; won, it did not', () => {
    const open = compare(fresh, { disputes: [dispute({})] });
    expect(open.payment).toMatchObject({
      refundedAmount: 0,
      disputes: [{ status: 'opened', disputeId: idOf('dp_1') }],
    });
    expect(news(open)).toEqual(['disputed opened']);
    expect(news(compare(open, { disputes: [dispute({})] }))).toEqual([]);
    const lost = compare(open, { disputes: [dispute({ status: 'lost' })] });
    expect(lost).toMatchObject({
      payment: { status: 'REFUNDED', refundedAmount: 360, disputes: [{ status: 'lost' }] },
      refunds: [{ cause: 'dispute', status: 'REFUNDED', amount: 360, reference: 'dp_1' }],
    });
    expect(news(lost)).toEqual(['disputed lost']);
    const won = compare(lost, { disputes: [dispute({ status: 'won' })] });
    expect(won.payment).toMatchObject({ status: 'COMPLETED', refundedAmount: 0 });
    expect(news(won)).toEqual(['disputed won']);
  });

  test('that is lost counts as much as refunds have left, whatever it is of', () => {
    const done = compare(asked(100), { refunds: [refund({ refundId: 'r1' })] });
    for (const lost of [
      dispute({ status: 'lost' }),
      dispute({ status: 'lost', amount: 1, currency: 'USD' }),
    ]) {
      const { payment, refunds } = compare(done, { disputes: [lost] });
      expect(payment).toMatchObject({ status: 'REFUNDED', refundedAmount: 360 });
      expect(refunds.at(-1)).toMatchObject({ cause: 'dispute', amount: 260 });
    }
  });

  test('that is lost leaves nothing to give back: not what is owed, and not what staff asked for', () => {
    for (const books of [off(), asked(300)])
      expect(compare(books, { disputes: [dispute({ status: 'lost' })] })).toMatchObject({
        payment: { status: 'REFUNDED', refundedAmount: 360, refundingAmount: 0 },
        begun: [],
      });
    const lost = compare(fresh, { disputes: [dispute({ status: 'lost' })] });
    expect(undo({ ...lost.payment, refundOnCapture: true }, 'u1', NOW).begun).toEqual([]);
  });
});

test('whatever the provider says, in any order and however often: the books add up, and twice is once', () => {
  const amount = fc.integer({ min: 1, max: 360 });
  const status = fc.constantFrom('refunded' as const, 'pending' as const, 'failed' as const);
  const refunds = fc.array(
    fc.record({
      ...{ reference: fc.constantFrom('re_1', 're_2', 're_3'), amount, status },
      refundId: fc.constantFrom(undefined, 'r1', 'u1'),
    }),
    {
      maxLength: 3,
    },
  );
  const disputed = fc.array(
    fc.record({
      reference: fc.constantFrom('dp_1', 'dp_2'),
      amount,
      status: fc.constantFrom('opened', 'won', 'lost'),
    }),
    { maxLength: 2 },
  );
  const start = fc.constantFrom(fresh, asked(100), asked(360), off());
  fc.assert(
    fc.property(start, fc.array(fc.tuple(refunds, disputed), { maxLength: 8 }), (begin, words) => {
      let books = begin;
      for (const [at, [said, disputes]] of words.entries()) {
        const once = new Map(said.map((one) => [one.reference, refund(one)]));
        const open = new Map(
          disputes.map((one) => [one.reference, dispute(one as Partial<ProviderDispute>)]),
        );
        const word = { refunds: [...once.values()], disputes: [...open.values()] };
        const next = compare(books, word, `next-${at}`);
        const { payment } = next;
        const sum = (of: Refund['status']) =>
          next.refunds.filter((one) => one.status === of).reduce((total, one) => total + one.amount, 0);
        expect([payment.refundedAmount, payment.refundingAmount]).toEqual([sum('REFUNDED'), sum('PENDING')]);
        expect(payment.refundedAmount + payment.refundingAmount).toBeLessThanOrEqual(360);
        expect(payment.status).toBe(payment.refundedAmount === 360 ? 'REFUNDED' : 'COMPLETED');
        if (payment.refundOnCapture) expect(payment.refundedAmount + payment.refundingAmount).toBe(360);
        for (const one of next.refunds) expect(one.amount).toBeGreaterThan(0);
        expect(news(compare(next, word))).toEqual([]);
        books = next;
      }
    }),
  );
});
