import { until } from '@comanda/kit';
import { Folder, rabbitUrl, redisUrl } from '@comanda/test-kit';
import { Redis } from 'ioredis';
import { Instance, type InstanceOptions } from './instance.js';
import { DEAD_LETTERS, Noted, QUEUE } from './ledger.js';
import { RawBroker } from './raw-broker.js';

/** Where the test hears what the service tells. */
export const LISTENER = 'test_listener';
const LADDER = ['products_queue.retry.1s', 'products_queue.retry.2s'];

/** One test's surroundings on the shared servers: its own database file, empty queues, an empty Redis. */
export class Stage {
  readonly folder = new Folder();
  readonly #instances: Instance[] = [];
  readonly #clients: Redis[] = [];

  private constructor(
    readonly raw: RawBroker,
    readonly redis: Redis,
  ) {}

  static async open(): Promise<Stage> {
    const raw = await RawBroker.open(rabbitUrl());
    const stage = new Stage(raw, new Redis(redisUrl()));
    await raw.listen(LISTENER, [Noted.type]);
    for (const queue of [QUEUE, DEAD_LETTERS, LISTENER, ...LADDER])
      if (await raw.exists(queue)) await raw.drain(queue);
    await stage.redis.flushall();
    return stage;
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

  async close(): Promise<void> {
    for (const instance of this.#instances) await instance.close();
    for (const client of [...this.#clients, this.redis]) client.disconnect();
    await this.raw.close();
    this.folder.remove();
  }
}
