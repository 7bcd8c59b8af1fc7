import { GetOrderQuery } from './get-order.js';
import { GetOrderTimelineQuery } from './get-order-timeline.js';
import { ListOrdersQuery } from './list-orders.js';

/** Everything that orders-service answers, from what is committed. */
export const orderQueries = [GetOrderQuery, ListOrdersQuery, GetOrderTimelineQuery];
