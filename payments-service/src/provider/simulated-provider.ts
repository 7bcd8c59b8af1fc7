import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import type { ChargeLookup, ChargeResult } from '../domain/charge.js';
import type { MoneyBack } from '../domain/money-back.js';
import type { RefundResult } from '../domain/refund.js';
import {
  type Charge,
  defineProvider,
  type PaymentLookup,
  type PaymentProvider,
  type RefundCall,
} from './provider.js';

/** From this amount on (minor units) the fraud rule of the simulation declines. */
const FRAUD_AMOUNT = 1_000_000;
const FLAKY_FAILURES = 2;
/** How many captures it remembers. Older ones were settled long ago. */
const REMEMBERED = 10_000;

/** `100-2000`: between these milliseconds; `0` or any other single number: always that long. */
const Latency = z
  .string()
  .regex(/^\d{1,6}(-\d{1,6})?$/, 'must be milliseconds, like 0 or 100-2000')
  .transform((text) => {
    const [minMs = 0, maxMs = minMs] = text.split('-').map(Number);
    return { minMs, maxMs };
  })
  .refine(({ minMs, maxMs }) => minMs <= maxMs, 'the first number must not be greater than the second');

/** The provider of the demo. */
export const simulated = defineProvider({
  name: 'simulated',
  movesMoney: false,
  settings: {
    PAYMENT_SIM_LATENCY_MS: Latency.prefault('100-2000').describe(
      'How long the simulated provider takes: a range or one number, in milliseconds.',
    ),
  },
  open: (settings) => new SimulatedProvider(settings.PAYMENT_SIM_LATENCY_MS),
});

/**
 * A provider that moves no money: 80 % approved, 15 % retryable, 5 % declined. The same payment and attempt always get
 * the same answer. The methods `sim_*` choose the answer.
 */
export class SimulatedProvider implements PaymentProvider {
  readonly name = 'simulated';
  readonly #captured = new Map<string, string>();

  constructor(private readonly latency: z.output<typeof Latency>) {}

  async charge(charge: Charge): Promise<ChargeResult> {
    await this.#takeTime(charge.paymentId);
    const result = decideCharge(charge);
    if (result.kind === 'captured') this.#remember(charge.paymentId, result.reference);
    return result;
  }

  async find({ paymentId }: Charge): Promise<ChargeLookup> {
    await this.#takeTime(paymentId);
    const reference = this.#captured.get(paymentId);
    return reference === undefined ? { kind: 'none' } : { kind: 'captured', reference };
  }

  async cancel(charge: Charge): Promise<ChargeResult> {
    const found = await this.find(charge);
    return found.kind === 'none' ? { kind: 'closed' } : found;
  }

  async refund({ refundId }: RefundCall): Promise<RefundResult> {
    await this.#takeTime(refundId);
    return { kind: 'refunded', reference: `sim_re_${refundId}` };
  }

  /** Nobody else uses it, so nothing goes back but what it was asked for. */
  async moneyBack(): Promise<MoneyBack> {
    return { kind: 'known', refunds: [], disputes: [] };
  }

  async paymentOf(): Promise<PaymentLookup> {
    return { kind: 'known', reference: undefined };
  }

  #remember(paymentId: string, reference: string): void {
    this.#captured.set(paymentId, reference);
    if (this.#captured.size <= REMEMBERED) return;
    for (const oldest of this.#captured.keys()) {
      this.#captured.delete(oldest);
      break;
    }
  }

  async #takeTime(id: string): Promise<void> {
    const { minMs, maxMs } = this.latency;
    if (maxMs > 0) await pause(minMs + dice(id, 'latency') * (maxMs - minMs));
  }
}

/** The simulation's rules; pure. */
export function decideCharge({
  paymentId,
  amount,
  method = 'sim_random',
  attempt,
}: Pick<Charge, 'paymentId' | 'amount' | 'method' | 'attempt'>): ChargeResult {
  const approved: ChargeResult = { kind: 'captured', reference: `sim_ch_${paymentId}` };
  const declined: ChargeResult = { kind: 'declined', code: 'CARD_DECLINED', reason: 'The card was declined' };
  const fraud: ChargeResult = {
    kind: 'declined',
    code: 'FRAUD_SUSPECTED',
    reason: 'The payment looks like fraud',
  };
  const busy: ChargeResult = {
    kind: 'retry',
    code: 'PROVIDER_UNAVAILABLE',
    reason: 'The payment provider did not answer',
  };
  if (method === 'sim_approved') return approved;
  if (method === 'sim_declined') return declined;
  if (method === 'sim_fraud' || (method === 'sim_random' && amount >= FRAUD_AMOUNT)) return fraud;
  if (method === 'sim_flaky') return attempt <= FLAKY_FAILURES ? busy : approved;
  if (method !== 'sim_random')
    return { kind: 'declined', code: 'UNKNOWN_METHOD', reason: `The payment method ${method} is not known` };
  const roll = dice(paymentId, String(attempt));
  if (roll < 0.8) return approved;
  return roll < 0.95 ? busy : declined;
}

/** A number from 0 to below 1 that depends on the words alone. */
function dice(...words: string[]): number {
  return createHash('sha256').update(words.join('/')).digest().readUInt32BE(0) / 2 ** 32;
}
