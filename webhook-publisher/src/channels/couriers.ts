import type { ChannelDependencies, SettingsOf } from './channel.js';
import type { Couriers } from './courier.js';
import { emailCourier } from './email/email-courier.js';
import { Mailer } from './email/mailer.js';
import type { channelSettings } from './index.js';
import { smsCourier } from './sms/sms-courier.js';
import { openTwilio } from './sms/twilio-settings.js';

/** Who brings messages to customers, as far as the operator has set the channels up. */
export function openCouriers(
  settings: SettingsOf<typeof channelSettings>,
  dependencies: Pick<ChannelDependencies, 'clock' | 'network'>,
): Couriers {
  const { SMTP_URL: server, SMTP_FROM: from, WEBHOOK_TIMEOUT_MS: timeoutMs } = settings;
  const { TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_FROM } = settings;
  return {
    ...(server && from && { email: emailCourier(new Mailer({ server, from, timeoutMs })) }),
    ...(TWILIO_ACCOUNT_SID &&
      TWILIO_AUTH_TOKEN &&
      TWILIO_FROM && {
        sms: smsCourier(
          openTwilio({ ...settings, TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_FROM }, dependencies),
        ),
      }),
  };
}
