import { z } from 'zod';
import type { AttemptResult } from '../../domain/attempt-result.js';
import type { Attempt, Channel, TargetCheck } from '../channel.js';
import { defineChannel } from '../define-channel.js';
import { messageAbout } from '../messages/message-about.js';
import { readEmailAddress } from './email-address.js';
import { Mailer } from './mailer.js';
import { renderEmail } from './render-email.js';
import { SmtpFrom, SmtpUrl } from './smtp-settings.js';

const settings = {
  SMTP_URL: SmtpUrl.optional().describe(
    'The server that takes the mail of e-mail subscriptions: smtps://user:password@host:465, or ' +
      'smtp://user:password@host:587, where STARTTLS is required as soon as there is a password (and with ?requireTLS=true). ' +
      'Its certificate is checked, with ?cacertfile=/path against authorities of your own.',
  ),
  SMTP_FROM: SmtpFrom.optional().describe('Who writes them: Comanda <orders@example.com>.'),
};

const Body = z.object({ timestamp: z.string(), data: z.unknown() });

/** Mail for people. The target is an address. */
class EmailChannel implements Channel {
  constructor(
    private readonly mailer: Mailer,
    private readonly host: string,
  ) {}

  async checkTarget(target: string): Promise<TargetCheck> {
    if (readEmailAddress(target) !== undefined) return { kind: 'allowed' };
    const reason = 'must be one e-mail address such as name@example.org, and nothing besides';
    return { kind: 'refused', code: 'BAD_TARGET', reason };
  }

  /** One server takes the mail of all. */
  hostOf(): string {
    return this.host;
  }

  async send({ row, target, language, eventId, type, body }: Attempt): Promise<AttemptResult> {
    const to = readEmailAddress(target);
    if (to === undefined) return { kind: 'refused', status: 400, detail: 'no e-mail address', durationMs: 0 };
    const { timestamp, data } = Body.parse(JSON.parse(body));
    return this.mailer.send({
      ...renderEmail(messageAbout({ type, data }, language), language),
      to,
      id: `${eventId}.${row.subscriptionId}`,
      date: new Date(timestamp),
    });
  }
}

export const email = defineChannel(
  { settings, needs: ['SMTP_URL', 'SMTP_FROM'] },
  ({ SMTP_URL: server, SMTP_FROM: from, WEBHOOK_TIMEOUT_MS: timeoutMs }) =>
    new EmailChannel(new Mailer({ server, from, timeoutMs }), `${server.host}:${server.port}`),
);
