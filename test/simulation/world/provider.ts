import { type Envelope, PaymentProviderCalled } from '@comanda/contracts';
import {
  type Charge,
  type ChargeLookup,
  type ChargeResult,
  decideCharge,
  type PaymentProvider,
  type RefundCall,
  type RefundResult,
} from '@comanda/payments-service';
import type { Faults } from '../faults.js';
import { Chance } from './chance.js';
import { type TimeLine, WORLD } from './time-line.js';

export interface Capture {
  readonly orderId: string;
  readonly reference: string;
  readonly amount: number;
}

export interface Returned {
  readonly reference: string;
  readonly refundId: string;
  readonly amount: number;
}

export interface ProviderOptions {
  readonly faults: Faults;
  readonly timeLine: TimeLine;
  readonly seed: number;
  readonly note: (line: () => string) => void;
  /** Called whenever money has moved. */
  readonly moved: () => void;
  /** Takes what the gateway publishes when the provider calls it. */
  readonly calls: (envelope: Envelope) => void;
}

/** A call that its caller has given up may still arrive. */
const LATEST_MS = 60_000;
const MAX_DECISION_MS = 20_000;
const LATEST_CALLBACK_MS = 5_000;

/**
 * Who moves the money, and whose own books are the truth about it. In some histories it charges at once, as the
 * simulated provider does; in the others a charge is opened first and charged under its reference, as with Stripe, and
 * may take time to be decided. The same payment is captured once, and never after it was cancelled.
 */
export class Provider implements PaymentProvider {
  readonly name = 'simulated';
  readonly captures: Capture[] = [];
  readonly refunds: Returned[] = [];
  /** What became of each charge, by what it is called here. */
  readonly #charges = new Map<string, ChargeResult>();
  readonly #refunds = new Map<string, RefundResult>();
  readonly #opensFirst: boolean;
  /** One for each order, so that it fares the same whichever others there are. */
  readonly #chances = new Map<string, Chance>();
  #count = 0;

  constructor(private readonly options: ProviderOptions) {
    this.#opensFirst = new Chance(options.seed, 0x9a1d).likely(0.5);
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
    return this.#answer<RefundResult>('refund', refund, () => this.#refund(refund), {
      silent: busy,
      away: busy,
    });
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

  #chanceOf({ orderId }: Charge): Chance {
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
      const { orderId, amount } = charge;
      this.options.note(() => `the provider captures ${result.reference}`);
      this.captures.push({ orderId, reference: result.reference, amount });
      this.options.moved();
    }
    if (this.#opensFirst && result.kind !== 'retry') this.#call(charge);
    return result;
  }

  /** It says no now and then, and always the same of the same call. */
  #refund({ refundId, attempt, reference, amount }: RefundCall): RefundResult {
    const known = this.#refunds.get(refundId);
    if (known) return known;
    const mood = new Chance(this.options.seed, 0x4ef0, Number.parseInt(refundId.slice(-8), 16), attempt);
    if (mood.likely(0.2)) return { kind: 'refused', code: 'CHARGE_DISPUTED', reason: 'disputed' };
    const result: RefundResult = { kind: 'refunded', reference: `sim_re_${refundId}` };
    this.#refunds.set(refundId, result);
    this.refunds.push({ refundId, reference, amount });
    this.options.moved();
    return result;
  }

  /** Most of its calls come, sooner or later; the gateway publishes them. */
  #call(charge: Charge): void {
    const { tenantId, orderId, paymentId } = charge;
    const { timeLine } = this.options;
    const chance = this.#chanceOf(charge);
    if (!chance.likely(0.8)) return;
    timeLine.later(WORLD, chance.below(LATEST_CALLBACK_MS), () => {
      const id = chance.id(timeLine.now, this.#count++);
      this.options.note(() => `the provider calls about ${paymentId}`);
      this.options.calls({
        specversion: '1.0',
        id,
        type: PaymentProviderCalled.type,
        source: 'api-gateway',
        time: new Date(timeLine.now).toISOString(),
        subject: paymentId,
        datacontenttype: 'application/json',
        dataschema: PaymentProviderCalled.dataschema,
        tenantid: tenantId,
        correlationid: id,
        data: { provider: this.name, orderId, paymentId, callId: id, type: 'decided' },
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
