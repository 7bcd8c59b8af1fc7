import { defineWork, type Job } from '@comanda/messaging';
import type { MoneyBack } from '../domain/money-back.js';
import type { Payment } from '../domain/payment.js';
import { reconcile as reconciled } from '../domain/reconcile.js';
import { refundWaitSeconds } from '../domain/refund.js';
import { keepReconciled } from '../effects/keep-refunds.js';
import { RECONCILE, ReconcilePayload, reconcileId, scheduleReconcile } from '../effects/provider-work.js';
import type { PaymentLookup, PaymentProvider } from '../provider/provider.js';
import { payments, refunds } from '../storage/tables.js';

/** Finds a payment by the provider's name for it. */
export type FindByReference = (provider: string, reference: string) => Promise<Payment | undefined>;

/** What the provider says of a payment, and whose it is; no payment of ours when there is no order. */
interface Said {
  readonly tenantId: string;
  readonly orderId: string | undefined;
  readonly said: MoneyBack | { readonly kind: 'found'; readonly reference: string };
}

/**
 * Makes our books of a payment follow the provider's: it called because of a refund or a dispute, or refused a refund.
 *
 * One job compares one payment, so that the lease's fence keeps an older answer from being decided upon after a newer one.
 * A call that names no tenant or another name has a job of its own, which only finds the payment and becomes its tenant's.
 */
export const reconcile = (provider: PaymentProvider, find: FindByReference) =>
  defineWork({
    kind: RECONCILE,
    payload: ReconcilePayload,
    leaseSeconds: 30,
    concurrency: 20,
    run: (job) => ask(provider, find, job),
    tenantOf: (_, { tenantId }) => tenantId,
    needs: (_, { tenantId, orderId = '' }) => ({
      payment: payments.lock(tenantId, orderId),
      made: refunds.lockAll({ tenantId, orderId }),
    }),
    decide: ({ attempt, payload }, { tenantId, said }, { payment, made }, context) => {
      const { now } = context;
      if (said.kind === 'found')
        return scheduleReconcile(tenantId, { provider: provider.name, reference: said.reference }, now, 0);
      // What went back may be told before we know that it was captured.
      if (said.kind === 'unknown' || payment?.status === 'PENDING')
        return scheduleReconcile(tenantId, payload, now, refundWaitSeconds(attempt));
      if (!payment) return [];
      const step = reconciled(payment, made, said, { nextId: context.newId(), now });
      return step.payment === payment ? [] : keepReconciled(step, context);
    },
  });

async function ask(
  provider: PaymentProvider,
  find: FindByReference,
  { id, tenantId, payload, cause }: Job<ReconcilePayload>,
): Promise<Said> {
  const nothing: Said = { tenantId, orderId: undefined, said: { kind: 'known', refunds: [], disputes: [] } };
  if (payload.provider !== provider.name) return nothing;
  const named = await nameOf(provider, payload);
  if (named.kind === 'unknown') return { ...nothing, said: named };
  const { reference } = named;
  const payment = reference === undefined ? undefined : await find(provider.name, reference);
  if (!payment || reference === undefined) return nothing;
  const { paymentId, orderId, currency } = payment;
  if (id !== reconcileId(payment.tenantId, reference))
    return { ...nothing, tenantId: payment.tenantId, said: { kind: 'found', reference } };
  const said = await provider.moneyBack({
    paymentId,
    reference,
    currency,
    correlationId: cause.correlationid,
  });
  return { tenantId: payment.tenantId, orderId, said };
}

const nameOf = async (
  provider: PaymentProvider,
  { reference, charge }: ReconcilePayload,
): Promise<PaymentLookup> =>
  reference === undefined && charge !== undefined ? provider.paymentOf(charge) : { kind: 'known', reference };
