import { performance } from 'node:perf_hooks';
import { TimedOut, withTimeout } from '@comanda/kit';
import { type Agent, type Dispatcher, request } from 'undici';
import { type Answered, type AttemptResult, timedOut } from '../../domain/attempt-result.js';
import { describeFailure } from './attempt-failure.js';
import { createSafeAgent, type SafeConnectorOptions } from './safe-connector.js';

/** How many bytes of an answer are read and kept. */
export const MAX_ANSWER_BYTES = 16 * 1024;

export interface HttpPost {
  readonly url: string;
  /** Sent byte for byte, because these bytes were signed. */
  readonly body: string | Buffer;
  /** The client adds the content type and the user agent. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Sends to HTTP endpoints of others. The SSRF guard keeps it off private addresses, unless the rules list them. */
export class SafeHttpClient {
  readonly #agent: Agent;

  constructor(options: SafeConnectorOptions) {
    this.#agent = createSafeAgent(options);
  }

  /**
   * POSTs once and follows no redirect. `timeoutMs` covers everything from DNS to the end of the answer. Whatever the
   * network or the peer does is returned as a value; only a bug of ours throws.
   */
  async post(post: HttpPost, { timeoutMs }: { readonly timeoutMs: number }): Promise<AttemptResult> {
    const startedAt = performance.now();
    const elapsed = () => Math.round(performance.now() - startedAt);
    const abort = new AbortController();
    try {
      // undici notices an abort only after it has connected, so the time limit does not wait for undici.
      const answer = exchange(this.#agent, post, abort.signal);
      return { ...(await withTimeout(answer, timeoutMs, 'the attempt')), durationMs: elapsed() };
    } catch (error) {
      if (!(error instanceof TimedOut))
        return { kind: 'failure', ...describeFailure(error), durationMs: elapsed() };
      abort.abort();
      return timedOut(timeoutMs, elapsed());
    }
  }

  /** Ends idle and running connections. */
  close(): Promise<void> {
    return this.#agent.destroy();
  }
}

async function exchange(
  dispatcher: Dispatcher,
  { url, body, headers }: HttpPost,
  signal: AbortSignal,
): Promise<Omit<Answered, 'durationMs'>> {
  const answer = await request(url, {
    dispatcher,
    method: 'POST',
    headers: { 'content-type': 'application/json', 'user-agent': 'Comanda-Webhooks/1', ...headers },
    body,
    signal,
  });
  const { text, truncated } = await readUpTo(answer.body, MAX_ANSWER_BYTES);
  const retryAfter = answer.headers['retry-after'];
  return {
    kind: 'response',
    status: answer.statusCode,
    ...(typeof retryAfter === 'string' && { retryAfter }),
    body: text,
    bodyTruncated: truncated,
  };
}

async function readUpTo(
  body: AsyncIterable<Buffer>,
  limit: number,
): Promise<{ readonly text: string; readonly truncated: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop destroys the stream and its connection: the rest is never received.
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > limit) break;
  }
  const kept = Buffer.concat(chunks).subarray(0, limit);
  // Half a character at the cut and bytes that are not UTF-8 become U+FFFD; so does NUL, which PostgreSQL can't store.
  return { text: kept.toString('utf8').replaceAll('\0', '\uFFFD'), truncated: size > limit };
}
