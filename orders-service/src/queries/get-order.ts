import { accept, GetOrder } from '@comanda/contracts';
import { answers } from '@comanda/service-kit';
import { orderView } from '../views/order-view.js';
import { unknownOrder, visibleOrder } from './visible-order.js';

/** One order. */
export const getOrder = answers(GetOrder, async (database, { tenantid, data }) => {
  const order = await visibleOrder(database, tenantid, data);
  return order ? accept(orderView(order)) : unknownOrder(data.orderId);
});
