import { setTimeout as pause } from 'node:timers/promises';
import { NotDescribed } from '@comanda/test-kit';
import { type Answer, Api, DEMO_PASSWORD } from '../../support/api.js';
import type { Diary } from './diary.js';

const RETRY_MS = 300;
/** Far longer than any fault lasts: what is not answered until then never is. */
const PATIENCE_MS = 240_000;
/** How long a client goes on asking when all others have gone home. */
const LAST_TRIES_MS = 20_000;

export interface Settled extends Answer {
  /** Whether an earlier try got no answer, so that it may have been carried out then. */
  readonly lost: boolean;
}

/** A client that asks any of the gateways, and asks again until it knows. */
export class Client {
  readonly #apis = new Map<string, Api>();
  #closingAt: number | undefined;

  constructor(
    private readonly urls: readonly string[],
    private readonly email: string,
    private readonly diary: Diary,
  ) {}

  /** From now on it begins nothing new, and gives up sooner. */
  close(): void {
    this.#closingAt ??= Date.now();
  }

  get closing(): boolean {
    return this.#closingAt !== undefined;
  }

  /** One try; `undefined` when no answer came. */
  async once(
    request: string,
    send: (api: Api) => Promise<Answer>,
    choose: () => number,
  ): Promise<Answer | undefined> {
    const url = this.urls[Math.floor(choose() * this.urls.length)] ?? '';
    try {
      const answer = await send(await this.#api(url));
      this.diary.answered(request, answer.status);
      // The token has run out, in a long soak.
      if (answer.status === 401) this.#apis.delete(url);
      return answer;
    } catch (error) {
      this.diary.answered(request, 'lost');
      if (error instanceof NotDescribed) this.diary.surprises.push(error.message);
      return undefined;
    }
  }

  /**
   * Tries until the answer is one that settles it; `undefined` when none came in all that time.
   *
   * 503 and 409 REQUEST_IN_FLIGHT say "later", a 401 is answered by a new token, and `later` says what else does.
   */
  async settle(
    request: string,
    send: (api: Api) => Promise<Answer>,
    choose: () => number,
    later: (status: number) => boolean = () => false,
  ): Promise<Settled | undefined> {
    const begun = Date.now();
    let lost = false;
    while (!this.#givesUp(begun)) {
      const answer = await this.once(request, send, choose);
      if (answer === undefined) lost = true;
      else if (!(answer.status === 503 || answer.status === 401 || inFlight(answer) || later(answer.status)))
        return { ...answer, lost };
      // Its outcome is open: a 503 may have come too late for what was begun in time.
      else if (answer.status === 503) lost = true;
      await pause(RETRY_MS);
    }
    return undefined;
  }

  #givesUp(begun: number): boolean {
    const now = Date.now();
    if (this.#closingAt !== undefined && now - this.#closingAt > LAST_TRIES_MS) return true;
    return now - begun > PATIENCE_MS;
  }

  async #api(url: string): Promise<Api> {
    const known = this.#apis.get(url);
    if (known) return known;
    const api = await Api.logIn(url, this.email, DEMO_PASSWORD);
    this.#apis.set(url, api);
    return api;
  }
}

const inFlight = ({ status, body }: Answer): boolean =>
  status === 409 &&
  typeof body === 'object' &&
  body !== null &&
  'code' in body &&
  body.code === 'REQUEST_IN_FLIGHT';

/** An answer as a line of text. */
export const shown = ({ status, body }: { readonly status: number; readonly body: unknown }): string =>
  `${status} ${JSON.stringify(body)}`;
