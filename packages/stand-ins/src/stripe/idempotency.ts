import { StripeError } from './stripe-error.js';
import type { Answered } from './wire.js';

/** Stripe's rules for `Idempotency-Key`: https://docs.stripe.com/api/idempotent_requests */
export class IdempotencyKeys {
  readonly #calls = new Map<string, { readonly request: string; answer?: Answered }>();

  /** The first answer to this key, an error of Stripe's own included; `undefined`: this is the first call. */
  claim(key: string, request: string): Answered | undefined {
    const before = this.#calls.get(key);
    if (!before) {
      this.#calls.set(key, { request });
      return undefined;
    }
    if (before.request !== request)
      throw new StripeError(400, {
        type: 'idempotency_error',
        message: `Keys for idempotent requests can only be used with the same parameters they were first used with. Key: ${key}`,
      });
    if (!before.answer)
      throw new StripeError(409, {
        type: 'idempotency_error',
        code: 'idempotency_key_in_use',
        message: `There is currently another in-progress request using this Idempotent Key: ${key}`,
      });
    return before.answer;
  }

  keep(key: string, answer: Answered): void {
    const call = this.#calls.get(key);
    if (call) call.answer = answer;
  }

  /** As after 24 hours. */
  forget(): void {
    this.#calls.clear();
  }
}
