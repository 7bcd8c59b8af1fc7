import { z } from 'zod';
import type { AttemptResult, Failed } from '../../domain/attempt-result.js';
import { shown, shownLine } from '../http/shown.js';
import type { SmtpServer } from './smtp-settings.js';

/** What nodemailer says of a mail that it could not hand over. */
const SmtpError = z.object({
  message: z.string(),
  code: z.string(),
  /** In answer to which command the server refused. */
  command: z.string().optional(),
  /** The server's reply with its code, when there was one. */
  response: z.string().optional(),
  responseCode: z.number().optional(),
});

interface About {
  readonly server: SmtpServer;
  readonly timeoutMs: number;
  readonly durationMs: number;
}

/** Enhanced status codes (RFC 3463) that say of the address itself that it leads nowhere, and will not tomorrow. */
const NO_SUCH_MAILBOX = /^550[ -]5\.1\.(1|6|10)\b/;

/**
 * The rule of RFC 5321: a reply of 4yz means "later", one of 5yz means "never" where it is about this mail, that is about
 * its recipient or its content. Before that (greeting, log-in, sender) it is about us, and an operator can mend it.
 *
 * @throws what was thrown, when it is none of nodemailer's errors
 */
export function resultOfError(error: unknown, { server, timeoutMs, durationMs }: About): AttemptResult {
  const parsed = SmtpError.safeParse(error);
  if (!parsed.success) throw error;
  const { code, message, command = '', response = '', responseCode: status } = parsed.data;
  const said = (text: string): string => withoutLogin(text, server.login);
  if (status === undefined || status < 400) {
    const detail = code === 'EABORT' ? `no complete answer within ${timeoutMs} ms` : shownLine(said(message));
    return { kind: 'failure', reason: REASONS[code] ?? 'network', detail, durationMs };
  }
  const reply = shown(said(response));
  const aboutMail = command === 'RCPT TO' || command === 'DATA';
  if (status < 500 || !aboutMail) {
    const note = aboutMail
      ? {}
      : { note: `in answer to ${shownLine(command)}: are SMTP_URL and SMTP_FROM right?` };
    return { kind: 'response', status, body: reply, durationMs, ...note };
  }
  const gone = command === 'RCPT TO' && NO_SUCH_MAILBOX.test(response);
  return {
    kind: 'refused',
    status,
    detail: reply,
    durationMs,
    ...(gone && { gone: `The mail server answered ${shownLine(reply)}` }),
  };
}

const REASONS: Readonly<Record<string, Failed['reason']>> = {
  EABORT: 'timeout',
  ETIMEDOUT: 'timeout',
  EDNS: 'dns',
};

/** A server may repeat what it was sent, also as it was coded. */
function withoutLogin(text: string, login: SmtpServer['login']): string {
  if (!login) return text;
  const { user, password } = login;
  const coded = [password, user, `\0${user}\0${password}`].map((one) => Buffer.from(one).toString('base64'));
  return [password, ...coded]
    .filter((one) => one !== '')
    .reduce((rest, one) => rest.replaceAll(one, '[secret]'), text);
}
