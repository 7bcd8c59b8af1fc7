import type { ServerResponse } from 'node:http';
import { StripeError } from './stripe-error.js';

/** What goes back over HTTP. */
export interface Answered {
  readonly status: number;
  readonly body: object;
}

/** An error of Stripe's as its answer; anything else is a mistake of the stub's and goes on. */
export function asAnswer(error: unknown): Answered {
  if (error instanceof StripeError) return { status: error.status, body: { error: error.fields } };
  throw error;
}

let requestNumber = 0;

export function send(
  response: ServerResponse,
  { status, body }: Answered,
  headers: Record<string, string> = {},
): void {
  requestNumber += 1;
  response
    .writeHead(status, {
      'content-type': 'application/json',
      'request-id': `req_stub_${requestNumber}`,
      ...headers,
    })
    .end(JSON.stringify(body));
}

/** A whole HTTP answer as bytes. */
export function raw({ status, body }: Answered): string {
  const json = JSON.stringify(body);
  return `HTTP/1.1 ${status} OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(json)}\r\n\r\n${json}`;
}
