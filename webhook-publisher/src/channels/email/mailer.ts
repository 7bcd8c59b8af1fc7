import { performance } from 'node:perf_hooks';
import { createTransport } from 'nodemailer';
import type { AttemptResult } from '../../domain/attempt-result.js';
import { resultOfError } from './smtp-result.js';
import type { Mailbox, SmtpServer } from './smtp-settings.js';

/** A mail to one recipient. Equal mails are equal bytes, so a repeat is known by its `Message-ID`. */
export interface Mail {
  /** As `readEmailAddress` gives it. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** What makes it this mail and no other: `Message-ID` is made of it. In ASCII, without spaces. */
  readonly id: string;
  /** When what it tells happened. */
  readonly date: Date;
}

export interface MailerOptions {
  readonly server: SmtpServer;
  readonly from: Mailbox;
  /** For one mail as a whole, in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Hands mail to the operator's SMTP server, each on a connection of its own. The server is a setting, no client chooses
 * it, so the rules for the addresses of webhooks do not hold for it. This file alone opens connections besides
 * `channels/http/`.
 */
export class Mailer {
  readonly #transport: ReturnType<typeof transportTo>;
  readonly #domain: string;

  constructor(private readonly options: MailerOptions) {
    this.#transport = transportTo(options);
    this.#domain = options.from.address.slice(options.from.address.indexOf('@') + 1);
  }

  /** Sends once and never retries. Whatever the server or the network does is a result. */
  async send({ to, subject, text, html, id, date }: Mail): Promise<AttemptResult> {
    const { from, timeoutMs, server } = this.options;
    const startedAt = performance.now();
    const elapsed = () => Math.round(performance.now() - startedAt);
    try {
      const { response } = await this.#transport.sendMail({
        ...{ from, to, subject, text, html, date },
        messageId: `<${id}@${this.#domain}>`,
        // Otherwise drawn by chance.
        baseBoundary: id,
        // RFC 3834: nobody's out-of-office answers it.
        headers: { 'Auto-Submitted': 'auto-generated' },
        disableFileAccess: true,
        disableUrlAccess: true,
        signal: AbortSignal.timeout(timeoutMs),
      });
      return { kind: 'response', status: 250, body: response, durationMs: elapsed() };
    } catch (error) {
      return resultOfError(error, { server, timeoutMs, durationMs: elapsed() });
    }
  }
}

const MAX_CONNECT_MS = 5_000;

const transportTo = ({ server, timeoutMs }: MailerOptions) =>
  createTransport({
    ...{ host: server.host, port: server.port },
    secure: server.security === 'tls',
    requireTLS: server.security === 'starttls',
    ...(server.login && { auth: { user: server.login.user, pass: server.login.password } }),
    ...(server.ca !== undefined && { tls: { ca: server.ca } }),
    connectionTimeout: Math.min(MAX_CONNECT_MS, timeoutMs),
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    // A reply stands in the history.
    maxResponseSize: 16 * 1024,
  });
