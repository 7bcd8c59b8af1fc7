import { z } from 'zod';
import type { AttemptResult } from '../../domain/attempt-result.js';
import { MAX_SMS_LENGTH } from '../../domain/sms-length.js';
import type { Attempt, Channel, TargetCheck } from '../channel.js';
import { defineChannel } from '../define-channel.js';
import { plain } from '../messages/line.js';
import type { Message } from '../messages/message.js';
import { messageAbout } from '../messages/message-about.js';
import { wholeLines } from '../messages/whole-lines.js';
import type { TwilioClient } from './twilio-client.js';
import { openTwilio, twilioSettings } from './twilio-settings.js';

const E164 = /^\+[1-9]\d{6,14}$/;

const Body = z.object({ data: z.unknown() });

/** Without the icon, which would make a short text a long one. */
export const renderText = ({ title, lines }: Message): string =>
  wholeLines([title, ...lines.map(plain)], MAX_SMS_LENGTH);

/** Texts to a telephone. The target is its number. */
class SmsChannel implements Channel {
  constructor(private readonly twilio: Pick<TwilioClient, 'send'>) {}

  async checkTarget(target: string): Promise<TargetCheck> {
    if (E164.test(target)) return { kind: 'allowed' };
    const reason = 'must be a telephone number with its country, and without spaces, such as +34600000000';
    return { kind: 'refused', code: 'BAD_TARGET', reason };
  }

  send({ row, deliveryId, target, language, type, body }: Attempt): Promise<AttemptResult> {
    const { data } = Body.parse(JSON.parse(body));
    const about = { tenant: row.tenantId, delivery: deliveryId };
    return this.twilio.send({ to: target, text: renderText(messageAbout({ type, data }, language)), about });
  }
}

export const sms = defineChannel(
  { settings: twilioSettings, needs: ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_FROM'] },
  (given, dependencies) => new SmsChannel(openTwilio(given, dependencies)),
);
