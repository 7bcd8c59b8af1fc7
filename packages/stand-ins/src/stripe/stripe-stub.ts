import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { listen } from '../listen.js';
import { type Callback, callbackOf } from './callback.js';
import { Faults, type StripeCall, type StripeFault } from './faults.js';
import { IdempotencyKeys } from './idempotency.js';
import { type Route, routeOf } from './routes.js';
import { invalid, missing, StripeError } from './stripe-error.js';
import {
  type Capture,
  type DisputeEntry,
  type Intent,
  type RefundEntry,
  StripeLedger,
} from './stripe-ledger.js';
import type { CardOutcome } from './test-methods.js';
import { type Answered, asAnswer, raw, send } from './wire.js';

const BROKEN = asAnswer(new StripeError(500, { type: 'api_error', message: 'An unknown error occurred' }));

export interface StripeRequest {
  readonly call: StripeCall;
  readonly path: string;
  readonly idempotencyKey: string | undefined;
}

/**
 * A stand-in for Stripe's API on loopback: PaymentIntents and refunds as forms in and JSON out, idempotency keys,
 * errors, signed callbacks; and faults, switched on call by call. Its books say what was really charged.
 */
export class StripeStub {
  readonly apiKey = 'sk_test_stub';
  readonly webhookSecret = 'whsec_stub';
  /** Every call that came in, oldest first. */
  readonly requests: StripeRequest[] = [];
  readonly #ledger = new StripeLedger();
  readonly #keys = new IdempotencyKeys();
  readonly #faults = new Faults();
  readonly #stuck: (() => void)[] = [];
  #events = 0;

  private constructor(
    private readonly server: Server,
    /** For `STRIPE_API_BASE`. */
    readonly url: string,
  ) {}

  static async start(): Promise<StripeStub> {
    const server = createServer();
    const port = await listen(server);
    const stub = new StripeStub(server, `http://127.0.0.1:${port}`);
    server.on('request', (request, response) => void stub.#serve(request, response));
    return stub;
  }

  /** The settings with which a service uses it. */
  get env(): Record<string, string> {
    return {
      PAYMENT_PROVIDER: 'stripe',
      STRIPE_API_KEY: this.apiKey,
      STRIPE_API_BASE: this.url,
      STRIPE_WEBHOOK_SECRET: this.webhookSecret,
    };
  }

  capturesOf(orderId: string): Capture[] {
    return this.#ledger.captures.filter((capture) => capture.orderId === orderId);
  }

  refundsOf(orderId: string): RefundEntry[] {
    return this.capturesOf(orderId).flatMap(({ intentId }) => this.#ledger.refundsOf(intentId));
  }

  /** All intents that were opened for an order. */
  intentsOf(orderId: string): Intent[] {
    return [...this.#ledger.intents.values()].filter(({ metadata }) => metadata.orderId === orderId);
  }

  callsOf(call: StripeCall): StripeRequest[] {
    return this.requests.filter((request) => request.call === call);
  }

  /** The next `times` calls of this kind go wrong. */
  break(call: StripeCall | 'any', fault: StripeFault, times = 1): void {
    this.#faults.plan(call, fault, times);
  }

  /** Nothing goes wrong any longer, and what was stuck is done. */
  mend(): void {
    this.#faults.clear();
    for (const finish of this.#stuck.splice(0)) finish();
  }

  /** As after 24 hours. */
  forgetKeys(): void {
    this.#keys.forget();
  }

  /** Decides an intent that is in `processing` or waits for its customer. */
  settle(intentId: string, outcome: CardOutcome): void {
    try {
      this.#ledger.settle(intentId, outcome);
    } catch (error) {
      if (!(error instanceof StripeError)) throw error; // the decline, which nobody waits for
    }
  }

  disputesOf(orderId: string): DisputeEntry[] {
    return this.capturesOf(orderId).flatMap(({ intentId }) => this.#ledger.disputesOf(intentId));
  }

  /** The owner of the card disputes what an order has captured, or does so no longer: then we have won. */
  dispute(orderId: string, disputed: boolean): void {
    if (disputed) this.openDispute(orderId);
    else this.closeDisputes(orderId, 'won');
  }

  /** @param amount in Stripe's smallest unit; all that was captured when left out */
  openDispute(orderId: string, amount?: number): void {
    for (const { intentId } of this.capturesOf(orderId)) this.#ledger.dispute(intentId, amount);
  }

  closeDisputes(orderId: string, status: 'won' | 'lost'): void {
    for (const dispute of this.disputesOf(orderId)) dispute.status = status;
  }

  /** Somebody refunds a part of what an order has captured, or all that is left, in Stripe's dashboard. */
  refundInDashboard(orderId: string, amount?: number): void {
    for (const { intentId } of this.capturesOf(orderId))
      this.#ledger.refund({ payment_intent: intentId, ...(amount && { amount: String(amount) }) });
  }

  /** From now on refunds of an order are `pending`. */
  refundLater(orderId: string): void {
    for (const { intentId } of this.capturesOf(orderId)) this.#ledger.slow.add(intentId);
  }

  /** The bank did not take what was refunded so far. */
  failRefunds(orderId: string): void {
    for (const refund of this.refundsOf(orderId))
      Object.assign(refund, { status: 'failed', failure_reason: 'expired_or_canceled_card' });
  }

  /** An event about an intent, with a right signature; to be posted by the test, as often as it likes. */
  callback(intentId: string, type: string, secret = this.webhookSecret, at = new Date()): Callback {
    return this.#signed(this.#ledger.retrieve(intentId), type, secret, at);
  }

  /** What Stripe has to say of the refunds and disputes of an order as they stand now: several events for each. */
  moneyBackCallbacks(orderId: string): Callback[] {
    const charges = this.intentsOf(orderId).flatMap(({ latest_charge: id }) =>
      id ? [this.#ledger.charge(id)] : [],
    );
    return [
      ...this.refundsOf(orderId).flatMap((refund) =>
        (refund.status === 'failed'
          ? ['refund.failed', 'refund.updated', 'charge.refund.updated']
          : ['refund.created', 'refund.updated']
        ).map((type) => this.#signed(refund, type)),
      ),
      ...charges
        .filter(({ amount_refunded: back }) => back > 0)
        .map((charge) => this.#signed(charge, 'charge.refunded')),
      ...this.disputesOf(orderId).flatMap((dispute) =>
        (dispute.status === 'needs_response'
          ? ['charge.dispute.created', 'charge.dispute.funds_withdrawn']
          : ['charge.dispute.updated', 'charge.dispute.closed']
        ).map((type) => this.#signed(dispute, type)),
      ),
    ];
  }

  #signed(object: object, type: string, secret = this.webhookSecret, at = new Date()): Callback {
    this.#events += 1;
    return callbackOf({ ...object }, type, { secret, id: `evt_stub_${this.#events}`, at });
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url);
    const route = routeOf(request.method ?? '', pathname);
    const key = request.headers['idempotency-key'];
    const idempotencyKey = typeof key === 'string' ? key : undefined;
    const body = await text(request);
    if (!route) return send(response, asAnswer(missing('route', pathname, 'path')));
    this.requests.push({ call: route.call, path: pathname, idempotencyKey });
    const fault = this.#faults.next(route.call);
    if (fault === 'lose') return void request.socket.destroy();
    const params = Object.fromEntries(request.method === 'GET' ? searchParams : new URLSearchParams(body));
    const { answered, replayed } = this.#answer(request, route, params, { idempotencyKey, body, fault });
    if (fault === 'drop') return void request.socket.destroy();
    if (fault === 'hang' || fault === 'stuck') return;
    send(response, answered, {
      ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      ...(replayed && { 'idempotent-replayed': 'true' }),
    });
    if (fault === 'twice') response.once('finish', () => request.socket.write(raw(answered)));
  }

  #answer(
    request: IncomingMessage,
    route: Route,
    params: Record<string, string>,
    how: { idempotencyKey: string | undefined; body: string; fault: StripeFault | undefined },
  ): { answered: Answered; replayed: boolean } {
    const { idempotencyKey: key, body, fault } = how;
    const fresh = (answered: Answered) => ({ answered, replayed: false });
    if (request.headers.authorization !== `Bearer ${this.apiKey}`)
      return fresh(asAnswer(invalid('Invalid API Key provided: sk_t***tub', {}, 401)));
    if (fault === 'busy') return fresh(asAnswer(invalid('Too many requests', { code: 'rate_limit' }, 429)));
    try {
      const before =
        key === undefined ? undefined : this.#keys.claim(key, `${route.call} ${route.id} ${body}`);
      if (before) return { answered: before, replayed: true };
    } catch (error) {
      return fresh(asAnswer(error));
    }
    const carryOut = (): Answered => {
      const done = fault === 'fail' ? BROKEN : this.#do(route, params);
      const answered = fault === 'fail-after' ? BROKEN : done;
      if (key !== undefined) this.#keys.keep(key, answered);
      return answered;
    };
    if (fault !== 'stuck') return fresh(carryOut());
    this.#stuck.push(carryOut);
    return fresh(BROKEN);
  }

  #do({ call, id }: Route, params: Record<string, string>): Answered {
    const ledger = this.#ledger;
    try {
      switch (call) {
        case 'open':
          return { status: 200, body: { ...ledger.open(params) } };
        case 'confirm':
          return { status: 200, body: { ...ledger.confirm(id, params) } };
        case 'cancel':
          return { status: 200, body: { ...ledger.cancel(id) } };
        case 'retrieve':
          return { status: 200, body: { ...ledger.retrieve(id) } };
        case 'refund':
          return { status: 200, body: ledger.refund(params) };
        case 'retrieve-charge':
          return { status: 200, body: ledger.charge(id) };
        case 'list-disputes': {
          const data = ledger.disputesOf(params.payment_intent ?? '');
          return { status: 200, body: { object: 'list', data, has_more: false, url: '/v1/disputes' } };
        }
        case 'list-refunds': {
          const data = ledger.refundsOf(params.payment_intent ?? '');
          return { status: 200, body: { object: 'list', data, has_more: false, url: '/v1/refunds' } };
        }
      }
    } catch (error) {
      return asAnswer(error);
    }
  }
}
