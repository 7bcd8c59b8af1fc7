import { commonSettings, databaseUrl, days, inboxSettings, port, readsUrl } from '@comanda/service-kit';
import { z } from 'zod';

export const OrdersConfig = z.object({
  ...commonSettings,
  ...inboxSettings,
  ORDERS_PORT: port(3002),
  ORDERS_DATABASE_URL: databaseUrl('sqlite:.comanda/data/orders.db'),
  ORDERS_READS_URL: readsUrl,
  /** How long the timeline of an order is kept after the order's end. */
  TIMELINE_RETENTION_DAYS: days(365),
});
export type OrdersConfig = z.output<typeof OrdersConfig>;
