import type { Logger } from '@comanda/kit';
import { apiBaseUrl } from '@comanda/service-kit';
import Stripe from 'stripe';
import { z } from 'zod';
import type { ChargeLookup, ChargeResult } from '../../domain/charge.js';
import type { MoneyBack } from '../../domain/money-back.js';
import type { RefundResult } from '../../domain/refund.js';
import {
  type CapturedPayment,
  type Charge,
  defineProvider,
  type PaymentLookup,
  type PaymentProvider,
  type RefundCall,
} from '../provider.js';
import { notPossible, stripeAmount } from './amount.js';
import {
  answerIn,
  asOutage,
  cameTooLate,
  isReplayedFailure,
  isUnknownThere,
  statusOf,
  stripesWords,
} from './answers.js';
import { disputeAsItStands, refundAsItStands } from './money-back.js';
import { isRefundOff, refundRefusedBy, refundResult } from './refund-answers.js';

export interface StripeOptions {
  readonly apiKey: string;
  /** Where Stripe is, e.g. `https://api.stripe.com`. */
  readonly apiBase: string;
  readonly timeoutMs: number;
  readonly logger: Logger;
}

export const stripe = defineProvider({
  name: 'stripe',
  movesMoney: true,
  settings: {
    /** Never printed. */
    STRIPE_API_KEY: z
      .string('must be set when PAYMENT_PROVIDER is stripe')
      .regex(/^(sk|rk)_\w+$/, 'must be a secret or restricted key of Stripe: sk_... or rk_...')
      .describe(
        "Stripe's secret key (sk_...) or, better, a restricted one (rk_...) that may write PaymentIntents and refunds, and read charges and disputes.",
      ),
    STRIPE_API_BASE: apiBaseUrl('https://api.stripe.com').describe(
      "Another address of Stripe's API, for tests.",
    ),
  },
  open: ({ STRIPE_API_KEY: apiKey, STRIPE_API_BASE: apiBase }, dependencies) =>
    new StripeProvider({ apiKey, apiBase, ...dependencies }),
});

/** How many Stripe lists at most. */
const PAGE = 100;

/**
 * Charges with Stripe PaymentIntents, in two calls: the first opens an intent, which moves no money; the second confirms
 * it, after we have stored its id. So whatever may have been charged can be looked up by an id in our own database, and
 * Stripe's state machine lets one intent be captured once.
 * Source: https://docs.stripe.com/api/payment_intents
 */
export class StripeProvider implements PaymentProvider {
  readonly name = 'stripe';
  readonly #stripe: Stripe;
  readonly #logger: Logger;

  constructor({ apiKey, apiBase, timeoutMs, logger }: StripeOptions) {
    const { protocol, hostname, port } = new URL(apiBase);
    this.#logger = logger;
    this.#stripe = new Stripe(apiKey, {
      protocol: protocol === 'http:' ? 'http' : 'https',
      host: hostname,
      ...(port !== '' && { port }),
      timeout: timeoutMs,
      // We ask before we try again. The package's own client for Node tries again by itself when a connection breaks,
      // whatever it is told here; the one over fetch does not.
      maxNetworkRetries: 0,
      httpClient: Stripe.createFetchHttpClient(),
      telemetry: false,
    });
  }

  charge(charge: Charge): Promise<ChargeResult> {
    return charge.reference === null ? this.#open(charge) : this.#confirm(charge, charge.reference);
  }

  async find({ reference }: Charge): Promise<ChargeLookup> {
    // Money moves only under a reference that we have stored.
    if (reference === null) return { kind: 'none' };
    try {
      return statusOf(await this.#stripe.paymentIntents.retrieve(reference));
    } catch (error) {
      throw asOutage(error);
    }
  }

  async cancel(charge: Charge): Promise<ChargeResult> {
    const { reference, paymentId } = charge;
    if (reference === null) return { kind: 'closed' };
    try {
      await this.#once(`${paymentId}:cancel`, (options) =>
        this.#stripe.paymentIntents.cancel(reference, {}, options),
      );
      return { kind: 'closed' };
    } catch (error) {
      if (cameTooLate(error)) return this.#settled(charge, error);
      throw asOutage(error);
    }
  }

  /** Asks first, because Stripe forgets an idempotency key after a day. */
  async refund(refund: RefundCall): Promise<RefundResult> {
    const { refundId, attempt, paymentId, reference, currency } = refund;
    const amount = stripeAmount(refund.amount, currency);
    if (amount === undefined) return { kind: 'refused', ...notPossible(refund.amount, currency) };
    try {
      const before = await this.#refundBefore(refund);
      if (before) return refundResult(before);
      // What Stripe calls us about later is placed by these.
      const metadata = { refundId, attempt, paymentId, orderId: refund.orderId, tenantId: refund.tenantId };
      return refundResult(
        await this.#once(`${refundId}:refund:${attempt}`, (options) =>
          this.#stripe.refunds.create({ payment_intent: reference, amount, metadata }, options),
        ),
      );
    } catch (error) {
      this.#note('refund', refund, error);
      return refundRefusedBy(error);
    }
  }

  async moneyBack({ reference }: CapturedPayment): Promise<MoneyBack> {
    const of = { payment_intent: reference, limit: PAGE };
    try {
      const [refunds, disputes] = await Promise.all([
        allOf(this.#stripe.refunds.list(of)),
        allOf(this.#stripe.disputes.list(of)),
      ]);
      return {
        kind: 'known',
        refunds: refunds.map(refundAsItStands),
        disputes: disputes.map(disputeAsItStands),
      };
    } catch (error) {
      throw asOutage(error);
    }
  }

  async paymentOf(charge: string): Promise<PaymentLookup> {
    try {
      const { payment_intent: intent } = await this.#stripe.charges.retrieve(charge);
      return { kind: 'known', reference: typeof intent === 'string' ? intent : intent?.id };
    } catch (error) {
      if (isUnknownThere(error)) return { kind: 'known', reference: undefined };
      throw asOutage(error);
    }
  }

  /** The refund that an earlier call made: one that stands, whichever attempt made it, else this attempt's own. */
  async #refundBefore({ refundId, attempt, reference }: RefundCall): Promise<Stripe.Refund | undefined> {
    const all = await allOf(this.#stripe.refunds.list({ payment_intent: reference, limit: PAGE }));
    const known = all.filter(({ metadata }) => metadata?.refundId === refundId);
    return (
      known.find((one) => !isRefundOff(one)) ??
      known.find(({ metadata }) => metadata?.attempt === String(attempt))
    );
  }

  async #open(charge: Charge): Promise<ChargeResult> {
    const { paymentId, tenantId, orderId, currency, method } = charge;
    if (method === undefined)
      return { kind: 'declined', code: 'NO_METHOD', reason: 'The order names no payment method' };
    const amount = stripeAmount(charge.amount, currency);
    if (amount === undefined) return { kind: 'declined', ...notPossible(charge.amount, currency) };
    try {
      const { id } = await this.#once(`${paymentId}:open`, (options) =>
        this.#stripe.paymentIntents.create(
          {
            amount,
            currency: currency.toLowerCase(),
            payment_method: method,
            automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
            description: `Order ${orderId}`,
            // A callback is matched to its payment by these.
            metadata: { tenantId, orderId, paymentId },
          },
          options,
        ),
      );
      return { kind: 'opened', reference: id };
    } catch (error) {
      this.#note('open', charge, error);
      return answerIn(error);
    }
  }

  async #confirm(charge: Charge, reference: string): Promise<ChargeResult> {
    const { paymentId, method, attempt } = charge;
    try {
      const intent = await this.#once(`${paymentId}:confirm:${attempt}`, (options) =>
        // Named once more: an intent forgets the method that was declined.
        this.#stripe.paymentIntents.confirm(
          reference,
          { ...(method && { payment_method: method }) },
          options,
        ),
      );
      return decided(statusOf(intent), `the confirmed intent ${reference} is ${intent.status}`);
    } catch (error) {
      if (cameTooLate(error)) return this.#settled(charge, error);
      this.#note('confirm', charge, error);
      return answerIn(error);
    }
  }

  /** How an intent stands for which our call came too late. */
  async #settled(charge: Charge, error: unknown): Promise<ChargeResult> {
    return decided(await this.find(charge), String(error));
  }

  /** What Stripe says is for operators: the customer gets our own words. */
  #note(
    call: string,
    { paymentId, correlationId }: Pick<Charge, 'paymentId' | 'correlationId'>,
    error: unknown,
  ): void {
    const words = stripesWords(error);
    if (words !== undefined)
      this.#logger.info({ paymentId, correlationId, call, stripe: words }, 'Stripe did not take this');
  }

  /** One call under one key: a repeat, by whichever instance, gets the answer of the first. */
  async #once<T>(key: string, call: (options: { idempotencyKey: string }) => Promise<T>): Promise<T> {
    try {
      return await call({ idempotencyKey: key });
    } catch (error) {
      if (!isReplayedFailure(error)) throw error;
      // Stripe failed that call. We asked before this one, so it had no effect.
      return call({ idempotencyKey: `${key}:${new Date().toISOString()}` });
    }
  }
}

function decided(found: ChargeLookup, otherwise: string): ChargeResult {
  if (found.kind === 'none') throw new Error(otherwise);
  return found;
}

/** All pages of a list of Stripe's. */
async function allOf<T>(list: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of list) all.push(one);
  return all;
}
