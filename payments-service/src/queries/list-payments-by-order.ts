import { accept, ListPaymentsByOrder } from '@comanda/contracts';
import { answers } from '@comanda/service-kit';
import { payments } from '../storage/tables.js';
import { paymentView } from '../views/payment-view.js';

/** The payments of an order: one, or none while it was not asked for and when it never will be. */
export const listPaymentsByOrder = answers(ListPaymentsByOrder, async (database, { tenantid, data }) => {
  const payment = await database.of(tenantid).find(payments.read(tenantid, data.orderId));
  const view = payment && paymentView(payment);
  return accept({ items: view ? [view] : [] });
});
