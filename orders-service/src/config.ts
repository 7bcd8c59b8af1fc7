import { commonSettings, databaseUrl, port } from '@comanda/service-kit';
import { z } from 'zod';

export const OrdersConfig = z.object({
  ...commonSettings,
  ORDERS_PORT: port(3002),
  ORDERS_DATABASE_URL: databaseUrl('sqlite:.comanda/data/orders.db'),
});
export type OrdersConfig = z.output<typeof OrdersConfig>;
