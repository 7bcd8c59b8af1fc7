import {
  commonSettings,
  databaseUrl,
  inboxSettings,
  port,
  readsUrl,
  wholeNumber,
} from '@comanda/service-kit';
import { z } from 'zod';

export const ProductsConfig = z.object({
  ...commonSettings,
  ...inboxSettings,
  PRODUCTS_PORT: port(3001),
  PRODUCTS_DATABASE_URL: databaseUrl('sqlite:.comanda/data/products.db'),
  PRODUCTS_READS_URL: readsUrl,
  /** How long stock is held for an order that does not end. */
  RESERVATION_TTL_SECONDS: wholeNumber(900, 1, 7 * 24 * 3600),
});
export type ProductsConfig = z.output<typeof ProductsConfig>;
