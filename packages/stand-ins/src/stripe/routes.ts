import type { StripeCall } from './faults.js';

export interface Route {
  readonly call: StripeCall;
  /** Of the intent or charge in the path; empty where there is none. */
  readonly id: string;
}

const ROUTES: readonly (readonly [RegExp, StripeCall])[] = [
  [/^POST \/v1\/payment_intents$/, 'open'],
  [/^GET \/v1\/payment_intents\/(\w+)$/, 'retrieve'],
  [/^POST \/v1\/payment_intents\/(\w+)\/confirm$/, 'confirm'],
  [/^POST \/v1\/payment_intents\/(\w+)\/cancel$/, 'cancel'],
  [/^POST \/v1\/refunds$/, 'refund'],
  [/^GET \/v1\/refunds$/, 'list-refunds'],
  [/^GET \/v1\/disputes$/, 'list-disputes'],
  [/^GET \/v1\/charges\/(\w+)$/, 'retrieve-charge'],
];

export function routeOf(method: string, path: string): Route | undefined {
  for (const [pattern, call] of ROUTES) {
    const match = pattern.exec(`${method} ${path}`);
    if (match) return { call, id: match[1] ?? '' };
  }
  return undefined;
}
