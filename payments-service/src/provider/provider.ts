import type { Logger } from '@comanda/kit';
import { z } from 'zod';
import type { ChargeLookup, ChargeResult } from '../domain/charge.js';
import type { MoneyBack } from '../domain/money-back.js';
import type { RefundResult } from '../domain/refund.js';

export interface Charge {
  /** Names the payment at the provider: the same id is charged once, however often we ask. */
  readonly paymentId: string;
  readonly tenantId: string;
  readonly orderId: string;
  /** Minor units. */
  readonly amount: number;
  readonly currency: string;
  readonly method: string | undefined;
  /** The provider's id of the payment, once it is opened. */
  readonly reference: string | null;
  /** 1, and one more after each "not now". The same payment and attempt are the same call. */
  readonly attempt: number;
  /** For the log. */
  readonly correlationId?: string;
}

/** One call that gives money back. */
export interface RefundCall {
  /** Names the refund at the provider: the same id goes back once, however often we ask. */
  readonly refundId: string;
  /** 1, and one more after each refusal. The same refund and attempt are the same call. */
  readonly attempt: number;
  readonly paymentId: string;
  readonly orderId: string;
  readonly tenantId: string;
  readonly reference: string;
  readonly amount: number;
  readonly currency: string;
  readonly correlationId?: string;
}

/** A captured payment, as the provider knows it. */
export interface CapturedPayment {
  readonly paymentId: string;
  readonly reference: string;
  readonly currency: string;
  readonly correlationId?: string;
}

export type PaymentLookup =
  | { readonly kind: 'known'; readonly reference: string | undefined }
  /** The provider did not answer. */
  | { readonly kind: 'unknown' };

/**
 * Who moves the money. Expected failures are results. An exception means that there was no answer, so nobody knows what
 * happened; only `NotDone` means that nothing happened.
 */
export interface PaymentProvider {
  readonly name: string;
  charge(charge: Charge): Promise<ChargeResult>;
  /** What became of the charges under this payment's id. Changes nothing. */
  find(charge: Charge): Promise<ChargeLookup>;
  /** Makes sure that it is never charged, not even by a call that is still under way, and says if that was too late. */
  cancel(charge: Charge): Promise<ChargeResult>;
  refund(refund: RefundCall): Promise<RefundResult>;
  /** The refunds and disputes of a payment as they stand now. Changes nothing. */
  moneyBack(payment: CapturedPayment): Promise<MoneyBack>;
  /** The payment to which something belongs that the provider captured, by the provider's name for it. */
  paymentOf(charge: string): Promise<PaymentLookup>;
}

/** The provider refused to listen (too many requests, a wrong key): the call did nothing. */
export class NotDone extends Error {
  override readonly name = 'NotDone';

  /** @param waitSeconds for how long the provider asked us to leave it alone */
  constructor(
    message: string,
    readonly waitSeconds?: number,
  ) {
    super(message);
  }
}

/** What a provider may use besides its settings. */
export interface ProviderDependencies {
  /** For one call. */
  readonly timeoutMs: number;
  readonly logger: Logger;
}

/** What a provider says of itself; `index.ts` lists every provider. */
interface Definition<Shape extends z.ZodRawShape> {
  /** As `PAYMENT_PROVIDER` names it. */
  readonly name: string;
  readonly movesMoney: boolean;
  /** The environment variables that it reads when it is chosen. `.env.example` explains each in its own words. */
  readonly settings: Shape;
  readonly open: (
    settings: z.output<z.ZodObject<Shape>>,
    dependencies: ProviderDependencies,
  ) => PaymentProvider;
}

/** A provider, with its part of the configuration as a schema. */
export const defineProvider = <Shape extends z.ZodRawShape>(definition: Definition<Shape>) => {
  const { name, movesMoney, open } = definition;
  return {
    name,
    movesMoney,
    config: z.object(definition.settings).transform((settings) => ({
      name,
      movesMoney,
      settings,
      open: (dependencies: ProviderDependencies) => open(settings, dependencies),
    })),
    settings: definition.settings,
  };
};
