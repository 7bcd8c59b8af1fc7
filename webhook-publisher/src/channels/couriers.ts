import type { SettingsOf } from './channel.js';
import type { Couriers } from './courier.js';
import { emailCourier } from './email/email-courier.js';
import { Mailer } from './email/mailer.js';
import type { channelSettings } from './index.js';

/** Who brings messages to customers, as far as the operator has set the channels up. */
export function openCouriers(settings: SettingsOf<typeof channelSettings>): Couriers {
  const { SMTP_URL: server, SMTP_FROM: from, WEBHOOK_TIMEOUT_MS: timeoutMs } = settings;
  return { ...(server && from && { email: emailCourier(new Mailer({ server, from, timeoutMs })) }) };
}
