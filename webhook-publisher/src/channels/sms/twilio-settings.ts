import { apiBaseUrl, publicUrl } from '@comanda/service-kit';
import { z } from 'zod';
import type { ChannelDependencies, SettingsOf } from '../channel.js';
import { EVERYWHERE } from '../http/address-rules.js';
import { SafeHttpClient } from '../http/safe-http-client.js';
import { TwilioClient } from './twilio-client.js';

export const twilioSettings = {
  TWILIO_ACCOUNT_SID: z
    .string()
    .regex(/^AC[0-9a-f]{32}$/, 'must be AC and 32 hexadecimal digits')
    .optional()
    .describe('The account at Twilio that sends the texts of sms subscriptions, and those to customers.'),
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
  PUBLIC_URL: publicUrl.describe(
    'Where the world reaches the gateway: https://shop.example. With it Twilio tells there what became of each text, and the ' +
      'gateway checks by TWILIO_AUTH_TOKEN that it was Twilio.',
  ),
  /** The token is sent there. */
  TWILIO_API_BASE: apiBaseUrl('https://api.twilio.com').describe(
    'Another address of Twilio’s API, for tests.',
  ),
};

type Given = SettingsOf<typeof twilioSettings>;
type Needed = 'TWILIO_ACCOUNT_SID' | 'TWILIO_AUTH_TOKEN' | 'TWILIO_FROM';

/** The client of the account that the operator has set up. */
export function openTwilio(
  given: Given & { readonly [Name in Needed]: NonNullable<Given[Name]> },
  { clock, network }: Pick<ChannelDependencies, 'clock' | 'network'>,
): TwilioClient {
  const timeoutMs = given.WEBHOOK_TIMEOUT_MS;
  return new TwilioClient({
    // The operator chose where Twilio is.
    http: new SafeHttpClient({ rules: EVERYWHERE, connectTimeoutMs: timeoutMs, ...network }),
    apiBase: given.TWILIO_API_BASE.replace(/\/$/, ''),
    accountSid: given.TWILIO_ACCOUNT_SID,
    authToken: given.TWILIO_AUTH_TOKEN,
    from: given.TWILIO_FROM,
    publicUrl: given.PUBLIC_URL,
    timeoutMs,
    clock,
  });
}
