import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { Api, CUSTOMER, DEMO_PASSWORD, orderOf, PRODUCTS } from './api.js';
import type { Installation } from './installation.js';
import { until } from './until.js';

const Token = z.object({ accessToken: z.string() });
const Accepted = z.object({ orderId: z.string() });
const Created = z.object({ subscriptionId: z.string() });

interface Gateway {
  readonly url: string;
  open: boolean;
  underWay: number;
}

/**
 * Customers and staff who go on asking while gateways leave and come back, each time at another gateway of those that are
 * open, as a proxy in front sends them. Like that one it repeats a 503 once; whatever else is not answered as it should is a
 * failure.
 */
export class Traffic {
  /** What was answered otherwise, or not at all. */
  readonly failed: string[] = [];
  rounds = 0;
  readonly #gateways: ReadonlyMap<string, Gateway>;
  readonly #clients: Promise<void>[];
  #stopped = false;

  constructor(
    private readonly installation: Installation,
    private readonly address: string,
    clients = 2,
  ) {
    this.#gateways = new Map(
      [...installation.platform.urls]
        .filter(([name]) => name.startsWith('gateway'))
        .map(([name, url]) => [name, { url, open: true, underWay: 0 }]),
    );
    this.#clients = Array.from({ length: clients }, (_, client) => this.#run(client));
  }

  /** Nothing new goes to a gateway; resolves when it has answered what it had. */
  async leave(name: string): Promise<void> {
    const gateway = this.#gateways.get(name);
    if (!gateway) return;
    gateway.open = false;
    await until(`${name} has answered`, () => gateway.underWay === 0);
  }

  comeBack(name: string): void {
    const gateway = this.#gateways.get(name);
    if (gateway) gateway.open = true;
  }

  /** Waits until so many more rounds are over. */
  async more(rounds: number): Promise<void> {
    const wanted = this.rounds + rounds;
    await until(`${rounds} more rounds are over`, () => this.rounds >= wanted);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#clients);
  }

  /** @param first the gateway at which it begins; the next round, of five steps, begins at another one */
  async #run(first: number): Promise<void> {
    for (let turn = first; !this.#stopped; ) {
      const next = () => turn++;
      await this.#round(next).catch((error: unknown) => this.failed.push(String(error)));
      this.rounds += 1;
      await pause(50);
    }
  }

  /** A log-in, an order and a look at it, and a subscription that comes and goes: each step at the next gateway. */
  async #round(next: () => number): Promise<void> {
    const { accessToken } = Token.parse(
      await this.#ask(next, [200], undefined, 'POST', '/auth/token', {
        email: CUSTOMER.email,
        password: DEMO_PASSWORD,
      }),
    );
    const order = { ...orderOf(PRODUCTS.espresso), notify: { email: this.address, locale: 'es' } };
    const { orderId } = Accepted.parse(await this.#ask(next, [202], accessToken, 'POST', '/orders', order));
    this.installation.accepted.push(orderId);
    await this.#ask(next, [200], accessToken, 'GET', `/orders/${orderId}`);
    const { token } = this.installation.staff;
    const { subscriptionId } = Created.parse(
      await this.#ask(next, [201], token, 'POST', '/subscriptions', {
        channel: 'webhook',
        target: this.installation.witness.receiver.url,
        eventTypes: ['payment.refunded'],
        secret: this.installation.witness.receiver.secret,
      }),
    );
    await this.#ask(next, [204, 202], token, 'DELETE', `/subscriptions/${subscriptionId}`);
  }

  /** Once more at the next gateway when the first one is not able to: with the same key, so that nothing is done twice. */
  async #ask(
    next: () => number,
    wanted: readonly number[],
    token: string | undefined,
    method: string,
    path: string,
    body?: object,
  ): Promise<unknown> {
    const key = method === 'POST' ? { 'idempotency-key': randomUUID() } : undefined;
    const send = () => this.#atOne(next(), (url) => new Api(url, token).send(method, path, body, key));
    let answer = await send();
    if (answer.status === 503) answer = await send();
    if (!wanted.includes(answer.status))
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async #atOne<T>(turn: number, act: (url: string) => Promise<T>): Promise<T> {
    const open = [...this.#gateways.values()].filter((one) => one.open);
    const gateway = open[turn % open.length];
    if (!gateway) throw new Error('no gateway is open');
    gateway.underWay += 1;
    try {
      return await act(gateway.url);
    } finally {
      gateway.underWay -= 1;
    }
  }
}
