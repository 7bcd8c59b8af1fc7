import { performance } from 'node:perf_hooks';
import type { Failed } from '../../domain/attempt-result.js';
import { afterStatus, codeOf, describeFailure } from './attempt-failure.js';
import { type Exchange, type ExchangeLimits, exchange, type HttpPost } from './exchange.js';
import { MAX_SHOWN_BYTES, readableBody } from './readable-body.js';
import { createSafeAgents, type SafeAgentOptions, type SafeAgents } from './safe-connector.js';

export interface SafeHttpClientOptions extends Omit<SafeAgentOptions, 'keepAlive'> {
  /** The time limit from the DNS query to the finished TCP or TLS handshake, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** How many bytes of an answer are read; left out, as many as people look at. */
  readonly bodyBytes?: number;
}

/** The peer has decided: its status is known, whatever became of the rest of its answer. */
export interface HttpAnswer {
  readonly kind: 'answer';
  readonly status: number;
  /** Every value of a header. */
  readonly header: (name: string) => readonly string[];
  /** As the peer meant it; `shown` makes it fit to be looked at. */
  readonly text: string;
  /** What people should know about how the answer came. */
  readonly notes: readonly string[];
  readonly durationMs: number;
}

const HEADERS = {
  'content-type': 'application/json',
  'user-agent': 'Comanda-Webhooks/1',
  'accept-encoding': 'identity',
};

/** Sends to HTTP endpoints of others. The SSRF guard keeps it off private addresses, unless the rules list them. */
export class SafeHttpClient {
  readonly #agents: SafeAgents;
  readonly #freshAgents: SafeAgents;
  readonly #limits: Omit<ExchangeLimits, 'timeoutMs'>;

  constructor({ connectTimeoutMs, bodyBytes = MAX_SHOWN_BYTES, ...options }: SafeHttpClientOptions) {
    this.#agents = createSafeAgents({ ...options, keepAlive: true });
    this.#freshAgents = createSafeAgents({ ...options, keepAlive: false });
    this.#limits = { connectTimeoutMs, bodyBytes };
  }

  /**
   * POSTs once and follows no redirect. `timeoutMs` covers everything from DNS to the end of the answer. Whatever the
   * network or the peer does is returned as a value; only a bug of ours throws.
   *
   * @param post the client adds the content type, the user agent and that it wants no coding
   */
  async post(
    { url, body, headers }: HttpPost,
    { timeoutMs, signal }: Pick<ExchangeLimits, 'timeoutMs' | 'signal'>,
  ): Promise<HttpAnswer | Failed> {
    const startedAt = performance.now();
    const elapsed = () => Math.round(performance.now() - startedAt);
    const limits = { ...this.#limits, timeoutMs, signal };
    const post = { url, body, headers: { ...HEADERS, ...headers } };
    let made = await exchange(this.#agents, post, limits);
    if (wasIdleTooLong(made)) {
      const rest = Math.max(1, timeoutMs - elapsed());
      made = await exchange(this.#freshAgents, post, { ...limits, timeoutMs: rest });
    }
    const { head, error, more } = made;
    if (head.status === undefined)
      return { kind: 'failure', ...describeFailure(error), durationMs: elapsed() };
    const { text, notes } = await readableBody(made.body, {
      codings: head.values('content-encoding'),
      contentType: head.values('content-type')[0],
    });
    return {
      kind: 'answer',
      status: head.status,
      header: (name) => head.values(name),
      text,
      notes: [
        ...(error ? [afterStatus(error)] : []),
        ...(more ? [`only the first ${this.#limits.bodyBytes / 1024} KiB of the answer are kept`] : []),
        ...notes,
      ],
      durationMs: elapsed(),
    };
  }

  /** Ends idle and running connections. */
  close(): void {
    for (const { http, https } of [this.#agents, this.#freshAgents]) {
      http.destroy();
      https.destroy();
    }
  }
}

/**
 * Whether the peer had closed the kept connection before the request reached it. That says nothing about the peer: the
 * request goes out once more, on a connection of its own.
 */
const wasIdleTooLong = ({ reused, head, error }: Exchange): boolean =>
  reused && !head.begun && ['ECONNRESET', 'EPIPE'].includes(codeOf(error));
