import { StockReserved } from '@comanda/contracts';
import { on } from '@comanda/messaging';
import { newPayment } from '../domain/payment.js';
import { scheduleCharge } from '../effects/provider-work.js';
import { payments } from '../storage/tables.js';

/** @param provider the name of the provider that charges */
export const chargeWhenStockReserved = (provider: string) =>
  on(StockReserved, 'charge when stock reserved', {
    needs: ({ tenantid, data }) => ({ existing: payments.lock(tenantid, data.orderId) }),
    decide: ({ tenantid, data }, { existing }, { now, newId }) => {
      // It was charged before, or the order ended before this service heard of it: nothing is charged (again).
      if (existing) return [];
      const { orderId, amount, currency, paymentMethod, expiresAt } = data;
      const method = paymentMethod ?? null;
      const payment = newPayment(
        { tenantId: tenantid, orderId, paymentId: newId(), amount, currency, provider, method },
        now,
      );
      return [payments.put(payment), scheduleCharge(payment.paymentId, now, { orderId, expiresAt })];
    },
  });
