import { performance } from 'node:perf_hooks';
import { type Dispatcher, request } from 'undici';
import type { Answered, AttemptResult } from '../domain/attempt-result.js';
import { describeFailure } from './attempt-failure.js';
import { createSafeAgent, type SafeConnectorOptions } from './safe-connector.js';

/** How much of an answer is read and kept. */
export const MAX_ANSWER_BYTES = 16 * 1024;

export interface WebhookRequest {
  readonly url: string;
  /** The stored bytes, exactly as they were signed. */
  readonly body: string | Buffer;
  /** The signature headers; the content type and the user agent are added here. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface WebhookChannel {
  /**
   * POSTs once and tells what came of it. `timeoutMs` covers everything from DNS to the end of the answer.
   * Redirects are not followed. Whatever the network or the peer does comes back as a value.
   */
  send(post: WebhookRequest, limits: { readonly timeoutMs: number }): Promise<AttemptResult>;
  /** Ends idle and running connections. */
  close(): Promise<void>;
}

/** The channel for HTTP endpoints of others; it can't reach private addresses unless the options allow it. */
export function createWebhookChannel(options: SafeConnectorOptions): WebhookChannel {
  const agent = createSafeAgent(options);
  return {
    send: (post, { timeoutMs }) => attempt(agent, post, timeoutMs),
    close: () => agent.destroy(),
  };
}

async function attempt(agent: Dispatcher, post: WebhookRequest, timeoutMs: number): Promise<AttemptResult> {
  const startedAt = performance.now();
  const elapsed = () => Math.round(performance.now() - startedAt);
  const abort = new AbortController();
  const timeUp = Promise.withResolvers<'time-up'>();
  const timer = setTimeout(() => {
    abort.abort();
    timeUp.resolve('time-up');
  }, timeoutMs);
  try {
    // A race, because the client notices an abort only after it has connected; it then sends nothing any more.
    const outcome = await Promise.race([exchange(agent, post, abort.signal), timeUp.promise]);
    if (outcome !== 'time-up') return { ...outcome, durationMs: elapsed() };
    return {
      kind: 'failure',
      reason: 'timeout',
      detail: `no complete answer within ${timeoutMs} ms`,
      durationMs: elapsed(),
    };
  } catch (error) {
    return { kind: 'failure', ...describeFailure(error), durationMs: elapsed() };
  } finally {
    clearTimeout(timer);
  }
}

async function exchange(
  dispatcher: Dispatcher,
  { url, body, headers }: WebhookRequest,
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
  // Leaving the loop destroys the stream and with it the connection: the rest is never received.
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > limit) break;
  }
  const kept = Buffer.concat(chunks).subarray(0, limit);
  // Half a character at the cut, or bytes that are no UTF-8, become U+FFFD; so does NUL, which PostgreSQL can't store.
  return { text: kept.toString('utf8').replaceAll('\0', '\uFFFD'), truncated: size > limit };
}
