import { type ReportedText, textReportsUrl } from '@comanda/contracts';
import { z } from 'zod';
import type { AttemptResult } from '../../domain/attempt-result.js';
import { NUMBER_GONE } from '../../domain/sent-text.js';
import { noteOf, wishOf } from '../http/answered.js';
import type { HttpAnswer, SafeHttpClient } from '../http/safe-http-client.js';
import { shownLine } from '../http/shown.js';

export interface TwilioOptions {
  readonly http: Pick<SafeHttpClient, 'post'>;
  /** Without a trailing slash. */
  readonly apiBase: string;
  readonly accountSid: string;
  readonly authToken: string;
  /** A number in E.164, a name of letters, or a messaging service (`MG...`). */
  readonly from: string;
  /** Where the world reaches the gateway; without it Twilio is not asked to tell what becomes of a text. */
  readonly publicUrl: string | undefined;
  /** For the whole call, in milliseconds. */
  readonly timeoutMs: number;
  readonly clock: () => Date;
}

export interface TextMessage {
  /** In E.164: `+34600000000`. */
  readonly to: string;
  /** At most 1,600 characters. */
  readonly text: string;
  /** What it tells: its delivery, or its notification. */
  readonly about: ReportedText;
}

/** What Twilio answers, whatever the status. */
const Answer = z.union([
  z.object({ sid: z.string().regex(/^(SM|MM)[0-9a-f]{32}$/), status: z.string().regex(/^[a-z]{1,30}$/) }),
  z.object({ code: z.number().int(), message: z.string().catch('') }),
]);

/**
 * The client of Twilio's messages. It has no key for idempotency: a message that Twilio took and whose answer was lost is
 * sent again.
 *
 * @see https://www.twilio.com/docs/messaging/api/message-resource
 */
export class TwilioClient {
  constructor(private readonly options: TwilioOptions) {}

  /** Sends once and never retries. */
  async send({ to, text, about }: TextMessage): Promise<AttemptResult> {
    const { http, apiBase, accountSid, authToken, from, publicUrl, timeoutMs, clock } = this.options;
    const sender = from.startsWith('MG') ? { MessagingServiceSid: from } : { From: from };
    const report = publicUrl !== undefined && { StatusCallback: textReportsUrl(publicUrl, about) };
    const credentials = Buffer.from(`${accountSid}:${authToken}`).toString('base64');
    const answer = await http.post(
      {
        url: `${apiBase}/2010-04-01/Accounts/${accountSid}/Messages.json`,
        body: new URLSearchParams({ To: to, ...sender, Body: text, ...report }).toString(),
        headers: {
          authorization: `Basic ${credentials}`,
          'content-type': 'application/x-www-form-urlencoded',
        },
      },
      { timeoutMs },
    );
    if (answer.kind === 'failure') return answer;
    const result = resultOf(answer, clock().getTime(), [authToken, credentials]);
    const sid = report && sidIn(answer);
    return sid && result.kind === 'response' ? { ...result, sid } : result;
  }
}

/** What Twilio says, or else its status alone. What is no answer of Twilio's is not kept: it may repeat our log-in. */
function resultOf(answer: HttpAnswer, now: number, secrets: readonly string[]): AttemptResult {
  const { status, durationMs } = answer;
  const said = parsed(answer.text);
  const wish = wishOf(answer, now);
  const note = noteOf([
    ...answer.notes,
    ...(said ? [] : ['the answer is none of Twilio’s']),
    ...(status === 401 || status === 404 ? ['are TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN right?'] : []),
    ...wish.notes,
  ]);
  if (status < 300 || !said || 'sid' in said)
    return {
      kind: 'response',
      status,
      body: said ? JSON.stringify(said) : '',
      durationMs,
      ...wish.retryAt,
      ...note,
    };
  const words = secrets.reduce((text, secret) => text.replaceAll(secret, '[secret]'), said.message);
  const detail = shownLine(`${said.code} ${words}`);
  if (status === 400) {
    const gone = NUMBER_GONE.has(said.code) && { gone: `Twilio answered ${detail}` };
    return { kind: 'refused', status, detail, durationMs, ...gone, ...note };
  }
  return { kind: 'response', status, body: detail, durationMs, ...wish.retryAt, ...note };
}

/** Of a text that was taken. */
function sidIn({ status, text }: HttpAnswer): string | undefined {
  const said = status < 300 ? parsed(text) : undefined;
  return said && 'sid' in said ? said.sid : undefined;
}

function parsed(text: string): z.infer<typeof Answer> | undefined {
  try {
    return Answer.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
