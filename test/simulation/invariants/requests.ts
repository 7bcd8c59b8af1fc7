import {
  CancelOrder,
  FulfilOrder,
  OrderCancelled,
  OrderCancelRejected,
  OrderFulfilled,
  OrderFulfilRejected,
  OrderRefundRejected,
  OrderRefundRequested,
  RefundOrder,
} from '@comanda/contracts';
import { z } from 'zod';
import { add, type Invariant, must } from './watch.js';

const NAME = 'accepted-requests-are-answered';
/** Who may not even ask is refused at once, with no 202. */
const FOR_STAFF: readonly string[] = [RefundOrder.type, FulfilOrder.type];
const NO: Readonly<Record<string, string>> = {
  [CancelOrder.type]: OrderCancelRejected.type,
  [FulfilOrder.type]: OrderFulfilRejected.type,
  [RefundOrder.type]: OrderRefundRejected.type,
};
const YES: Readonly<Record<string, string>> = {
  [CancelOrder.type]: OrderCancelled.type,
  [FulfilOrder.type]: OrderFulfilled.type,
  [RefundOrder.type]: OrderRefundRequested.type,
};
const Requested = z.object({
  orderId: z.string(),
  requestId: z.string().optional(),
  viewer: z.object({ role: z.string() }).optional(),
});

/** Each request that was answered 202 is told yes or no, and never twice or both. */
export const acceptedRequestsAreAnswered: Invariant = ({ workload }) => {
  const counts = new Map<string, number>();
  const times = (type: string | undefined, id: string) => counts.get(`${type} ${id}`) ?? 0;
  return {
    committed({ service, published }) {
      if (service !== 'orders-service') return;
      for (const { type, data } of published) {
        const { orderId, requestId = orderId } = Requested.parse(data);
        must(
          add(counts, `${type} ${requestId}`, 1) === 1,
          NAME,
          () => `${type} of the request ${requestId} about order ${orderId} was told twice`,
        );
      }
    },
    atRest() {
      const known = new Set<string>();
      for (const { type, id, data } of workload.errands.flatMap(({ sent }) =>
        sent.map(({ envelope }) => envelope),
      )) {
        if (!(type in NO)) continue;
        const { orderId, requestId = id, viewer } = Requested.parse(data);
        known.add(requestId);
        if (FOR_STAFF.includes(type) && viewer?.role !== 'staff') continue;
        const no = times(NO[type], requestId);
        // A cancelled or fulfilled order is a yes to everybody who asked for that.
        const yes = times(YES[type], type === RefundOrder.type ? requestId : orderId);
        // Refused while it was too early or by a stranger; somebody else's request was a yes later.
        const settled = type === RefundOrder.type ? yes + no === 1 : yes + no >= 1;
        must(
          settled,
          NAME,
          () => `${type} ${requestId} of order ${orderId} was told ${yes} times yes, ${no} times no`,
        );
      }
      for (const type of Object.values(NO))
        for (const one of counts.keys()) {
          const [of, requestId = ''] = one.split(' ');
          must(of !== type || known.has(requestId), NAME, () => `${one} was told, and nobody requested it`);
        }
    },
  };
};
