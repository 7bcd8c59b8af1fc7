import { commonSettings, databaseUrls, port, rabbitUrlOf, wholeNumber } from '@comanda/service-kit';
import { z } from 'zod';
import {
  type AuditOptions,
  DEFAULT_GRACE_SECONDS,
  DEFAULT_HISTORY_DAYS,
  DEFAULT_RESERVATION_TTL_SECONDS,
} from './audit.js';

const Databases = databaseUrls.transform((databases) => ({ databases }));

/** How long things may take, by the services' own variables. */
const auditSettings = {
  RESERVATION_TTL_SECONDS: wholeNumber(DEFAULT_RESERVATION_TTL_SECONDS, 1, 7 * 24 * 3600),
  AUDIT_GRACE_SECONDS: wholeNumber(DEFAULT_GRACE_SECONDS, 0, 7 * 24 * 3600),
  AUDIT_HISTORY_DAYS: wholeNumber(DEFAULT_HISTORY_DAYS, 1, 3650),
};

const { RABBITMQ_URL, RABBITMQ_CA, LOG_LEVEL, BIND_HOST } = commonSettings;

/** The configuration of `npm run audit`, which asks the broker only when it is configured. */
export const CliConfig = z.intersection(
  Databases,
  z.object({ ...auditSettings, RABBITMQ_URL: RABBITMQ_URL.unwrap().optional(), RABBITMQ_CA }),
);
export type CliConfig = z.output<typeof CliConfig>;

/** The configuration of the running auditor. */
export const AuditorConfig = z.intersection(
  Databases,
  z.object({
    ...auditSettings,
    RABBITMQ_URL,
    RABBITMQ_CA,
    LOG_LEVEL,
    BIND_HOST,
    AUDITOR_PORT: port(3005),
    AUDIT_INTERVAL_SECONDS: wholeNumber(30, 1, 24 * 3600),
  }),
);
export type AuditorConfig = z.output<typeof AuditorConfig>;

export const optionsOf = (config: CliConfig): AuditOptions => ({
  databases: config.databases,
  rabbitUrl:
    config.RABBITMQ_URL === undefined
      ? undefined
      : rabbitUrlOf({ RABBITMQ_URL: config.RABBITMQ_URL, RABBITMQ_CA: config.RABBITMQ_CA }),
  graceSeconds: config.AUDIT_GRACE_SECONDS,
  reservationTtlSeconds: config.RESERVATION_TTL_SECONDS,
  historyDays: config.AUDIT_HISTORY_DAYS,
});
