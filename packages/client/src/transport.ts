import type { Authorize, CredentialHeaders } from './credentials.js';
import { ComandaError, NoAnswerError } from './errors.js';
import { pause } from './pause.js';

export interface TransportOptions {
  /** How often a request is sent again at most, when that is safe; 4 unless it says otherwise. */
  readonly retries?: number;
  /** How long one try may take until its answer is there, in milliseconds; 10 s unless it says otherwise. */
  readonly timeoutMs?: number;
  /** Whoever asks for more patience (`Retry-After`) is not asked again; in milliseconds, a minute unless it says otherwise. */
  readonly maxWaitMs?: number;
  readonly fetch?: typeof fetch;
}

export interface Call {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Sent twice it does what it does once: it reads, it deletes, or it has an `Idempotency-Key`. */
  readonly repeatable: boolean;
  /** Where it is worth more tries than others. */
  readonly retries?: number;
}

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5_000;
/** Somebody on the way has no answer to give; whether the request was carried out is not known. */
const MAY_HAVE_BEEN_DONE = [502, 503, 504];

/** Sends requests, and sends them again where that is safe. */
export class Transport {
  readonly #retries: number;
  readonly #timeoutMs: number;
  readonly #maxWaitMs: number;
  readonly #fetch: typeof fetch;

  constructor({
    retries = 4,
    timeoutMs = 10_000,
    maxWaitMs = 60_000,
    fetch = globalThis.fetch,
  }: TransportOptions) {
    this.#retries = retries;
    this.#timeoutMs = timeoutMs;
    this.#maxWaitMs = maxWaitMs;
    // Browsers want it called as a function of nothing.
    this.#fetch = (...request) => fetch(...request);
  }

  /**
   * @param read makes something of the answer; a connection that breaks meanwhile is a request without an answer
   * @throws ComandaError when the API says no
   * @throws NoAnswerError when nothing is answered
   */
  async send<T>(call: Call, authorize: Authorize, read: (answer: Response) => Promise<T>): Promise<T> {
    let renewed = false;
    for (let tries = 1; ; tries += 1) {
      const credentials = await authorize();
      try {
        return await this.#try(call, credentials, read);
      } catch (error) {
        if (error instanceof ComandaError && error.status === 401 && !renewed) {
          renewed = true;
          if (!same(await authorize(credentials), credentials)) continue;
        }
        const waitMs =
          tries > (call.retries ?? this.#retries) ? undefined : waitBeforeNext(error, call, tries);
        if (waitMs === undefined || waitMs > this.#maxWaitMs) throw error;
        await pause(waitMs, call.signal);
      }
    }
  }

  async #try<T>(
    call: Call,
    credentials: CredentialHeaders,
    read: (answer: Response) => Promise<T>,
  ): Promise<T> {
    const { method, url, body = null, signal } = call;
    const late = new AbortController();
    const timer = setTimeout(
      () => late.abort(new Error(`no answer in ${this.#timeoutMs} ms`)),
      this.#timeoutMs,
    );
    try {
      const response = await this.#fetch(url, {
        method,
        headers: { ...call.headers, ...credentials },
        body,
        // The API sends nobody elsewhere, and a POST that is sent elsewhere would become a GET.
        redirect: 'manual',
        signal: signal ? AbortSignal.any([signal, late.signal]) : late.signal,
      });
      if (response.ok || response.status === 304) return await read(response);
      throw new ComandaError(`${method} ${url.pathname}`, response, await response.text());
    } catch (error) {
      if (error instanceof ComandaError || signal?.aborted) throw error;
      throw new NoAnswerError(`${method} ${url.pathname} got no answer`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }
}

/** `undefined` when it must not be sent again, or when that would be in vain. */
function waitBeforeNext(error: unknown, { repeatable }: Call, tries: number): number | undefined {
  // By chance, so that clients that failed together do not come back together.
  const wait = Math.random() * Math.min(FIRST_WAIT_MS * 2 ** tries, LONGEST_WAIT_MS);
  if (error instanceof NoAnswerError) return repeatable ? wait : undefined;
  if (!(error instanceof ComandaError)) return undefined;
  const { status, code, retryAfterMs = 0 } = error;
  // Where the API itself says so (with a code), nothing was done.
  const notDone = code !== undefined && (status === 429 || status === 503);
  // The same request is still under way: an earlier try of it, whose answer was lost.
  const underWay = code === 'REQUEST_IN_FLIGHT';
  const mayBeDone = status === 429 || MAY_HAVE_BEEN_DONE.includes(status);
  return notDone || (repeatable && (mayBeDone || underWay)) ? retryAfterMs + wait : undefined;
}

const same = (some: CredentialHeaders, others: CredentialHeaders): boolean =>
  JSON.stringify(some) === JSON.stringify(others);
