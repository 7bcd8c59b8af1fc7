import type { Charge, ChargeResult, PaymentProvider, Refund, RefundResult } from '@comanda/payments-service';
import { decideCharge } from '@comanda/payments-service';
import type { Faults } from '../faults.js';

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
    const answer = this.#answer((): ChargeResult => {
      const known = this.#charged.get(charge.paymentId);
      if (known) return known;
      const result = decideCharge(charge);
      if (result.kind === 'retry') return result;
      this.#charged.set(charge.paymentId, result);
      if (result.kind === 'captured') {
        this.captures.push({ orderId: charge.orderId, reference: result.reference, amount: charge.amount });
        this.moved();
      }
      return result;
    });
    return answer ?? { kind: 'unanswered', reason: 'no answer' };
  }

  async refund({ refundId, reference, amount }: Refund): Promise<RefundResult> {
    const answer = this.#answer((): RefundResult => {
      const known = this.#refunded.get(refundId);
      if (known) return known;
      const result: RefundResult = { kind: 'refunded', reference: `sim_re_${refundId}` };
      this.#refunded.set(refundId, result);
      this.refunds.push({ refundId, reference, amount });
      this.moved();
      return result;
    });
    return answer ?? { kind: 'retry', code: 'PROVIDER_UNAVAILABLE', reason: 'no answer' };
  }

  /** Not reached, answered, or done and the answer lost. */
  #answer<T>(act: () => T): T | undefined {
    const silence = this.faults.strikes('silence');
    if (silence === undefined) return act();
    if (silence < 0.5) act();
    return undefined;
  }
}
