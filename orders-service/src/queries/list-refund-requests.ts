import { accept, ListRefundRequests, type ResultOf } from '@comanda/contracts';
import { answers } from '@comanda/service-kit';
import { selectList, statement } from '@comanda/storage';
import { refundRequests, refusedRequests } from '../storage/tables.js';
import { unknownOrder, visibleOrder } from './visible-order.js';

type Item = ResultOf<typeof ListRefundRequests>['items'][number];

const REQUESTS = statement(`SELECT ${selectList(refundRequests.columns, 'q')} FROM refund_requests q
  WHERE q.tenant_id = $1 AND q.order_id = $2`);
const REFUSED = statement(`SELECT ${selectList(refusedRequests.columns, 'r')} FROM refused_requests r
  WHERE r.tenant_id = $1 AND r.order_id = $2 AND r.command = 'refund'`);

export const listRefundRequests = answers(ListRefundRequests, async (database, { tenantid, data }) => {
  const order = await visibleOrder(database, tenantid, data);
  if (!order) return unknownOrder(data.orderId);
  const { orderId, currency } = order;
  const reader = database.of(tenantid);
  const [requests, refused] = await Promise.all([
    reader.read(REQUESTS, tenantid, orderId),
    reader.read(REFUSED, tenantid, orderId),
  ]);
  const items: Item[] = [
    ...requests.map((row) => {
      const { requestId, status, amount, reason, failureCode, createdAt, updatedAt } =
        refundRequests.decode(row);
      const failed = failureCode !== null && { failureCode };
      return { requestId, status, amount, currency, reason, ...failed, createdAt, updatedAt };
    }),
    ...refused.map((row) => {
      const { requestId, amount, code, reason, createdAt } = refusedRequests.decode(row);
      return {
        ...{ requestId, status: 'REJECTED' as const, ...(amount !== null && { amount }), currency },
        ...{ failureCode: code, failureReason: reason, createdAt, updatedAt: createdAt },
      };
    }),
  ];
  return accept({ items: items.sort((one, other) => (one.createdAt < other.createdAt ? -1 : 1)) });
});
