import { getOrder } from './get-order.js';
import { getOrderBodyHash } from './get-order-body-hash.js';
import { getOrderTimeline } from './get-order-timeline.js';
import { listOrders } from './list-orders.js';
import { listRefundRequests } from './list-refund-requests.js';

/** What orders-service answers, from the rows that are committed. */
export const orderQueries = [getOrder, getOrderBodyHash, listOrders, getOrderTimeline, listRefundRequests];
