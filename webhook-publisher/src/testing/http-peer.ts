import type { IncomingMessage, RequestListener } from 'node:http';
import { text } from 'node:stream/consumers';
import { HttpServer } from '@comanda/test-kit';
import type { Behaviour, Peer } from './channel-conformance.js';

/** What a service answers, in its own words. */
export type HttpAnswers = Readonly<
  Record<'takes it' | 'fails' | 'refuses it for good' | 'throttles', RequestListener>
>;

/** The peer of a channel that speaks HTTP. */
export class HttpPeer implements Peer {
  readonly requests: { readonly request: IncomingMessage; readonly body: string }[] = [];
  #server: HttpServer | undefined;
  #answer: RequestListener = () => {};

  private constructor(private readonly answers: HttpAnswers) {}

  static async start(answers: HttpAnswers): Promise<HttpPeer> {
    const peer = new HttpPeer(answers);
    peer.#server = await HttpServer.start(async (request, response) => {
      const body = await text(request).catch(() => '');
      peer.requests.push({ request, body });
      peer.#answer(request, response);
    });
    return peer;
  }

  get url(): string {
    return this.#server?.url ?? '';
  }

  get got(): readonly string[] {
    return this.requests.map(({ body }) => body);
  }

  behave(how: Behaviour): void {
    this.#answer =
      how in this.answers ? this.answers[how as keyof HttpAnswers] : (NO_ANSWERS[how] ?? this.#answer);
  }

  /** Something that no service would say. */
  say(answer: RequestListener): void {
    this.#answer = answer;
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }
}

const NO_ANSWERS: Partial<Record<Behaviour, RequestListener>> = {
  hangs: () => {},
  'hangs up': (request) => void request.socket.destroy(),
  'answers nonsense': (request) => void request.socket.end('SSH-2.0-OpenSSH\r\n\r\n'),
  'sends back all that it got': (request, response) =>
    void response.writeHead(500).end(JSON.stringify([request.url, request.rawHeaders])),
};
