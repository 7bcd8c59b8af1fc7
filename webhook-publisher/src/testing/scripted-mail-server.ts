import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Behaviour, Peer } from './channel-conformance.js';

/** What is said to a command, or to a mail's end: a reply, nothing, or the connection is cut. */
export type Said = string | 'silence' | 'cut';

export interface MailScript {
  readonly greeting?: Said;
  readonly ehlo?: Said;
  readonly auth?: Said;
  readonly from?: Said;
  readonly to?: Said;
  readonly data?: Said;
  /** To the mail itself. */
  readonly mail?: Said;
}

const WILLING = {
  greeting: '220 hello',
  ehlo: '250-hello\r\n250 AUTH PLAIN',
  auth: '235 2.7.0 welcome',
  from: '250 2.1.0 well',
  to: '250 2.1.5 well',
  data: '354 go on',
  mail: '250 2.0.0 taken',
} as const satisfies Required<MailScript>;

const COMMANDS: Readonly<Record<string, keyof MailScript>> = {
  EHLO: 'ehlo',
  AUTH: 'auth',
  MAIL: 'from',
  RCPT: 'to',
  DATA: 'data',
};

/** A mail server that says what it is told to, so it can misbehave at any step. */
export class ScriptedMailServer implements Peer {
  readonly got: string[] = [];
  connections = 0;
  /** All lines of the last connection. */
  lines: string[] = [];
  #script: MailScript = {};
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start(): Promise<ScriptedMailServer> {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('it listens on no port');
    const made = new ScriptedMailServer(server, address.port);
    server.on('connection', (socket) => made.#serve(socket));
    return made;
  }

  /** How often somebody is connected at the moment. */
  get open(): number {
    return this.#sockets.size;
  }

  say(script: MailScript): void {
    this.#script = script;
  }

  behave(how: Behaviour): void {
    this.#script = SCRIPTS[how] ?? {};
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.server.close();
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    this.connections += 1;
    this.lines = [];
    const script: Required<MailScript> = { ...WILLING, ...this.#script };
    socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket));
    const say = (said: Said): void => {
      if (said === 'cut') socket.destroy();
      else if (said !== 'silence') socket.write(`${said.replaceAll('[lines]', this.lines.join(' '))}\r\n`);
    };
    say(script.greeting);
    let mail: string | undefined;
    let rest = '';
    socket.on('data', (chunk) => {
      rest += chunk.toString();
      for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        if (mail !== undefined && line !== '.') mail += `${line}\r\n`;
        else if (mail !== undefined) {
          this.got.push(mail);
          mail = undefined;
          say(script.mail);
        } else {
          this.lines.push(line);
          const command = COMMANDS[line.slice(0, 4).toUpperCase()];
          const said = command === undefined ? '221 bye' : script[command];
          say(said);
          if (command === 'data' && said.startsWith('354')) mail = '';
        }
      }
    });
  }
}

const SCRIPTS: Partial<Record<Behaviour, MailScript>> = {
  fails: { mail: '451 4.3.0 not now' },
  'refuses it for good': { mail: '554 5.7.1 we do not want that' },
  hangs: { mail: 'silence' },
  'hangs up': { mail: 'cut' },
  'answers nonsense': { mail: 'HTTP/1.1 200 OK' },
  'sends back all that it got': { mail: '451 [lines]' },
};
