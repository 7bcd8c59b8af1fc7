import { defineWork } from '@comanda/messaging';
import { type Database } from '@comanda/storage';
import { type ChargeResult, charged } from '../domain/charge.js';
import { ASK } from '../effects/provider-work.js';
import { settle } from '../effects/settle.js';
import type { PaymentProvider } from '../provider/provider.js';
import { payments } from '../storage/tables.js';
import { aboutAnOrder } from './about-an-order.js';
import { chargeOf } from './charge-of.js';

/**
 * Asks the provider how a payment stands, because the provider called. Without a final answer nothing is decided: the
 * charge asks again by itself. So a call that is lost, late or repeated changes only when we ask.
 */
export const ask = (provider: PaymentProvider, database: Pick<Database, 'of'>) =>
  defineWork({
    kind: ASK,
    ...aboutAnOrder,
    run: async ({ tenantId, payload, cause }): Promise<ChargeResult | undefined> => {
      const payment = await database.of(tenantId).find(payments.read(tenantId, payload.orderId));
      if (payment?.status !== 'PENDING') return undefined;
      const found = await provider.find(chargeOf(payment, 1, cause));
      return found.kind === 'captured' || found.kind === 'declined' ? found : undefined;
    },
    needs: ({ tenantId, payload }) => ({ payment: payments.lock(tenantId, payload.orderId) }),
    decide: ({ attempt }, found, { payment }, context) => {
      if (payment?.status !== 'PENDING' || !found) return [];
      const progress = { certain: 0, refusals: 0, expiresAt: context.now };
      const step = charged(payment, found, { start: attempt, progress }, context.now);
      return step.kind === 'again' ? [] : settle(step, context);
    },
  });
