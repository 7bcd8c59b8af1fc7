import {
  commonSettings,
  databaseUrl,
  days,
  inboxSettings,
  port,
  readsUrl,
  wholeNumber,
} from '@comanda/service-kit';
import { z } from 'zod';
import { isWithin, LOOPBACK } from './channels/http/address-rules.js';
import { channelSettings, missingSettings } from './channels/index.js';
import { DEMO_KEYS, KEYS_MISSING, VaultKeys } from './storage/vault-keys.js';

/** `1,2,4,8,16`: seconds to wait after the 1st, 2nd ... failed attempt. */
const Seconds = z
  .string()
  .regex(/^\d{1,6}(,\d{1,6})*$/, 'must be seconds, like 1,2,4,8,16')
  .transform((text) => text.split(',').map(Number));

/** A folder with a folder for each tenant whose customers read texts of its own: docs/templates.md. */
export const templatesDir = { TEMPLATES_DIR: z.string().optional() };

/** So that a stranger who tries it sees every retry within half a minute. */
const DEMO_RETRY_SECONDS = [1, 2, 4, 8, 16];
const MINUTE = 60;
const HOUR = 60 * MINUTE;
/**
 * What Standard Webhooks suggests, and a day more: however the jitter falls, a receiver that was away for three days gets
 * everything, and the last attempt is made before five days of failures disable its subscription.
 */
const RETRY_SECONDS = [
  5,
  5 * MINUTE,
  30 * MINUTE,
  ...[2, 5, 10, 14, 20, 24, 24].map((hours) => hours * HOUR),
];

export const WebhooksConfig = z
  .object({
    ...commonSettings,
    ...inboxSettings,
    WEBHOOKS_PORT: port(3004),
    WEBHOOKS_DATABASE_URL: databaseUrl('sqlite:.comanda/data/webhooks.db'),
    WEBHOOKS_READS_URL: readsUrl,
    WEBHOOK_RETRY_SECONDS: Seconds.optional(),
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
  .transform(({ WEBHOOK_ENCRYPTION_KEYS, WEBHOOK_RETRY_SECONDS, ...given }, context) => {
    const standard = given.COMANDA_DEMO ? DEMO_RETRY_SECONDS : RETRY_SECONDS;
    const rest = { ...given, WEBHOOK_RETRY_SECONDS: WEBHOOK_RETRY_SECONDS ?? standard };
    if (rest.COMANDA_DEMO && rest.WEBHOOK_ALLOWED_CIDRS?.some((cidr) => !isWithin(cidr, LOOPBACK))) {
      context.addIssue({
        code: 'custom',
        path: ['WEBHOOK_ALLOWED_CIDRS'],
        message: 'leave it out in demo mode, where webhooks go to loopback only (127.0.0.0/8,::1/128)',
      });
    }
    for (const { name, present } of missingSettings(rest)) {
      const message = `must be set, because ${present.join(' and ')} ${present.length > 1 ? 'are' : 'is'}`;
      context.addIssue({ code: 'custom', path: [name], message });
    }
    if (rest.TELEGRAM_CHAT_ID !== undefined && rest.TELEGRAM_BOT_TOKEN === undefined) {
      const message = 'must be set, because TELEGRAM_CHAT_ID is';
      context.addIssue({ code: 'custom', path: ['TELEGRAM_BOT_TOKEN'], message });
    }
    const keys = WEBHOOK_ENCRYPTION_KEYS ?? (rest.COMANDA_DEMO ? DEMO_KEYS : undefined);
    if (keys) return { ...rest, WEBHOOK_ENCRYPTION_KEYS: keys };
    context.addIssue({ code: 'custom', path: ['WEBHOOK_ENCRYPTION_KEYS'], message: KEYS_MISSING });
    return z.NEVER;
  });
export type WebhooksConfig = z.output<typeof WebhooksConfig>;
