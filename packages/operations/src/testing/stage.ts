import { DEFAULT_TENANT } from '@comanda/contracts';
import { until } from '@comanda/kit';
import { Broker, HEADERS, type RequestContext, Requester, retryQueueOf } from '@comanda/messaging';
import { Folder, RawBroker, RecordingLogger, rabbitUrl } from '@comanda/test-kit';
import { type DeadLetterFilter, DeadLetters } from '../dead-letters/dead-letters.js';
import type { Action } from '../dead-letters/outcome.js';

type How = Omit<Action, 'kind'>;

import type { Position } from '../dead-letters/position.js';
import { counted, DEAD_LETTERS, Instance, type InstanceOptions, QUEUE, type Sent } from './service.js';

const TIMEOUT_MS = 60_000;
const CONTEXT: RequestContext = { tenantId: DEFAULT_TENANT, correlationId: 'an operator' };

export const minute = (at: number): string => new Date(Date.now() - (100 - at) * 60_000).toISOString();

/** One test's surroundings on the shared broker: its own database, empty queues, and a keeper of its dead letters. */
export class Stage {
  readonly folder = new Folder();
  /** What the operator's side says. */
  readonly log = new RecordingLogger();
  readonly deadLetters: DeadLetters;
  readonly #instances: Instance[] = [];
  readonly #broker: Broker;
  readonly #requester: Requester;

  private constructor(public raw: RawBroker) {
    this.#broker = new Broker(rabbitUrl(), 'operator', this.log);
    this.#requester = new Requester('api-gateway', this.#broker);
    this.deadLetters = new DeadLetters(async (request, data, context, subject) => {
      const answer = await this.#requester.ask(request, data, { ...context, subject, timeoutMs: TIMEOUT_MS });
      if (!answer.ok) throw new Error(answer.refusal.detail);
      return answer.result;
    }, this.log);
  }

  static async open(): Promise<Stage> {
    const raw = await RawBroker.open(rabbitUrl());
    const stage = new Stage(raw);
    await stage.#requester.ready(); // declares all queues
    for (const queue of [QUEUE, DEAD_LETTERS, retryQueueOf(QUEUE, 1)])
      if (await raw.exists(queue)) await raw.drain(queue);
    return stage;
  }

  /** For a test that closed all connections. */
  async reconnect(): Promise<void> {
    const connected = () => this.log.said('connected to the broker').length;
    const before = connected();
    await this.raw.close();
    this.raw = await RawBroker.open(rabbitUrl());
    await until('the operator is connected again', () => connected() > before);
    await this.#requester.ready();
  }

  get file(): string {
    return this.folder.file('service.db');
  }

  async start(options: Partial<InstanceOptions> = {}): Promise<Instance> {
    const instance = await Instance.start({ rabbitUrl: rabbitUrl(), file: this.file, ...options });
    this.#instances.push(instance);
    return instance;
  }

  list(
    filter: DeadLetterFilter = {},
    page: { limit: number; after?: Position | undefined } = { limit: 100 },
  ) {
    return this.deadLetters.list(CONTEXT, ours(filter), page);
  }

  find(messageId: string) {
    return this.deadLetters.find(CONTEXT, { ...ours({}), messageId });
  }

  replay(messageId: string, how: How) {
    return this.deadLetters.actOn(CONTEXT, { ...ours({}), messageId }, { kind: 'replay', ...how });
  }

  discard(messageId: string, how: How) {
    return this.deadLetters.actOn(CONTEXT, { ...ours({}), messageId }, { kind: 'discard', ...how });
  }

  replayAll(how: How, filter: DeadLetterFilter = {}) {
    return collect(this.deadLetters.actOnAll(CONTEXT, ours(filter), { kind: 'replay', ...how }));
  }

  discardAll(how: How, filter: DeadLetterFilter = {}) {
    return collect(this.deadLetters.actOnAll(CONTEXT, ours(filter), { kind: 'discard', ...how }));
  }

  /** Puts a dead letter into the queue as failure.ts does. */
  async put(
    at: string,
    message: Sent = counted({ counter: 'a' }),
    headers: Record<string, unknown> = {},
  ): Promise<Sent> {
    const attempts = JSON.stringify([{ at, error: 'Error: broken' }]);
    await this.raw.send(DEAD_LETTERS, message.body, {
      messageId: message.id,
      type: message.type,
      headers: { [HEADERS.cause]: 'Error: broken', [HEADERS.attempts]: attempts, ...headers },
    });
    return message;
  }

  async close(): Promise<void> {
    for (const instance of this.#instances) await instance.close();
    await this.#broker.close();
    await this.raw.close();
    this.folder.remove();
  }
}

/** Only the service of these tests runs, and its operator sees all tenants. */
const ours = (filter: DeadLetterFilter) => ({ queue: QUEUE, everyTenant: true, ...filter });

async function collect<T>(generator: AsyncGenerator<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of generator) all.push(one);
  return all;
}
