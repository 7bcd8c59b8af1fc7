import type { Caller } from './caller.js';
import { RecentAnswers } from './recent-answers.js';
import type { Scope } from './scopes.js';

/**
 * How long an answer counts. A token says for an hour who its owner is; that the account is still open, and what it may
 * do, must be known sooner, within a minute of a change. Asking the database at each request would cost each of them a
 * read; so each account, and each of its sessions, is asked for at most once in this time, by its primary key.
 */
const FRESH_MS = 30_000;

/** What an account may do by now, and the mark of the password that it has by now. */
export interface Granted {
  readonly scopes: readonly Scope[];
  readonly passwordMark?: string;
}

/** `undefined` when the account is closed or not there, or the session is over. */
type Known = Granted | undefined;

/** The same, with the moment until which it counts without asking, in milliseconds since 1970. */
export type GrantedUntil = Granted & { readonly until: number };

type Identified = Pick<Caller, 'tenantId' | 'accountId' | 'sessionId' | 'foreign'>;

/**
 * What accounts may do, with which password, and which are open, as far as it was known half a minute ago at most. While the database is out,
 * a caller that was not asked for lately is refused with 503: a token alone does not say that its account is still there.
 */
export class OpenAccounts {
  readonly #answers: RecentAnswers<Known>;

  constructor(
    private readonly grantedTo: (caller: Identified) => Promise<Known>,
    clock: () => number = () => Date.now(),
  ) {
    this.#answers = new RecentAnswers(FRESH_MS, clock);
  }

  async granted(caller: Identified): Promise<GrantedUntil | undefined> {
    const { tenantId, accountId, sessionId = '' } = caller;
    const asked = this.#answers.get(`${tenantId}/${accountId}/${sessionId}`, () => this.grantedTo(caller));
    const known = await asked.answer;
    return known && { ...known, until: asked.until };
  }
}
