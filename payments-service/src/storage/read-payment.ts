import { type Database, selectList } from '@comanda/messaging';
import type { Payment } from '../domain/payment.js';
import { payments } from './tables.js';

const BY_ORDER = `SELECT ${selectList(payments.columns, 'p')} FROM payments p WHERE p.tenant_id = ?1 ->> 0 AND p.order_id = ?1 ->> 1`;

/** The payment of an order as it is committed, for work that looks before it calls the provider. */
export async function readPayment(
  database: Pick<Database, 'read'>,
  tenantId: string,
  orderId: string,
): Promise<Payment | undefined> {
  const [row] = await database.read(BY_ORDER, [tenantId, orderId]);
  return row && payments.decode(row);
}
