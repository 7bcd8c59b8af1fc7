import { accept, ListRefundsByOrder } from '@comanda/contracts';
import { answers } from '@comanda/service-kit';
import { selectList, statement } from '@comanda/storage';
import { payments, refunds } from '../storage/tables.js';

const OF_ORDER = statement(`SELECT ${selectList(refunds.columns, 'r')} FROM refunds r
  WHERE r.tenant_id = $1 AND r.order_id = $2 ORDER BY r.created_at, r.refund_id`);

export const listRefundsByOrder = answers(ListRefundsByOrder, async (database, { tenantid, data }) => {
  const reader = database.of(tenantid);
  const payment = await reader.find(payments.read(tenantid, data.orderId));
  if (!payment) return accept({ items: [] });
  const rows = await reader.read(OF_ORDER, tenantid, data.orderId);
  const items = rows.map((row) => {
    const { refundId, cause, status, amount, failureCode, createdAt, updatedAt } = refunds.decode(row);
    const failed = failureCode !== null && { failureCode };
    return { refundId, cause, status, amount, currency: payment.currency, ...failed, createdAt, updatedAt };
  });
  return accept({ items });
});
