import { StockReserved } from '@comanda/contracts';
import { on, schedule } from '@comanda/messaging';
import { newPayment } from '../domain/payment.js';
import { payments } from '../storage/tables.js';
import { CHARGE } from '../work/kinds.js';

/** @param provider the name of the provider that will be asked */
export const chargeWhenStockReserved = (provider: string) =>
  on(StockReserved, 'charge when stock reserved', {
    needs: ({ tenantid, data }) => ({ existing: payments.lock(tenantid, data.orderId) }),
    decide: ({ tenantid, data }, { existing }, { now, newId }) => {
      // Charged already, or the order ended before we heard of it: nothing is charged (again).
      if (existing) return [];
      const { orderId, amount, currency, paymentMethod, expiresAt } = data;
      const method = paymentMethod ?? null;
      const payment = newPayment(
        { tenantId: tenantid, orderId, paymentId: newId(), amount, currency, provider, method },
        now,
      );
      return [
        payments.put(payment),
        schedule({ work: CHARGE, id: payment.paymentId, dueAt: now, payload: { orderId, expiresAt } }),
      ];
    },
  });
