import { accept, GetOrder } from '@comanda/contracts';
import { answers } from '@comanda/service-kit';
import { orderView } from '../views/order-view.js';
import { unknownOrder, visibleOrder } from './visible-order.js';
import { withNames } from './with-names.js';

/** One order. */
export const getOrder = answers(GetOrder, async (database, { tenantid, data }) => {
  const order = await visibleOrder(database, tenantid, data);
  if (!order) return unknownOrder(data.orderId);
  const [named = order] = await withNames(database, tenantid, [order]);
  return accept(orderView(named));
});
