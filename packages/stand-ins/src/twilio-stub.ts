import { createHmac, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { listen } from './listen.js';

/** A text that was taken. */
export interface SentText {
  readonly sid: string;
  readonly to: string;
  readonly from: string;
  readonly body: string;
  /** Where Twilio is to tell what becomes of it. */
  readonly statusCallback: string | undefined;
}

/** Refuses the next so many texts, as Twilio documents its errors. */
export interface TextRefusal {
  readonly status: number;
  readonly code: number;
  readonly message: string;
  readonly times?: number;
}

/** A call of Twilio's, signed. */
export interface StatusCallback {
  readonly url: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

const Form = z.object({
  To: z.string().regex(/^\+[1-9]\d{6,14}$/),
  From: z.string().min(1),
  Body: z.string().min(1).max(1_600),
  StatusCallback: z.url().optional(),
});

/** A stand-in for Twilio's messages on loopback: https://www.twilio.com/docs/messaging/api/message-resource */
export class TwilioStub {
  readonly accountSid = `AC${randomBytes(16).toString('hex')}`;
  readonly authToken = randomBytes(16).toString('hex');
  readonly from = '+34911000000';
  readonly texts: SentText[] = [];
  /** What happens between a text and its answer. */
  beforeAnswering: (text: SentText) => Promise<unknown> = async () => undefined;
  #refusal: TextRefusal | undefined;
  #url = '';

  private constructor(private readonly server: Server) {}

  static async start(): Promise<TwilioStub> {
    const server = createServer((request, response) => {
      stub
        .#take(request, response)
        .catch((error: unknown) => answer(response, 500, { code: 20500, message: String(error) }));
    });
    const stub: TwilioStub = new TwilioStub(server);
    stub.#url = `http://127.0.0.1:${await listen(server)}`;
    return stub;
  }

  /** What a service needs to send by it. */
  get environment(): Readonly<Record<string, string>> {
    return {
      TWILIO_API_BASE: this.#url,
      TWILIO_ACCOUNT_SID: this.accountSid,
      TWILIO_AUTH_TOKEN: this.authToken,
      TWILIO_FROM: this.from,
    };
  }

  refuse(refusal: TextRefusal): void {
    this.#refusal = refusal;
  }

  /**
   * The call with which Twilio tells what became of a text.
   *
   * @see https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks
   */
  callback(
    { sid, to, from, statusCallback: url }: SentText,
    status: string,
    errorCode?: number,
  ): StatusCallback {
    if (url === undefined) throw new Error(`nobody wants to know what becomes of ${sid}`);
    const form = {
      ...{ AccountSid: this.accountSid, ApiVersion: '2010-04-01', From: from, To: to },
      ...{ MessageSid: sid, MessageStatus: status, SmsSid: sid, SmsStatus: status },
      ...(errorCode !== undefined && { ErrorCode: String(errorCode) }),
    };
    return {
      url,
      body: new URLSearchParams(form).toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'x-twilio-signature': this.#signature(url, form),
      },
    };
  }

  /** Tells it; resolves with the status of the answer. */
  async report(sent: SentText, status: string, errorCode?: number): Promise<number> {
    const { url, ...call } = this.callback(sent, status, errorCode);
    return (await fetch(url, { method: 'POST', ...call })).status;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = Form.safeParse(Object.fromEntries(new URLSearchParams(await text(request))));
    const login = Buffer.from(`${this.accountSid}:${this.authToken}`).toString('base64');
    if (request.headers.authorization !== `Basic ${login}`)
      return answer(response, 401, { code: 20003, message: 'Authenticate' });
    if (request.url !== `/2010-04-01/Accounts/${this.accountSid}/Messages.json`)
      return answer(response, 404, { code: 20404, message: 'Not found' });
    const refused = this.#nextRefusal();
    if (refused) return answer(response, refused.status, refused);
    if (!form.success) return answer(response, 400, { code: 21211, message: form.error.message });
    const { To: to, From: from, Body: body, StatusCallback: statusCallback } = form.data;
    const sid = `SM${randomBytes(16).toString('hex')}`;
    const sent = { sid, to, from, body, statusCallback };
    this.texts.push(sent);
    await this.beforeAnswering(sent);
    answer(response, 201, { sid, to, from, body, status: 'queued', error_code: null });
  }

  #nextRefusal(): TextRefusal | undefined {
    const refusal = this.#refusal;
    const { times = Number.POSITIVE_INFINITY } = refusal ?? {};
    this.#refusal = refusal && times > 1 ? { ...refusal, times: times - 1 } : undefined;
    return refusal;
  }

  /** https://www.twilio.com/docs/usage/security#validating-requests */
  #signature(url: string, form: Readonly<Record<string, string>>): string {
    const fields = Object.entries(form).sort(([one], [other]) => (one < other ? -1 : 1));
    return createHmac('sha1', this.authToken)
      .update(url + fields.flat().join(''))
      .digest('base64');
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
