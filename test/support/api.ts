import {
  GetOrderTimeline,
  ListPaymentsByOrder,
  OrderView,
  ProductView,
  type ResultOf,
} from '@comanda/contracts';
import { DescribedApi } from '@comanda/test-kit';
import { z } from 'zod';
import { until } from './until.js';

export const CUSTOMER = { email: 'customer@demo.local', accountId: '0190a000-0000-7000-8000-00000000ac01' };
export const STAFF = { email: 'staff@demo.local', accountId: '0190a000-0000-7000-8000-00000000ac02' };
export const DEMO_PASSWORD = 'comanda-demo';

const product = (position: number) => `0190a000-0000-7000-8000-${String(position).padStart(12, '0')}`;

/** Products of the demo catalogue, by what the tests use them for. */
export const PRODUCTS = {
  /** 180 cents, a million of them. */
  espresso: product(1),
  /** 450 cents, exactly one. */
  lastCake: product(2),
  /** 280 cents, a million of them. */
  cappuccino: product(3),
  /** 210 cents, 500 of them. */
  croissant: product(9),
  /** 190 cents, 500 of them. */
  medialuna: product(10),
  /** 520 cents, 40 of them. */
  cheesecake: product(13),
  unknown: '0190a000-0000-7000-8000-00000000dead',
} as const;

/** Every answer must be as it is described. */
const API = new DescribedApi();

const REQUEST_TIMEOUT_MS = 30_000;

/** The steps of an order to which nothing else happens. */
export const STEPS_UNTIL_SOLD = [
  'orders.create',
  'order.created',
  'product.stockReserved',
  'payment.completed',
  'order.confirmed',
  'product.stockCommitted',
];

/** What a customer sends to buy one product. */
export const orderOf = (productId: string, quantity = 1, method = 'sim_approved') => ({
  productId,
  quantity,
  payment: { method },
});

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed when it is JSON of any kind, else the text. */
  readonly body: unknown;
}

const Accepted = z.object({ orderId: z.string() });
export type TimelineStep = ResultOf<typeof GetOrderTimeline>['items'][number];
type Payment = ResultOf<typeof ListPaymentsByOrder>['items'][number];
const Token = z.object({ accessToken: z.string() });

const ENDED = new Set(['CONFIRMED', 'REJECTED', 'CANCELLED', 'FULFILLED']);

/**
 * The REST API as one account sees it. Answers of any status are returned; a lost connection throws, and so does an answer
 * that is not as docs/openapi.json describes it.
 */
export class Api {
  constructor(
    readonly url: string,
    readonly token?: string,
  ) {}

  static async logIn(url: string, email: string, password = DEMO_PASSWORD): Promise<Api> {
    const { status, body } = await new Api(url).post('/auth/token', { email, password });
    if (status !== 200) throw new Error(`log-in of ${email} was answered ${status}: ${JSON.stringify(body)}`);
    return new Api(url, Token.parse(body).accessToken);
  }

  get(path: string): Promise<Answer> {
    return this.send('GET', path);
  }

  post(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.send('POST', path, body, headers);
  }

  patch(path: string, body: unknown): Promise<Answer> {
    return this.send('PATCH', path, body);
  }

  delete(path: string): Promise<Answer> {
    return this.send('DELETE', path);
  }

  /** @param body sent as it is when it is a string, else as JSON */
  async send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const response = await fetch(`${this.url}/api/v1${path}`, {
      method,
      headers: {
        ...(this.token !== undefined && { authorization: `Bearer ${this.token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        // A test looks for what has just been done, not for what was shown a moment ago.
        'cache-control': 'no-cache',
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    const text = await response.text();
    API.check({ method, path: `/api/v1${path}`, status: response.status, headers: response.headers, text });
    const isJson = (response.headers.get('content-type') ?? '').includes('json');
    return {
      status: response.status,
      headers: response.headers,
      body: isJson && text !== '' ? JSON.parse(text) : text,
    };
  }

  /** Places an order that must be accepted, and gives its id. */
  async place(body: object, headers: Record<string, string> = {}): Promise<string> {
    const answer = await this.post('/orders', body, headers);
    if (answer.status !== 202)
      throw new Error(`the order was answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return Accepted.parse(answer.body).orderId;
  }

  async order(orderId: string): Promise<OrderView> {
    const { status, body } = await this.get(`/orders/${orderId}`);
    if (status !== 200) throw new Error(`order ${orderId} was answered ${status}: ${JSON.stringify(body)}`);
    return OrderView.parse(body);
  }

  /** Asks until `holds`. */
  async orderThat(orderId: string, what: string, holds: (order: OrderView) => boolean): Promise<OrderView> {
    let order: OrderView | undefined;
    await until(`order ${orderId} ${what}`, async () => {
      order = await this.order(orderId).catch(() => order);
      return order !== undefined && holds(order);
    });
    if (!order) throw new Error('unreachable: it was seen');
    return order;
  }

  ended(orderId: string): Promise<OrderView> {
    return this.orderThat(orderId, 'has ended', ({ status }) => ENDED.has(status));
  }

  /** The order, once it waits for its payment. */
  awaitingPayment(orderId: string): Promise<OrderView> {
    return this.orderThat(orderId, 'awaits payment', ({ status }) => status === 'AWAITING_PAYMENT');
  }

  /** The order, once this much of it was refunded; at all, when left out. */
  refunded(orderId: string, amount?: number): Promise<OrderView> {
    return this.orderThat(orderId, 'is refunded', ({ refundedAmount }) =>
      amount === undefined ? refundedAmount > 0 : refundedAmount === amount,
    );
  }

  async timeline(orderId: string): Promise<TimelineStep[]> {
    return GetOrderTimeline.result.parse((await this.get(`/orders/${orderId}/timeline`)).body).items;
  }

  /** The timeline, once it has a step of this type. */
  async timelineWith(orderId: string, type: string): Promise<TimelineStep[]> {
    let steps: TimelineStep[] = [];
    await until(`the timeline of ${orderId} shows ${type}`, async () => {
      steps = await this.timeline(orderId);
      return steps.some((step) => step.type === type);
    });
    return steps;
  }

  async payments(orderId: string): Promise<Payment[]> {
    return ListPaymentsByOrder.result.parse((await this.get(`/orders/${orderId}/payments`)).body).items;
  }

  async product(productId: string): Promise<ProductView> {
    return ProductView.parse((await this.get(`/products/${productId}`)).body);
  }

  /** Waits for the moment when so many are on the shelf. */
  async available(productId: string, units: number): Promise<void> {
    await until(
      `${units} of ${productId} are available`,
      async () => (await this.product(productId)).available === units,
    );
  }
}
