import { buffer } from 'node:stream/consumers';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { listen } from './listen.js';

/** A mail that was taken. */
export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Whether it came over TLS. */
  readonly secure: boolean;
  readonly user: string | undefined;
  /** As it came, byte for byte. */
  readonly raw: Buffer;
  /** As somebody else's library reads it. */
  readonly parsed: ParsedMail;
}

export interface MailServerOptions {
  readonly port?: number;
  /** In PEM. Without them there is no STARTTLS. */
  readonly tls?: { readonly key: Buffer; readonly cert: Buffer; readonly fromTheStart?: boolean };
  /** Who may send; anybody when it is left out. */
  readonly login?: { readonly user: string; readonly password: string };
}

/** The next so many times the server refuses: at the sender, at the recipient, or once it has the mail. */
export interface MailRefusal {
  readonly at: 'sender' | 'recipient' | 'mail';
  readonly code: number;
  readonly text: string;
  readonly times?: number;
}

/** A mail server on loopback: the makers of nodemailer wrote it, and the reader of its mail. */
export class MailServer {
  readonly mails: ReceivedMail[] = [];
  connections = 0;
  #refusal: MailRefusal | undefined;

  private constructor(
    private readonly server: SMTPServer,
    readonly port: number,
  ) {}

  static async start({ port = 0, tls, login }: MailServerOptions = {}): Promise<MailServer> {
    const refuse = (at: MailRefusal['at']) => made.#refuse(at);
    const server = new SMTPServer({
      ...(tls && { key: tls.key, cert: tls.cert, secure: tls.fromTheStart ?? false }),
      disabledCommands: tls ? [] : ['STARTTLS'],
      authOptional: login === undefined,
      allowInsecureAuth: true,
      hideENHANCEDSTATUSCODES: true,
      disableReverseLookup: true,
      closeTimeout: 100,
      onConnect: (_session, done) => {
        made.connections += 1;
        done();
      },
      onAuth: ({ username, password }, _session, done) =>
        username === login?.user && password === login?.password
          ? done(null, { user: username })
          : done(Object.assign(new Error('5.7.8 who are you?'), { responseCode: 535 })),
      onMailFrom: (_address, _session, done) => done(refuse('sender')),
      onRcptTo: (_address, _session, done) => done(refuse('recipient')),
      onData: async (stream, { envelope, secure, user }, done) => {
        try {
          const raw = await buffer(stream);
          const refused = refuse('mail');
          if (refused) return done(refused);
          const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
          const to = envelope.rcptTo.map(({ address }) => address);
          made.mails.push({ from, to, secure, user, raw, parsed: await simpleParser(raw) });
          done(null, '2.0.0 taken');
        } catch (error) {
          done(error instanceof Error ? error : new Error(String(error)));
        }
      },
    });
    const made: MailServer = new MailServer(server, await listen(server.server, port));
    // A client that gives up is no news.
    server.on('error', () => undefined);
    return made;
  }

  /** For `SMTP_URL`, without a log-in. */
  get url(): string {
    return `smtp://127.0.0.1:${this.port}`;
  }

  refuse(refusal: MailRefusal): void {
    this.#refusal = refusal;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
    });
  }

  #refuse(at: MailRefusal['at']): Error | null {
    const refusal = this.#refusal;
    if (refusal?.at !== at) return null;
    const { times = Number.POSITIVE_INFINITY, text, code: responseCode } = refusal;
    this.#refusal = times > 1 ? { ...refusal, times: times - 1 } : undefined;
    return Object.assign(new Error(text), { responseCode });
  }
}
