import { execFile } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { PRODUCTS } from '../support/api.js';
import { linesWith, notReady, readyAgain } from '../support/health.js';
import type { Load, Refusal } from '../support/load.js';
import { useLoads } from '../support/load-books.js';
import { useInstallation } from '../support/use-installation.js';

/** For how long the broker is down. It is the fault itself, not a wait for something. */
const AWAY_MS = 5_000;

describe('under load', () => {
  const comanda = useInstallation({ ownBroker: true, env: { PAYMENT_SIM_LATENCY_MS: '10-80' } });
  const loads = useLoads(comanda);
  beforeAll(async () => {
    await comanda.rabbit.settleDeclarations();
  });

  /** From now on the process can write no file beyond so many bytes, as if the disk were full there. */
  const limitFiles = async (service: string, bytes: string): Promise<void> => {
    const pid = String(comanda.platform.services.get(service)?.pid);
    await promisify(execFile)('prlimit', ['--pid', pid, `--fsize=${bytes}:unlimited`]);
  };

  const expectProblems = (refusals: readonly Refusal[]): void => {
    expect(refusals.length).toBeGreaterThan(0);
    for (const { contentType, retryAfter, body } of refusals) {
      expect(contentType).toContain('application/problem+json');
      expect(Number(retryAfter)).toBeGreaterThan(0);
      expect(body).toMatchObject({ status: 503, code: 'BROKER_UNAVAILABLE', instance: '/api/v1/orders' });
    }
  };

  describe('kill -9 in mid-flow', () => {
    it.each(['orders', 'products', 'payments', 'webhooks'])(
      'of %s: it goes on where it was, and every accepted order ends',
      async (service) => {
        const happens = async (load: Load) => {
          expect(await comanda.platform.kill(service)).toEqual({ code: null, signal: 'SIGKILL' });
          // Orders are accepted all the same.
          await load.more(15);
          await comanda.platform.start(service);
        };
        const load = await loads.through({ before: 20, happens, after: 10 });
        expect(load.accepted.size).toBeGreaterThanOrEqual(45);
        expect(load.refusals).toEqual([]);
        expect(load.perhaps.size).toBe(0);
      },
    );

    it('of the gateway: what it had answered is kept, the rest is there once or not at all', async () => {
      const happens = async () => {
        await comanda.platform.kill('gateway');
        await comanda.platform.start('gateway');
      };
      const load = await loads.through({ before: 20, happens, after: 20 });
      // Each client can have lost one answer at most.
      expect(load.perhaps.size).toBeLessThanOrEqual(6);
    });
  });

  it('the broker is stopped for 5 s: clients are asked to come back, and nothing is lost or half accepted', async () => {
    const before = await loads.checkBooks();
    const happens = async ({ accepted, refusals }: Load) => {
      await comanda.rabbit.stop();
      const acceptedBefore = accepted.size;
      await pause(AWAY_MS);
      expect(accepted.size).toBe(acceptedBefore);
      expectProblems(refusals);
      await comanda.rabbit.start();
    };
    const load = await loads.through({ before: 30, happens, after: 30 });
    expect(load.perhaps.size).toBe(0);
    const books = await loads.checkBooks();
    expect(books.orders - before.orders).toBe(load.accepted.size);
  });

  it('the broker is killed: what it had confirmed is still there when it returns', async () => {
    const happens = async () => {
      await comanda.rabbit.kill();
      await comanda.rabbit.start();
    };
    const load = await loads.through({ before: 30, happens, after: 30 });
    expectProblems(load.refusals);
    expect(load.perhaps.size).toBe(0);
  });

  it('the broker closes every connection, again and again: all come back by themselves', async () => {
    const load = loads.start();
    for (let round = 0; round < 2; round += 1) {
      await load.more(10);
      await comanda.rabbit.ctl('close_all_connections', 'a test closes them');
    }
    await load.more(20);
    await load.stop();
    await loads.checkBooks();
  });

  it('Redis is emptied again and again: only speed suffers', async () => {
    const load = loads.start();
    const redis = new Redis(comanda.redis.url);
    let emptied = 0;
    const wanted = 100;
    while (load.accepted.size < wanted) {
      await redis.flushall();
      emptied += 1;
      await pause(5);
    }
    await load.stop();
    await redis.quit();
    expect(emptied).toBeGreaterThan(10);
    expect(load.refusals).toEqual([]);
    await loads.checkBooks();
  });

  it('the disk of orders-service is full: it says so, can be stopped, and handles everything when there is room', async () => {
    const load = loads.start();
    await load.more(20);
    await load.midFlow();
    await limitFiles('orders', '4096');
    await notReady(comanda, 'orders', 'SqliteError');
    // Orders are accepted all the same: the broker keeps them.
    await load.more(20);
    expect(linesWith(comanda, 'orders', 'the database does not work')).toHaveLength(1);
    expect(await comanda.platform.stopOne('orders')).toEqual({ code: 0, signal: null });
    await comanda.platform.start('orders');
    await load.more(20);

    await load.midFlow();
    await limitFiles('orders', '4096');
    await notReady(comanda, 'orders', 'SqliteError');
    await load.more(10);
    await limitFiles('orders', 'unlimited');
    await readyAgain(comanda, 'orders');
    await load.more(20);
    await load.stop();
    expect(load.refusals).toEqual([]);
    await loads.checkBooks();
  });

  it('the disk of the gateway is full: what it can not keep its word about is refused, and can be sent again', async () => {
    const order = { productId: PRODUCTS.unknown, quantity: 1 };
    const send = () =>
      comanda.customer.post('/orders', order, { 'idempotency-key': 'while the disk is full' });
    await limitFiles('gateway', '4096');
    const refused = await send();
    expect(refused.body).toMatchObject({ status: 503, code: 'STORAGE_UNAVAILABLE' });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(linesWith(comanda, 'gateway', 'idempotency key could not be claimed')).toHaveLength(1);
    await limitFiles('gateway', 'unlimited');
    // Carried out now, and only now: it asks for an unknown product.
    const carriedOut = await send();
    expect(carriedOut.status).toBe(422);
    expect(carriedOut.headers.get('idempotent-replayed')).toBeNull();
    await loads.checkBooks();
  });

  it('Redis hangs, then is killed for good: only speed suffers', async () => {
    const load = loads.start();
    await load.more(20);
    await comanda.redis.pause();
    await load.more(30);
    await comanda.redis.kill();
    await load.more(50);
    await load.stop();
    expect(load.refusals).toEqual([]);
    await loads.checkBooks();
    // Readiness does not depend on it.
    const ready = await fetch(`http://127.0.0.1:${comanda.platform.ports.orders}/health/ready`);
    expect(ready.status).toBe(200);
  });
});
