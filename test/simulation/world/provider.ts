import type { Charge, ChargeResult, PaymentProvider, Refund, RefundResult } from '@comanda/payments-service';
import { decideCharge } from '@comanda/payments-service';
import type { Faults } from '../faults.js';

export interface Capture {
  readonly orderId: string;
  readonly paymentId: string;
  readonly amount: number;
}

export interface Returned {
  readonly paymentId: string;
  readonly refundId: string;
  readonly amount: number;
}

/** Who moves the money, and whose own books are the truth about it: what it did once it does not do again. */
export class Provider implements PaymentProvider {
  readonly name = 'simulated';
  readonly captures: Capture[] = [];
  readonly refunds: Returned[] = [];
  readonly #charged = new Map<string, ChargeResult>();
  readonly #refunded = new Map<string, RefundResult>();

  constructor(
    private readonly faults: Faults,
    private readonly moved: () => void,
  ) {}

  async charge(charge: Charge): Promise<ChargeResult> {
    return this.#answer(() => {
      const known = this.#charged.get(charge.paymentId);
      if (known) return known;
      const result = decideCharge(charge);
      if (result.kind === 'retry') return result;
      this.#charged.set(charge.paymentId, result);
      if (result.kind === 'captured') {
        const { orderId, paymentId, amount } = charge;
        this.captures.push({ orderId, paymentId, amount });
        this.moved();
      }
      return result;
    });
  }

  async refund({ refundId, paymentId, amount }: Refund): Promise<RefundResult> {
    return this.#answer(() => {
      const known = this.#refunded.get(refundId);
      if (known) return known;
      const result: RefundResult = { kind: 'refunded', reference: `sim_re_${refundId}` };
      this.#refunded.set(refundId, result);
      this.refunds.push({ refundId, paymentId, amount });
      this.moved();
      return result;
    });
  }

  /** Not reached, answered, or done and the answer lost. */
  #answer<T>(act: () => T): T | { kind: 'retry'; code: string; reason: string } {
    const silence = this.faults.strikes('silence');
    if (silence === undefined) return act();
    if (silence < 0.5) act();
    return { kind: 'retry', code: 'PROVIDER_UNAVAILABLE', reason: 'no answer' };
  }
}
