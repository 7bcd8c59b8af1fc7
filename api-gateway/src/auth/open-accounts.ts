import { BoundedMap } from '@comanda/kit';
import type { Caller } from './caller.js';
import type { Scope } from './scopes.js';

/**
 * How long an answer counts. A token says for an hour who its owner is; that the account is still open, and what it may
 * do, must be known sooner, within a minute of a change. Asking the database at each request would cost each of them a
 * read; so each account, and each of its sessions, is asked for at most once in this time, by its primary key.
 */
const FRESH_MS = 30_000;
const MAX_REMEMBERED = 10_000;

/** What an account may do; `undefined` when it is closed or not there, or the session is over. */
type Granted = readonly Scope[] | undefined;

type Identified = Pick<Caller, 'tenantId' | 'accountId' | 'sessionId' | 'foreign'>;

interface Answer {
  readonly granted: Promise<Granted>;
  readonly until: number;
}

/**
 * What accounts may do, and which are open, as far as it was known half a minute ago at most. While the database is out,
 * a caller that was not asked for lately is refused with 503: a token alone does not say that its account is still there.
 */
export class OpenAccounts {
  readonly #answers = new BoundedMap<string, Answer>(MAX_REMEMBERED);

  constructor(
    private readonly scopesOf: (caller: Identified) => Promise<Granted>,
    private readonly clock: () => number = () => Date.now(),
  ) {}

  granted(caller: Identified): Promise<Granted> {
    const key = `${caller.tenantId}/${caller.accountId}/${caller.sessionId ?? ''}`;
    const now = this.clock();
    const known = this.#answers.get(key);
    if (known && now < known.until) return known.granted;
    // Requests that come meanwhile wait for the same answer. It is as old as the question.
    const asked: Answer = { granted: this.scopesOf(caller), until: now + FRESH_MS };
    this.#answers.set(key, asked);
    asked.granted.catch(() => {
      if (this.#answers.get(key) === asked) this.#answers.delete(key);
    });
    return asked.granted;
  }
}
