import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { FuzzedRequest } from './requests.js';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** No answer is worth more of a caller's patience. */
const HANGS_MS = 2_000;
/** A machine that is busy for a moment is no fault of the request; what it is always like is. */
const TRIES = 3;

/** Sends requests over connections that it keeps. */
export class Client {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 32 });

  /** @param callers the headers by which each of them says who it is */
  constructor(
    private readonly url: string,
    private readonly callers: Readonly<Record<string, Readonly<Record<string, string>>>>,
  ) {}

  close(): void {
    this.#agent.destroy();
  }

  /** The answer; or what came instead of one each time that it was tried. A 503 that goes away is none of its own. */
  async send(request: FuzzedRequest): Promise<Answer | string> {
    let last: Answer | string = 'it was not sent';
    for (let tries = 0; tries < TRIES; tries++) {
      last = await this.#once(request);
      if (typeof last !== 'string' && last.status !== 503) return last;
    }
    return last;
  }

  #once({ caller, method, target, headers, body }: FuzzedRequest): Promise<Answer | string> {
    return new Promise((resolve) => {
      const { hostname, port } = new URL(this.url);
      const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
      const sent = httpRequest({
        agent: this.#agent,
        hostname,
        port,
        method,
        path: target,
        headers: { ...this.callers[caller], ...headers, ...length },
      });
      const late = setTimeout(() => {
        resolve(`no answer within ${HANGS_MS} ms`);
        sent.destroy();
      }, HANGS_MS);
      const settle = (outcome: Answer | string): void => {
        clearTimeout(late);
        resolve(outcome);
      };
      sent.on('error', (error) => settle(`no answer: ${error.message}`));
      sent.on('response', (response) => {
        const { statusCode: status = 0, headers: got } = response;
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (part) => {
          text += part;
        });
        response.on('end', () => settle({ status, headers: got, body: text }));
        response.on('error', (error) => settle(`its answer broke off: ${error.message}`));
        // A stream ends when its reader does.
        if (got['content-type']?.startsWith('text/event-stream')) {
          settle({ status, headers: got, body: '' });
          sent.destroy();
        }
      });
      sent.end(body);
    });
  }
}
