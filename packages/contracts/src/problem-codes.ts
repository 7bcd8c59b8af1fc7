/**
 * Every code that a problem or a refusal can have, and whether time can change it. A refusal that is `final` is the
 * answer to its request for good, so it may be kept under an Idempotency-Key. One that `may change` is never kept: the
 * same request is decided anew. A code that is not in this list does not compile.
 *
 * Only what nobody can put right without another request is final. In doubt a code may change: that costs one more
 * decision, while a "not yet" that was kept would be told as "no" for a day.
 */
export const PROBLEM_CODES = {
  ACCOUNT_CLOSED: 'may change',
  API_KEY_EXPIRED: 'may change',
  API_KEY_INVALID: 'may change',
  BAD_HEADERS: 'final',
  BAD_RANGE: 'final',
  BAD_REQUEST: 'final',
  BAD_SECRET: 'final',
  BAD_TARGET: 'may change', // DNS may not know it yet
  BODY_TOO_LARGE: 'final',
  BROKER_UNAVAILABLE: 'may change',
  CHANNEL_NOT_CONFIGURED: 'may change', // the operator may set it up
  CURRENCY_NOT_IN_FORCE: 'may change', // the list of currencies changes
  EMAIL_TAKEN: 'may change',
  EXCEEDS_REMAINING: 'may change', // a refund that is under way may fail
  EXPIRED: 'final',
  FORBIDDEN: 'may change',
  IDEMPOTENCY_KEY_REUSED: 'final',
  IMPORT_REFUSED: 'may change', // it depends on the products that there are
  INTERNAL: 'may change',
  INVALID_CURSOR: 'final',
  INVALID_IDEMPOTENCY_KEY: 'final',
  INVALID_QUERY: 'final',
  INVALID_REQUEST: 'final',
  INVITATION_INVALID: 'may change',
  ISSUER_UNAVAILABLE: 'may change',
  JSON_TOO_DEEP: 'final',
  LAST_OWNER: 'may change',
  MALFORMED_JSON: 'final',
  MALFORMED_URL: 'final',
  METHOD_NOT_ALLOWED: 'final',
  NOTHING_SENT: 'may change', // its events may be under way
  NOT_CANCELLABLE: 'final', // what was rejected or handed over stays so
  NOT_ENOUGH_STOCK: 'may change',
  NOT_FOUND: 'may change',
  NOT_FULFILLABLE: 'may change', // it may not be paid yet
  NOT_HANDLED: 'may change',
  NOT_LOOPBACK: 'final',
  NOT_REFUNDABLE: 'may change', // it may not be paid yet
  NOT_UTF8: 'final',
  NO_LOCALE_HERE: 'final',
  NO_SECRET_HERE: 'final',
  ORIGIN_NOT_ALLOWED: 'may change',
  PRODUCT_INACTIVE: 'may change',
  PROOF_TOO_LARGE: 'may change', // the history has an end
  QUERY_FAILED: 'may change',
  REFRESH_TOKEN_MISSING: 'may change',
  REFRESH_TOKEN_REUSED: 'final',
  REFUSED: 'may change',
  REPLAY_RUNNING: 'may change',
  REQUEST_IN_FLIGHT: 'may change',
  REQUEST_REFUSED: 'final', // its event was told
  SCOPE_MISSING: 'may change',
  SERVICE_UNAVAILABLE: 'may change',
  SESSION_ENDED: 'final', // a new log-in begins another one
  SEVERAL_QUEUES: 'may change',
  SIGNATURE_INVALID: 'final',
  SKU_TAKEN: 'may change',
  STORAGE_UNAVAILABLE: 'may change',
  SUBSCRIPTION_DELETED: 'final',
  SUBSCRIPTION_DISABLED: 'may change',
  TICKET_INVALID: 'may change',
  TOKEN_EXPIRED: 'may change',
  TOKEN_INVALID: 'may change',
  TOKEN_MISSING: 'may change',
  TOKEN_UNMAPPED: 'may change',
  TOO_MANY_API_KEYS: 'may change',
  TOO_MANY_FAILURES: 'may change',
  TOO_MANY_HEADERS: 'final',
  TOO_MANY_INVITATIONS: 'may change',
  TOO_MANY_LOG_INS: 'may change',
  TOO_MANY_REQUESTS: 'may change',
  TOO_MANY_SECRETS: 'may change',
  TOO_MANY_STREAMS: 'may change',
  TOO_MANY_SUBSCRIPTIONS: 'may change',
  TOO_MUCH_STOCK: 'may change',
  TOO_OLD: 'may change', // operators can overrule it
  UNKNOWN_DELIVERY: 'may change',
  UNKNOWN_EVENT_TYPE: 'final',
  UNKNOWN_ORDER: 'may change', // its command may be under way
  UNKNOWN_PRODUCT: 'may change', // the price list may be behind
  UNKNOWN_QUERY: 'may change',
  UNKNOWN_REPLAY: 'may change',
  UNKNOWN_SUBSCRIPTION: 'may change',
  UNKNOWN_TENANT: 'may change',
  UNREADABLE_REQUEST: 'final',
  UNSAFE_TARGET: 'may change',
  UNSUPPORTED_MEDIA_TYPE: 'final',
  URL_TOO_LONG: 'final',
  WRONG_CREDENTIALS: 'may change',
  WRONG_SENDER: 'final',
} as const satisfies Record<string, 'final' | 'may change'>;

export type ProblemCode = keyof typeof PROBLEM_CODES;

const FINAL: ReadonlySet<string> = new Set(
  Object.entries(PROBLEM_CODES).flatMap(([code, kind]) => (kind === 'final' ? [code] : [])),
);

/** Whether a refusal with this code stays as it is; one of a later version, which is not known here, may change. */
export const isFinal = (code: string): boolean => FINAL.has(code);
