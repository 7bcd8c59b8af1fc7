import { commonSettings, databaseUrl, port, wholeNumber } from '@comanda/service-kit';
import { z } from 'zod';
import {
  type AuditOptions,
  DEFAULT_GRACE_SECONDS,
  DEFAULT_HISTORY_DAYS,
  DEFAULT_RESERVATION_TTL_SECONDS,
} from './audit.js';

/** Where the services keep their books, and how long things may take: configured as the services are. */
const booksSettings = {
  GATEWAY_DATABASE_URL: databaseUrl('sqlite:.comanda/data/gateway.db'),
  PRODUCTS_DATABASE_URL: databaseUrl('sqlite:.comanda/data/products.db'),
  ORDERS_DATABASE_URL: databaseUrl('sqlite:.comanda/data/orders.db'),
  PAYMENTS_DATABASE_URL: databaseUrl('sqlite:.comanda/data/payments.db'),
  WEBHOOKS_DATABASE_URL: databaseUrl('sqlite:.comanda/data/webhooks.db'),
  RESERVATION_TTL_SECONDS: wholeNumber(DEFAULT_RESERVATION_TTL_SECONDS, 1, 7 * 24 * 3600),
  AUDIT_GRACE_SECONDS: wholeNumber(DEFAULT_GRACE_SECONDS, 0, 7 * 24 * 3600),
  AUDIT_HISTORY_DAYS: wholeNumber(DEFAULT_HISTORY_DAYS, 1, 3650),
};

const { RABBITMQ_URL, LOG_LEVEL } = commonSettings;

/** What `npm run audit` is configured with: the broker is asked only when it is named. */
export const CliConfig = z.object({ ...booksSettings, RABBITMQ_URL: RABBITMQ_URL.unwrap().optional() });
export type CliConfig = z.output<typeof CliConfig>;

/** What the running auditor is configured with. */
export const AuditorConfig = z.object({
  ...booksSettings,
  RABBITMQ_URL,
  LOG_LEVEL,
  AUDITOR_PORT: port(3005),
  AUDIT_INTERVAL_SECONDS: wholeNumber(30, 1, 24 * 3600),
});
export type AuditorConfig = z.output<typeof AuditorConfig>;

export const optionsOf = (config: CliConfig): AuditOptions => ({
  databases: {
    gateway: config.GATEWAY_DATABASE_URL,
    products: config.PRODUCTS_DATABASE_URL,
    orders: config.ORDERS_DATABASE_URL,
    payments: config.PAYMENTS_DATABASE_URL,
    webhooks: config.WEBHOOKS_DATABASE_URL,
  },
  rabbitUrl: config.RABBITMQ_URL,
  graceSeconds: config.AUDIT_GRACE_SECONDS,
  reservationTtlSeconds: config.RESERVATION_TTL_SECONDS,
  historyDays: config.AUDIT_HISTORY_DAYS,
});
