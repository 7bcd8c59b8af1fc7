import { apiBaseUrl } from '@comanda/service-kit';
import { z } from 'zod';
import type { AttemptResult } from '../../domain/attempt-result.js';
import type { Attempt, Channel, TargetCheck } from '../channel.js';
import { defineChannel } from '../define-channel.js';
import { EVERYWHERE } from '../http/address-rules.js';
import { SafeHttpClient } from '../http/safe-http-client.js';
import { plain } from '../messages/line.js';
import type { Message } from '../messages/message.js';
import { messageAbout } from '../messages/message-about.js';
import { wholeLines } from '../messages/whole-lines.js';
import { TwilioClient } from './twilio-client.js';

const E164 = /^\+[1-9]\d{6,14}$/;

const settings = {
  TWILIO_ACCOUNT_SID: z
    .string()
    .regex(/^AC[0-9a-f]{32}$/, 'must be AC and 32 hexadecimal digits')
    .optional()
    .describe('The account at Twilio that sends the texts of sms subscriptions.'),
  TWILIO_AUTH_TOKEN: z.string().optional().describe('Its token. Never printed.'),
  TWILIO_FROM: z
    .string()
    .regex(
      /^(\+[1-9]\d{6,14}|MG[0-9a-f]{32}|[A-Za-z][A-Za-z0-9 ]{0,10})$/,
      'must be a number like +34600000000, a name of up to 11 letters and digits, or the id of a messaging service',
    )
    .optional()
    .describe(
      'Who sends them: a number like +34600000000, a name of letters, or a messaging service (MG...).',
    ),
  /** The token is sent there. */
  TWILIO_API_BASE: apiBaseUrl('https://api.twilio.com').describe(
    'Another address of Twilio’s API, for tests.',
  ),
};

const Body = z.object({ data: z.unknown() });

/** Each 153 characters are one more to be paid for, or 67 where one of them is in no Latin script. */
const MAX_TEXT = 459;

/** Without the icon, which would make a short text a long one. */
export const renderText = ({ title, lines }: Message): string =>
  wholeLines([title, ...lines.map(plain)], MAX_TEXT);

/** Texts to a telephone. The target is its number. */
class SmsChannel implements Channel {
  constructor(private readonly twilio: TwilioClient) {}

  async checkTarget(target: string): Promise<TargetCheck> {
    if (E164.test(target)) return { kind: 'allowed' };
    const reason = 'must be a telephone number with its country, and without spaces, such as +34600000000';
    return { kind: 'refused', code: 'BAD_TARGET', reason };
  }

  send({ target, language, type, body }: Attempt): Promise<AttemptResult> {
    const { data } = Body.parse(JSON.parse(body));
    return this.twilio.send({ to: target, text: renderText(messageAbout({ type, data }, language)) });
  }
}

export const sms = defineChannel(
  { settings, needs: ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_FROM'] },
  (given, { clock, network }) =>
    new SmsChannel(
      new TwilioClient({
        // The operator chose where Twilio is.
        http: new SafeHttpClient({
          rules: EVERYWHERE,
          connectTimeoutMs: given.WEBHOOK_TIMEOUT_MS,
          ...network,
        }),
        apiBase: given.TWILIO_API_BASE.replace(/\/$/, ''),
        accountSid: given.TWILIO_ACCOUNT_SID,
        authToken: given.TWILIO_AUTH_TOKEN,
        from: given.TWILIO_FROM,
        timeoutMs: given.WEBHOOK_TIMEOUT_MS,
        clock,
      }),
    ),
);
