import { type Reply, refuse, type Viewer } from '@comanda/contracts';
import type { Database } from '@comanda/storage';
import type { Order } from '../domain/order.js';
import { orders } from '../storage/tables.js';

/** The order, if the viewer may see it: a customer sees only their own orders. */
export async function visibleOrder(
  database: Database,
  tenantId: string,
  { orderId, viewer }: { readonly orderId: string; readonly viewer: Viewer },
): Promise<Order | undefined> {
  const order = await database.of(tenantId).find(orders.read(tenantId, orderId));
  return viewer.role === 'staff' || order?.customerId === viewer.accountId ? order : undefined;
}

export const unknownOrder = (orderId: string): Reply =>
  refuse(404, 'UNKNOWN_ORDER', `There is no order ${orderId}.`);
