import { accept, GetOrderBodyHash } from '@comanda/contracts';
import { answers } from '@comanda/service-kit';
import { unknownOrder, visibleOrder } from './visible-order.js';

/** By which request an order was placed. */
export const getOrderBodyHash = answers(GetOrderBodyHash, async (database, { tenantid, data }) => {
  const order = await visibleOrder(database, tenantid, data);
  return order ? accept({ bodyHash: order.bodyHash }) : unknownOrder(data.orderId);
});
