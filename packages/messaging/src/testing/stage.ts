import { until } from '@comanda/kit';
import { Child, Folder, RawBroker, rabbitUrl, redisUrl } from '@comanda/test-kit';
import { afterEach, beforeEach } from '@jest/globals';
import { Redis } from 'ioredis';
import { Instance, type InstanceOptions } from './instance.js';
import { DEAD_LETTERS, Noted, QUEUE } from './ledger.js';

/** The queue in which a test sees what the service publishes. */
export const LISTENER = 'test_listener';
const RETRY_QUEUES = ['products_queue.retry.1s', 'products_queue.retry.2s'];

/** One test's surroundings on the shared servers: its own database file, empty queues, an empty Redis. */
export class Stage {
  readonly #instances: Instance[] = [];
  readonly #clients: Redis[] = [];
  readonly #children: Child[] = [];
  #open: { readonly folder: Folder; readonly raw: RawBroker; readonly redis: Redis } | undefined;

  get folder(): Folder {
    return this.#now.folder;
  }

  get raw(): RawBroker {
    return this.#now.raw;
  }

  get redis(): Redis {
    return this.#now.redis;
  }

  async open(): Promise<void> {
    const raw = await RawBroker.open(rabbitUrl());
    this.#open = { folder: new Folder(), raw, redis: new Redis(redisUrl()) };
    await raw.listen(LISTENER, [Noted.type]);
    for (const queue of [QUEUE, DEAD_LETTERS, LISTENER, ...RETRY_QUEUES])
      if (await raw.exists(queue)) await raw.drain(queue);
    await this.redis.flushall();
  }

  /** A second look at the broker, for tests that close all connections. */
  static openRaw(): Promise<RawBroker> {
    return RawBroker.open(rabbitUrl());
  }

  /** A Redis client as services have it. */
  connectRedis(url = redisUrl()): Redis {
    const redis = new Redis(url, {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: 250,
      retryStrategy: () => 100,
    });
    redis.on('error', () => undefined);
    this.#clients.push(redis);
    return redis;
  }

  async readyRedis(): Promise<Redis> {
    const redis = this.connectRedis();
    await until('Redis is connected', () => redis.status === 'ready');
    return redis;
  }

  /** Starts an instance of the test service on this stage's database file. */
  async start(options: Partial<InstanceOptions> = {}): Promise<Instance> {
    const instance = await this.create(options);
    await instance.messaging.ready();
    return instance;
  }

  /** The same, without waiting for the broker. */
  async create(options: Partial<InstanceOptions> = {}): Promise<Instance> {
    const file = this.folder.file('service.db');
    const instance = await Instance.create({ rabbitUrl: rabbitUrl(), file, ...options });
    this.#instances.push(instance);
    return instance;
  }

  /** Starts an instance of the test service in a process of its own. */
  startProcess(options: object = {}): Child {
    const given = { rabbitUrl: rabbitUrl(), file: this.folder.file('service.db'), ...options };
    const child = new Child(new URL('./instance-process.ts', import.meta.url), given);
    this.#children.push(child);
    return child;
  }

  /** What the service has published, once there are so many events. */
  async published(count: number): Promise<Awaited<ReturnType<RawBroker['events']>>> {
    const events: Awaited<ReturnType<RawBroker['events']>> = [];
    await until(`${count} events are published`, async () => {
      events.push(...(await this.raw.events(LISTENER)));
      return events.length >= count;
    });
    return events;
  }

  async close(): Promise<void> {
    for (const child of this.#children.splice(0)) await child.end('SIGKILL');
    for (const instance of this.#instances.splice(0)) await instance.close();
    for (const client of [...this.#clients.splice(0), this.redis]) client.disconnect();
    await this.raw.close();
    this.folder.remove();
    this.#open = undefined;
  }

  get #now() {
    if (!this.#open) throw new Error('the stage is there while a test runs');
    return this.#open;
  }
}

/** A stage for each test. Hooks run as they are written: what must end before it has its `afterEach` above this call. */
export function useStage(): Stage {
  const stage = new Stage();
  beforeEach(() => stage.open());
  afterEach(() => stage.close());
  return stage;
}
