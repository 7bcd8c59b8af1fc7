/** Every header of an answer that means something to a client, as the API's documents describe it. */
export const HEADERS = {
  'X-Correlation-Id': {
    description:
      'Names the request in every log line and message that came of it: the one that was sent, when it is well formed, else a new one.',
    required: true,
    schema: { type: 'string', minLength: 1, maxLength: 128 },
    example: '0192d1a4-7c3b-7f7e-8a51-3d0c6a9be0ff',
  },
  RateLimit: {
    description:
      'What is left of the limit that the request was counted by: `r` requests, for `t` seconds. Missing where there is no limit.',
    schema: { type: 'string', maxLength: 100 },
    example: '"default";r=5999;t=42',
  },
  'RateLimit-Policy': {
    description: 'The limit: `q` requests in `w` seconds.',
    schema: { type: 'string', maxLength: 100 },
    example: '"default";q=6000;w=60',
  },
  'Retry-After': {
    description: 'In how many seconds the same request may succeed.',
    schema: { type: 'string', pattern: '^\\d{1,10}$', maxLength: 10 },
    example: '3',
  },
  ETag: {
    description:
      'Names these very bytes (RFC 9110): send it as `If-None-Match` to be told only what has changed.',
    schema: { type: 'string', pattern: '^"[\\w-]{27}"$', maxLength: 29 },
    example: '"zS2-9zbdgQzg7pD1aZbF1o_0xDu"',
  },
  Location: {
    description: 'The path of what was made.',
    schema: { type: 'string', format: 'uri-reference', maxLength: 2000 },
    example: '/api/v1/orders/0192d1a4-7c3b-7f7e-8a51-3d0c6a9be001',
  },
  'Idempotent-Replayed': {
    description:
      'The answer was given before to the same request, under the same Idempotency-Key; nothing was done again.',
    schema: { type: 'string', pattern: '^true$', maxLength: 4 },
    example: 'true',
  },
  'Set-Cookie': {
    description:
      'The refresh token of a session, for pages of this origin: `HttpOnly; SameSite=Strict; Secure`. Missing where the session has it in the body.',
    schema: { type: 'string', maxLength: 500 },
    example: 'comanda_refresh=...; HttpOnly; SameSite=Strict; Secure; Path=/api/v1/auth; Max-Age=604800',
  },
  'WWW-Authenticate': {
    description: 'How to authenticate, and what was wrong with the token (RFC 6750).',
    schema: { type: 'string', maxLength: 1000 },
    example: 'Bearer realm="comanda"',
  },
  'X-Accel-Buffering': {
    description: 'For proxies: pass events on as they come.',
    schema: { type: 'string', pattern: '^no$', maxLength: 2 },
    example: 'no',
  },
} as const;

export type HeaderName = keyof typeof HEADERS;

export const headersNamed = (...names: readonly HeaderName[]) =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
