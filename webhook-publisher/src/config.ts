import { commonSettings, databaseUrl, days, inboxSettings, port, wholeNumber } from '@comanda/service-kit';
import { z } from 'zod';
import { isWithin, LOOPBACK } from './channels/http/address-rules.js';
import { channelSettings } from './channels/index.js';
import { DEMO_KEYS, KEYS_MISSING, VaultKeys } from './storage/vault-keys.js';

/** `1,2,4,8,16`: seconds to wait after the 1st, 2nd ... failed attempt. */
const Seconds = z
  .string()
  .regex(/^\d{1,6}(,\d{1,6})*$/, 'must be seconds, like 1,2,4,8,16')
  .transform((text) => text.split(',').map(Number));

/** A folder with a folder for each tenant whose customers read texts of its own: docs/templates.md. */
export const templatesDir = { TEMPLATES_DIR: z.string().optional() };

export const WebhooksConfig = z
  .object({
    ...commonSettings,
    ...inboxSettings,
    WEBHOOKS_PORT: port(3004),
    WEBHOOKS_DATABASE_URL: databaseUrl('sqlite:.comanda/data/webhooks.db'),
    WEBHOOK_RETRY_SECONDS: Seconds.default([1, 2, 4, 8, 16]),
    WEBHOOK_TIMEOUT_MS: wholeNumber(10_000, 100, 60_000),
    ...channelSettings,
    /** How many subscriptions of one tenant may live at the same time. */
    WEBHOOK_MAX_SUBSCRIPTIONS: wholeNumber(100, 1, 10_000),
    /** How long the history of deliveries is kept; nothing older can be sent again. */
    DELIVERY_RETENTION_DAYS: days(90),
    /** How long an order's contact is kept after its customer was told the last thing. */
    CONTACT_RETENTION_DAYS: days(30),
    ...templatesDir,
    /** The keys that encrypt the subscriptions' secrets at rest: the first seals, all open. Never printed. */
    WEBHOOK_ENCRYPTION_KEYS: VaultKeys.optional(),
  })
  .transform(({ WEBHOOK_ENCRYPTION_KEYS, ...rest }, context) => {
    if (rest.COMANDA_DEMO && rest.WEBHOOK_ALLOWED_CIDRS?.some((cidr) => !isWithin(cidr, LOOPBACK))) {
      context.addIssue({
        code: 'custom',
        path: ['WEBHOOK_ALLOWED_CIDRS'],
        message: 'leave it out in demo mode, where webhooks go to loopback only (127.0.0.0/8,::1/128)',
      });
    }
    const keys = WEBHOOK_ENCRYPTION_KEYS ?? (rest.COMANDA_DEMO ? DEMO_KEYS : undefined);
    if (keys) return { ...rest, WEBHOOK_ENCRYPTION_KEYS: keys };
    context.addIssue({ code: 'custom', path: ['WEBHOOK_ENCRYPTION_KEYS'], message: KEYS_MISSING });
    return z.NEVER;
  });
export type WebhooksConfig = z.output<typeof WebhooksConfig>;
