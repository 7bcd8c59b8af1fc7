import type { Caller } from './caller.js';
import { type OpaqueToken, opaqueTokenIn } from './opaque-token.js';
import { RecentAnswers } from './recent-answers.js';
import type { Scope } from './scopes.js';

/** Scanners look for it; `live`, because there is no other kind. */
export const API_KEY_PREFIX = 'cmd_live_';

/** A key that was deleted is refused within 5 s on every gateway; an answer is as old as its question. */
const FRESH_MS = 4_000;

/** An API key as it stands in its table. */
export interface KnownKey {
  readonly tenantId: string;
  readonly keyId: string;
  /** Who answers for it: the account that made it. */
  readonly accountId: string;
  readonly scopes: readonly Scope[];
  readonly expiresAt: string | null;
}

export type KeyCheck =
  /** `until`: it is good until then at least, in milliseconds since 1970. */
  | { readonly kind: 'valid'; readonly caller: Caller; readonly until: number }
  | { readonly kind: 'expired' }
  | { readonly kind: 'unknown' };

/** Which API keys are good, as far as it was known a few seconds ago. */
export class KnownKeys {
  readonly #keys: RecentAnswers<KnownKey | undefined>;

  constructor(
    private readonly find: (token: OpaqueToken) => Promise<KnownKey | undefined>,
    private readonly clock: () => number = () => Date.now(),
  ) {
    this.#keys = new RecentAnswers(FRESH_MS, clock);
  }

  /** Who calls with this key: staff of its tenant with its scopes, and nobody's account. */
  async check(text: string): Promise<KeyCheck> {
    const token = opaqueTokenIn(API_KEY_PREFIX, text);
    const asked = token && this.#keys.get(token.hash, () => this.find(token));
    const key = await asked?.answer;
    if (!asked || !key) return { kind: 'unknown' };
    const { keyId, accountId, tenantId, scopes, expiresAt } = key;
    const over = expiresAt === null ? Number.POSITIVE_INFINITY : Date.parse(expiresAt);
    if (over <= this.clock()) return { kind: 'expired' };
    const caller: Caller = { accountId: keyId, role: 'staff', tenantId, scopes, keyOf: accountId };
    return { kind: 'valid', caller, until: Math.min(over, asked.until) };
  }
}
