import { type DataOf, type Envelope, NO_TENANT, PaymentProviderCalled } from '@comanda/contracts';
import {
  type CapturedPayment,
  type Charge,
  type ChargeLookup,
  type ChargeResult,
  decideCharge,
  type MoneyBack,
  type PaymentLookup,
  type PaymentProvider,
  type RefundCall,
  type RefundResult,
} from '@comanda/payments-service';
import type { Faults } from '../faults.js';
import { Chance } from './chance.js';
import { type Capture, MoneyBackBooks, type MoneyBackOptions, type Returned } from './money-back-books.js';
import { WORLD } from './time-line.js';

export interface ProviderOptions extends Pick<MoneyBackOptions, 'seed' | 'timeLine' | 'note' | 'moved'> {
  readonly faults: Faults;
  /** Takes what the gateway publishes when the provider calls it. */
  readonly calls: (envelope: Envelope) => void;
}

/** A call that its caller has given up may still arrive. */
const LATEST_MS = 60_000;
const MAX_DECISION_MS = 20_000;
const LATEST_CALLBACK_MS = 5_000;
/** A refund or a dispute may be told late, and out of order. */
const LATEST_NEWS_MS = 60_000;

/**
 * Who moves the money, and whose own books are the truth about it. In some histories it charges at once, as the
 * simulated provider does; in the others a charge is opened first and charged under its reference, as with Stripe, and
 * may take time to be decided. The same payment is captured once, and never after it was cancelled.
 */
export class Provider implements PaymentProvider {
  readonly name = 'simulated';
  readonly captures: Capture[] = [];
  /** What became of each charge, by what it is called here. */
  readonly #charges = new Map<string, ChargeResult>();
  readonly #opensFirst: boolean;
  readonly #back: MoneyBackBooks;
  /** One for each order, so that it fares the same whichever others there are. */
  readonly #chances = new Map<string, Chance>();
  #count = 0;

  constructor(private readonly options: ProviderOptions) {
    this.#opensFirst = new Chance(options.seed, 0x9a1d).likely(0.5);
    const { seed, timeLine, note, moved } = options;
    const tell = (capture: Capture) => this.#tellMoneyBack(capture);
    // What others do is told under a reference, which only a provider that opens first has given us for certain.
    const shared = this.#opensFirst;
    this.#back = new MoneyBackBooks({ provider: this.name, shared, seed, timeLine, note, moved, tell });
  }

  /** What went back, and what came again. */
  get refunds(): readonly Returned[] {
    return this.#back.moves;
  }

  disputesOf(reference: string): Extract<MoneyBack, { kind: 'known' }>['disputes'] {
    return this.#back.said(reference).disputes;
  }

  async charge(charge: Charge): Promise<ChargeResult> {
    return this.#answer<ChargeResult>('charge', charge, () => this.#charge(charge), UNHEARD);
  }

  async find(charge: Charge): Promise<ChargeLookup> {
    const look = () => this.#charges.get(this.#nameOf(charge)) ?? { kind: 'none' as const };
    return this.#answer<ChargeLookup>('find', charge, look, UNHEARD);
  }

  async cancel(charge: Charge): Promise<ChargeResult> {
    return this.#answer<ChargeResult>('cancel', charge, () => this.#cancel(charge), UNHEARD);
  }

  async refund(refund: RefundCall): Promise<RefundResult> {
    const busy = { kind: 'retry', code: 'PROVIDER_UNAVAILABLE', reason: 'no answer' } as const;
    return this.#answer<RefundResult>('refund', refund, () => this.#back.refund(refund), {
      silent: busy,
      away: busy,
    });
  }

  async moneyBack(payment: CapturedPayment): Promise<MoneyBack> {
    return this.#answer<MoneyBack>('tell of', payment, () => this.#back.said(payment.reference), {
      silent: { kind: 'unknown' },
      away: { kind: 'unknown' },
    });
  }

  /** What it captures has no other name here than the payment. */
  async paymentOf(charge: string): Promise<PaymentLookup> {
    return { kind: 'known', reference: charge };
  }

  /** What is opened first is known by the reference that it got then. */
  #nameOf({ paymentId, reference }: Charge): string {
    return this.#opensFirst ? (reference ?? '') : paymentId;
  }

  #charge(charge: Charge): ChargeResult {
    if (this.#opensFirst && charge.reference === null)
      return { kind: 'opened', reference: `sim_pi_${charge.paymentId}` };
    const name = this.#nameOf(charge);
    const known = this.#charges.get(name);
    if (known && known.kind !== 'retry') return known;
    const decided = decideCharge(charge);
    if (!this.#opensFirst) return this.#settle(name, charge, decided);
    const result = decided.kind === 'captured' ? { ...decided, reference: name } : decided;
    const { timeLine } = this.options;
    const chance = this.#chanceOf(charge);
    if (result.kind === 'retry' || chance.likely(0.8)) return this.#settle(name, charge, result);
    const pending = { kind: 'pending', reference: name } as const;
    this.#charges.set(name, pending);
    timeLine.later(WORLD, chance.below(MAX_DECISION_MS), () => this.#settle(name, charge, result));
    return pending;
  }

  #chanceOf({ orderId }: Pick<Charge, 'orderId'>): Chance {
    const chance =
      this.#chances.get(orderId) ??
      new Chance(this.options.seed, 0x9a1d, Number.parseInt(orderId.slice(-8), 16));
    this.#chances.set(orderId, chance);
    return chance;
  }

  /** What it is still deciding it can't stop. */
  #cancel(charge: Charge): ChargeResult {
    // Under a reference that was never kept nothing is ever charged.
    if (this.#opensFirst && charge.reference === null) return { kind: 'closed' };
    const name = this.#nameOf(charge);
    const known = this.#charges.get(name);
    if (known?.kind === 'captured' || known?.kind === 'pending') return known;
    this.#charges.set(name, { kind: 'closed' });
    return { kind: 'closed' };
  }

  #settle(name: string, charge: Charge, result: ChargeResult): ChargeResult {
    // Providers that charge at once forget a "not now"; the others show it until they are asked again.
    if (result.kind !== 'retry' || this.#opensFirst) this.#charges.set(name, result);
    if (result.kind === 'captured') {
      const { tenantId, orderId, paymentId, amount } = charge;
      const capture = { tenantId, orderId, paymentId, reference: result.reference, amount };
      this.options.note(() => `the provider captures ${result.reference}`);
      this.captures.push(capture);
      this.options.moved();
      this.#back.captured(capture);
    }
    if (this.#opensFirst && result.kind !== 'retry') this.#call(charge);
    return result;
  }

  /** Most of its calls come, sooner or later; the gateway publishes them. */
  #call(charge: Charge): void {
    const { tenantId, orderId, paymentId } = charge;
    const chance = this.#chanceOf(charge);
    if (!chance.likely(0.8)) return;
    this.#send(chance, LATEST_CALLBACK_MS, tenantId, { about: 'charge', orderId, paymentId });
  }

  /** Of money that went back it tells until it is heard: once or several times, and sometimes without saying whose it is. */
  #tellMoneyBack({ tenantId, orderId, paymentId, reference }: Capture): void {
    const chance = this.#chanceOf({ orderId });
    const times = chance.pick([1, 1, 2, 3]);
    for (let nth = 0; nth < times; nth++) {
      const about = {
        about: 'money-back',
        ...(chance.likely(0.1) ? { charge: reference } : { reference }),
      } as const;
      if (chance.likely(0.5)) this.#send(chance, LATEST_NEWS_MS, NO_TENANT, about);
      else this.#send(chance, LATEST_NEWS_MS, tenantId, { ...about, orderId, paymentId });
    }
  }

  #send(
    chance: Chance,
    withinMs: number,
    tenantId: string,
    about: Omit<DataOf<typeof PaymentProviderCalled>, 'provider' | 'callId' | 'type'>,
  ): void {
    const { timeLine } = this.options;
    timeLine.later(WORLD, chance.below(withinMs), () => {
      const id = chance.id(timeLine.now, this.#count++);
      const subject = about.paymentId ?? about.reference ?? about.charge ?? id;
      this.options.note(() => `the provider calls about ${subject}`);
      this.options.calls({
        specversion: '1.0',
        id,
        type: PaymentProviderCalled.type,
        source: 'api-gateway',
        time: new Date(timeLine.now).toISOString(),
        subject,
        datacontenttype: 'application/json',
        dataschema: PaymentProviderCalled.dataschema,
        tenantid: tenantId,
        correlationid: id,
        data: { provider: this.name, ...about, callId: id, type: about.about },
      });
    });
  }

  /** Answered; or done and the answer lost, on its way for long, never arrived, or turned away. */
  #answer<T extends { readonly kind: string }>(
    what: string,
    { paymentId }: { readonly paymentId: string },
    call: () => T,
    { silent, away }: { readonly silent: T; readonly away: T },
  ): T {
    const { faults, timeLine, note } = this.options;
    const act = (how: string): T => {
      const result = call();
      note(() => `the provider is asked to ${what} ${paymentId}${how}: ${result.kind}`);
      return result;
    };
    const silence = faults.strikes('silence');
    if (silence === undefined) return act('');
    if (silence >= 0.8) return away;
    if (silence < 0.3) act(', unheard');
    else if (silence < 0.6)
      timeLine.later(WORLD, ((silence - 0.3) / 0.3) * LATEST_MS, () => void act(', late'));
    return silent;
  }
}

const UNHEARD = { silent: { kind: 'unknown' }, away: { kind: 'unavailable' } } as const;
