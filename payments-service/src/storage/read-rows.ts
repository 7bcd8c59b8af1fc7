import type { Database } from '@comanda/storage';
import { payments, refunds } from './tables.js';

export const readPayment = (database: Pick<Database, 'of'>, tenantId: string, orderId: string) =>
  database.of(tenantId).find(payments.read(tenantId, orderId));

export const readRefund = (
  database: Pick<Database, 'of'>,
  tenantId: string,
  orderId: string,
  refundId: string,
) => database.of(tenantId).find(refunds.read(tenantId, orderId, refundId));
