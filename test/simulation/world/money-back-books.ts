import { derivedId } from '@comanda/contracts';
import type { MoneyBack, RefundCall, RefundResult } from '@comanda/payments-service';
import { Chance } from './chance.js';
import { type TimeLine, WORLD } from './time-line.js';

export interface Capture {
  readonly tenantId: string;
  readonly orderId: string;
  readonly paymentId: string;
  readonly reference: string;
  readonly amount: number;
}

/** Money that went back, or came again because a refund failed: then `amount` is negative. */
export interface Returned {
  /** The capture's. */
  readonly reference: string;
  /** What our books call the refund, or what a lost dispute took. */
  readonly refundId: string;
  /** What they call it when none of our calls made it. */
  readonly foreignId: string;
  readonly amount: number;
}

type Known = Extract<MoneyBack, { kind: 'known' }>;
type Changing<T> = { -readonly [Field in keyof T]: T[Field] };

interface Books extends Capture {
  readonly refunds: Changing<Known['refunds'][number]>[];
  readonly disputes: Changing<Known['disputes'][number]>[];
}

export interface MoneyBackOptions {
  readonly provider: string;
  readonly seed: number;
  /** Whether others than we use it: then somebody refunds in its dashboard, or disputes. */
  readonly shared: boolean;
  readonly timeLine: TimeLine;
  readonly note: (line: () => string) => void;
  /** Called whenever money has moved. */
  readonly moved: () => void;
  /** The provider calls about this capture. */
  readonly tell: (capture: Capture) => void;
}

/** Within this time somebody refunds at the provider, disputes, or finds that a refund failed. */
const LATEST_MS = 60_000;
const NEVER_TAKEN = { code: 'EXPIRED_CARD', reason: 'the bank did not take it' } as const;
const NO_CODE = { code: 'NONE', reason: 'none' } as const;

/**
 * The provider's books of what went back: refunds that it was asked for, some of which fail when they seemed done; refunds
 * that somebody makes in its dashboard; disputes, which are opened and then lost or won. While a charge is disputed nothing
 * of it is refunded.
 */
export class MoneyBackBooks {
  readonly moves: Returned[] = [];
  readonly #books = new Map<string, Books>();
  /** The refund that each call made. */
  readonly #made = new Map<string, Known['refunds'][number]>();

  constructor(private readonly options: MoneyBackOptions) {}

  /** Money was captured; chance decides what will happen to it, the same whichever other orders there are. */
  captured(capture: Capture): void {
    const { seed, shared, timeLine } = this.options;
    const books: Books = { ...capture, refunds: [], disputes: [] };
    this.#books.set(capture.reference, books);
    if (!shared) return;
    const chance = new Chance(seed, 0xba4c, tail(capture.orderId));
    if (chance.likely(0.1))
      timeLine.later(WORLD, chance.below(LATEST_MS), () => this.#refundInDashboard(books, chance));
    if (chance.likely(0.07))
      timeLine.later(WORLD, chance.below(LATEST_MS), () => this.#dispute(books, chance));
  }

  /** It says no now and then, and always the same of the same call. */
  refund({ refundId, attempt, reference, amount }: RefundCall): RefundResult {
    const books = this.#books.get(reference);
    if (!books) return { kind: 'refused', code: 'UNKNOWN', reason: 'nothing was captured' };
    const standing = books.refunds.find((one) => one.refundId === refundId && one.status === 'refunded');
    if (standing) return { kind: 'refunded', reference: standing.reference };
    if (this.#made.has(`${refundId}:${attempt}`)) return { kind: 'refused', ...NEVER_TAKEN };
    const chance = new Chance(this.options.seed, 0x4ef0, tail(refundId), attempt);
    if (chance.likely(0.2) || isDisputed(books))
      return { kind: 'refused', code: 'CHARGE_DISPUTED', reason: 'disputed' };
    if (amount > leftOf(books)) return { kind: 'refused', code: 'TOO_MUCH', reason: 'more than is left' };
    const name = `sim_re_${refundId}_${attempt}`;
    const made = this.#giveBack(books, { reference: name, refundId, status: 'refunded', amount, ...NO_CODE });
    this.#made.set(`${refundId}:${attempt}`, made);
    if (attempt < 4 && chance.likely(0.12)) this.#failLater(books, made, chance);
    return { kind: 'refunded', reference: name };
  }

  said(reference: string): Known {
    const { refunds = [], disputes = [] } = this.#books.get(reference) ?? {};
    return {
      kind: 'known',
      refunds: refunds.map((one) => ({ ...one })),
      disputes: disputes.map((one) => ({ ...one })),
    };
  }

  #refundInDashboard(books: Books, chance: Chance): void {
    const left = leftOf(books);
    if (left < 1 || isDisputed(books)) return;
    const amount = chance.likely(0.4) ? left : chance.between(1, left);
    const reference = `sim_re_own_${books.orderId}`;
    this.options.note(() => `somebody refunds ${amount} of ${books.reference} at the provider`);
    const made = this.#giveBack(books, {
      reference,
      refundId: undefined,
      status: 'refunded',
      amount,
      ...NO_CODE,
    });
    this.options.tell(books);
    if (chance.likely(0.3)) this.#failLater(books, made, chance);
  }

  #failLater(books: Books, refund: Changing<Known['refunds'][number]>, chance: Chance): void {
    this.options.timeLine.later(WORLD, chance.below(LATEST_MS), () => {
      this.options.note(() => `the refund ${refund.reference} has failed`);
      Object.assign(refund, { status: 'failed', ...NEVER_TAKEN });
      this.#move(books, refund, -refund.amount);
      this.options.tell(books);
    });
  }

  #dispute(books: Books, chance: Chance): void {
    const left = leftOf(books);
    if (left < 1) return;
    const amount = chance.likely(0.6) ? left : chance.between(1, left);
    const dispute: Books['disputes'][number] = {
      reference: `sim_dp_${books.orderId}`,
      status: 'opened',
      ...{ amount, currency: 'EUR', code: 'FRAUDULENT', reason: 'fraud' },
    };
    books.disputes.push(dispute);
    this.options.note(() => `${amount} of ${books.reference} is disputed`);
    this.options.tell(books);
    this.options.timeLine.later(WORLD, chance.below(LATEST_MS), () => {
      dispute.status = chance.likely(0.6) ? 'lost' : 'won';
      this.options.note(() => `the dispute ${dispute.reference} is ${dispute.status}`);
      if (dispute.status === 'lost') this.#move(books, dispute, amount);
      this.options.tell(books);
    });
  }

  #giveBack(books: Books, refund: Books['refunds'][number]): Books['refunds'][number] {
    books.refunds.push(refund);
    this.#move(books, refund, refund.amount);
    return refund;
  }

  #move(
    { reference }: Books,
    one: { readonly reference: string; readonly refundId?: string | undefined },
    amount: number,
  ): void {
    const foreignId = derivedId(this.options.provider, one.reference);
    this.moves.push({ reference, refundId: one.refundId ?? foreignId, foreignId, amount });
    this.options.moved();
  }
}

const isDisputed = ({ disputes }: Books): boolean => disputes.some(({ status }) => status === 'opened');

/** What was captured and did not go back. */
const leftOf = ({ amount, refunds, disputes }: Books): number =>
  [
    ...refunds.filter(({ status }) => status === 'refunded'),
    ...disputes.filter(({ status }) => status === 'lost'),
  ]
    .map((one) => one.amount)
    .reduce((left, taken) => left - taken, amount);

const tail = (id: string): number => Number.parseInt(id.slice(-8), 16);
