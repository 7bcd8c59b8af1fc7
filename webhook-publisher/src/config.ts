import { commonSettings, databaseUrl, days, inboxSettings, port, wholeNumber } from '@comanda/service-kit';
import { z } from 'zod';
import { isWithin, LOOPBACK } from './channels/http/address-rules.js';
import { channelSettings } from './channels/index.js';

/** `1,2,4,8,16`: seconds to wait after the 1st, 2nd ... failed attempt. */
const Seconds = z
  .string()
  .regex(/^\d{1,6}(,\d{1,6})*$/, 'must be seconds, like 1,2,4,8,16')
  .transform((text) => text.split(',').map(Number));

/** Only for the demo, where nothing is secret. */
const DEMO_KEY = 'the demo keeps no secrets worth keeping';

export const WebhooksConfig = z
  .object({
    ...commonSettings,
    ...inboxSettings,
    WEBHOOKS_PORT: port(3004),
    WEBHOOKS_DATABASE_URL: databaseUrl('sqlite:.comanda/data/webhooks.db'),
    WEBHOOK_RETRY_SECONDS: Seconds.default([1, 2, 4, 8, 16]),
    WEBHOOK_TIMEOUT_MS: wholeNumber(10_000, 100, 60_000),
    ...channelSettings,
    /** How long the history of deliveries is kept; nothing older can be sent again. */
    DELIVERY_RETENTION_DAYS: days(90),
    /** The key that encrypts the subscriptions' secrets at rest; JWT_SECRET when it is not set. */
    WEBHOOK_ENCRYPTION_KEY: z.string().min(32, 'must have at least 32 characters').optional(),
    JWT_SECRET: z.string().optional(),
  })
  .transform(({ WEBHOOK_ENCRYPTION_KEY, JWT_SECRET, ...rest }, context) => {
    const encryptionKey = WEBHOOK_ENCRYPTION_KEY ?? JWT_SECRET ?? (rest.COMANDA_DEMO ? DEMO_KEY : '');
    if (encryptionKey.length < 32) {
      context.addIssue({
        code: 'custom',
        path: ['WEBHOOK_ENCRYPTION_KEY'],
        message: 'set it, or JWT_SECRET, to at least 32 characters',
      });
    }
    if (rest.COMANDA_DEMO && rest.WEBHOOK_ALLOWED_CIDRS?.some((cidr) => !isWithin(cidr, LOOPBACK))) {
      context.addIssue({
        code: 'custom',
        path: ['WEBHOOK_ALLOWED_CIDRS'],
        message: 'leave it out in demo mode, where webhooks go to loopback only (127.0.0.0/8,::1/128)',
      });
    }
    return { ...rest, encryptionKey };
  });
export type WebhooksConfig = z.output<typeof WebhooksConfig>;
