/** An error as Stripe answers it: https://docs.stripe.com/api/errors */
export class StripeError extends Error {
  constructor(
    readonly status: number,
    readonly fields: {
      type: 'card_error' | 'invalid_request_error' | 'idempotency_error' | 'api_error';
      message: string;
      code?: string;
      decline_code?: string;
      param?: string;
      payment_intent?: object;
    },
  ) {
    super(fields.message);
  }
}

export const invalid = (
  message: string,
  more: { code?: string; param?: string; payment_intent?: object } = {},
  status = 400,
): StripeError => new StripeError(status, { type: 'invalid_request_error', message, ...more });

export const missing = (what: string, id: string, param: string): StripeError =>
  invalid(
    `No such ${what}: '${id}'`,
    { code: 'resource_missing', param },
    param === 'payment_method' ? 400 : 404,
  );
