import { GetOrderQuery } from './get-order.js';
import { GetOrderTimelineQuery } from './get-order-timeline.js';
import { ListOrdersQuery } from './list-orders.js';

/** The queries of orders-service; they read committed rows. */
export const orderQueries = [GetOrderQuery, ListOrdersQuery, GetOrderTimelineQuery];
