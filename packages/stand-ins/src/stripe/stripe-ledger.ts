import { invalid, missing, StripeError } from './stripe-error.js';
import { type CardOutcome, TEST_METHODS } from './test-methods.js';

export interface Intent {
  readonly id: string;
  readonly object: 'payment_intent';
  amount: number;
  amount_received: number;
  currency: string;
  status:
    | 'requires_payment_method'
    | 'requires_confirmation'
    | 'requires_action'
    | 'processing'
    | 'succeeded'
    | 'canceled';
  payment_method: string | null;
  /** What it has captured. */
  latest_charge: string | null;
  metadata: Readonly<Record<string, string>>;
  last_payment_error: object | null;
}

/** Money that moved. */
export interface Capture {
  readonly intentId: string;
  readonly orderId: string | undefined;
  readonly amount: number;
  readonly currency: string;
}

export interface RefundEntry {
  readonly id: string;
  readonly object: 'refund';
  readonly payment_intent: string;
  readonly charge: string | null;
  readonly amount: number;
  readonly currency: string;
  status: 'succeeded' | 'pending' | 'failed';
  failure_reason: string | null;
  readonly metadata: Readonly<Record<string, string>>;
}

export interface DisputeEntry {
  readonly id: string;
  readonly object: 'dispute';
  readonly payment_intent: string;
  readonly charge: string | null;
  readonly amount: number;
  readonly currency: string;
  readonly reason: string;
  status: 'needs_response' | 'won' | 'lost';
  readonly metadata: Readonly<Record<string, string>>;
}

/** A charge as the events about it show it; it has the metadata of its intent. */
export interface ChargeEntry {
  readonly id: string;
  readonly object: 'charge';
  readonly payment_intent: string;
  readonly amount: number;
  readonly amount_refunded: number;
  readonly currency: string;
  readonly metadata: Readonly<Record<string, string>>;
}

type Params = Readonly<Record<string, string>>;

/** What the stub knows: intents by their state machine, and the money that moved because of them. */
export class StripeLedger {
  readonly intents = new Map<string, Intent>();
  readonly captures: Capture[] = [];
  readonly refunds: RefundEntry[] = [];
  /** What is disputed is not refunded, until that is won. */
  readonly disputes: DisputeEntry[] = [];
  /** Intents whose refunds take their time. */
  readonly slow = new Set<string>();

  open(params: Params): Intent {
    const amount = Number(params.amount);
    if (!Number.isInteger(amount) || amount < 1)
      throw invalid('Invalid positive integer', { code: 'parameter_invalid_integer', param: 'amount' });
    if (!/^[a-z]{3}$/.test(params.currency ?? ''))
      throw invalid(`Invalid currency: ${params.currency}`, { param: 'currency' });
    const method = params.payment_method ?? null;
    if (method !== null && !(method in TEST_METHODS))
      throw missing('PaymentMethod', method, 'payment_method');
    const intent: Intent = {
      id: `pi_stub_${this.intents.size + 1}`,
      object: 'payment_intent',
      amount,
      amount_received: 0,
      currency: params.currency ?? '',
      status: method === null ? 'requires_payment_method' : 'requires_confirmation',
      payment_method: method,
      latest_charge: null,
      metadata: nested(params, 'metadata'),
      last_payment_error: null,
    };
    this.intents.set(intent.id, intent);
    return intent;
  }

  retrieve(id: string): Intent {
    const intent = this.intents.get(id);
    if (!intent) throw missing('payment_intent', id, 'intent');
    return intent;
  }

  confirm(id: string, params: Params): Intent {
    const intent = this.retrieve(id);
    if (!['requires_payment_method', 'requires_confirmation', 'requires_action'].includes(intent.status))
      throw unexpectedState(intent, 'confirm');
    intent.payment_method = params.payment_method ?? intent.payment_method;
    const outcome = intent.payment_method === null ? undefined : TEST_METHODS[intent.payment_method];
    if (!outcome) throw missing('PaymentMethod', String(intent.payment_method), 'payment_method');
    return this.settle(id, outcome);
  }

  /** The bank's answer, now or later. A decline is answered with an error, as Stripe does. */
  settle(id: string, outcome: CardOutcome): Intent {
    const intent = this.retrieve(id);
    if (typeof outcome === 'string') {
      intent.status = outcome;
      if (outcome === 'succeeded') this.#capture(intent);
      return intent;
    }
    const unhealthyReason = { type: 'card_error' as const, ...outcome };
    Object.assign(intent, {
      status: 'requires_payment_method',
      payment_method: null,
      last_payment_error: unhealthyReason,
    });
    throw new StripeError(402, { ...unhealthyReason, payment_intent: { ...intent } });
  }

  cancel(id: string): Intent {
    const intent = this.retrieve(id);
    if (['succeeded', 'canceled', 'processing'].includes(intent.status))
      throw unexpectedState(intent, 'cancel');
    intent.status = 'canceled';
    return intent;
  }

  refund(params: Params): RefundEntry {
    const intent = this.retrieve(params.payment_intent ?? '');
    if (this.disputesOf(intent.id).some(({ status }) => status !== 'won'))
      throw invalid('This charge has been charged back.', { code: 'charge_disputed' });
    const before = this.refundsOf(intent.id)
      .filter(({ status }) => status !== 'failed')
      .reduce((sum, { amount }) => sum + amount, 0);
    const left = intent.amount_received - before;
    const amount = Number(params.amount ?? left);
    if (left === 0) throw invalid('Charge has already been refunded.', { code: 'charge_already_refunded' });
    if (amount < 1 || amount > left)
      throw invalid(`Refund amount (${amount}) is greater than unrefunded amount (${left})`, {
        param: 'amount',
      });
    const refund: RefundEntry = {
      id: `re_stub_${this.refunds.length + 1}`,
      object: 'refund',
      payment_intent: intent.id,
      charge: intent.latest_charge,
      amount,
      currency: intent.currency,
      status: this.slow.has(intent.id) ? 'pending' : 'succeeded',
      failure_reason: null,
      metadata: nested(params, 'metadata'),
    };
    this.refunds.push(refund);
    return refund;
  }

  refundsOf(intentId: string): RefundEntry[] {
    return this.refunds.filter(({ payment_intent }) => payment_intent === intentId);
  }

  dispute(intentId: string, amount?: number): DisputeEntry {
    const { id, latest_charge: charge, amount_received, currency } = this.retrieve(intentId);
    const dispute: DisputeEntry = {
      id: `dp_stub_${this.disputes.length + 1}`,
      object: 'dispute',
      payment_intent: id,
      charge,
      amount: amount ?? amount_received,
      currency,
      reason: 'fraudulent',
      status: 'needs_response',
      metadata: {},
    };
    this.disputes.push(dispute);
    return dispute;
  }

  disputesOf(intentId: string): DisputeEntry[] {
    return this.disputes.filter(({ payment_intent }) => payment_intent === intentId);
  }

  charge(id: string): ChargeEntry {
    const intent = [...this.intents.values()].find(({ latest_charge }) => latest_charge === id);
    if (!intent) throw missing('charge', id, 'charge');
    const back = this.refundsOf(intent.id).filter(({ status }) => status !== 'failed');
    return {
      id,
      object: 'charge',
      payment_intent: intent.id,
      amount: intent.amount_received,
      amount_refunded: back.reduce((sum, { amount }) => sum + amount, 0),
      currency: intent.currency,
      metadata: intent.metadata,
    };
  }

  #capture(intent: Intent): void {
    intent.latest_charge = `ch_stub_${this.captures.length + 1}`;
    intent.amount_received = intent.amount;
    intent.last_payment_error = null;
    const { id, amount, currency, metadata } = intent;
    this.captures.push({ intentId: id, orderId: metadata.orderId, amount, currency });
  }
}

const unexpectedState = (intent: Intent, what: string): StripeError =>
  invalid(`You cannot ${what} this PaymentIntent because it has a status of ${intent.status}.`, {
    code: 'payment_intent_unexpected_state',
    payment_intent: { ...intent },
  });

/** `metadata[orderId]=1` is `{orderId: '1'}`. */
function nested(params: Params, name: string): Record<string, string> {
  const prefix = `${name}[`;
  return Object.fromEntries(
    Object.entries(params)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length, -1), value]),
  );
}
