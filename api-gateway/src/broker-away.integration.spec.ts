import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accept } from '@comanda/contracts';
import { type RabbitMqServer, startRabbitMq } from '@comanda/local-infra';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { FakeServices } from '../test/fake-services.js';
import { type ServicesAndGateway, startServicesAndGateway } from '../test/services-and-gateway.js';

const espresso = '0190a000-0000-7000-8000-000000000001';
const order = { productId: espresso, quantity: 1 };

const directory = mkdtempSync(join(tmpdir(), 'comanda-gateway-broker-'));
let broker: RabbitMqServer;
let all: ServicesAndGateway | undefined;
beforeAll(async () => {
  broker = await startRabbitMq({ directory });
  all = await startServicesAndGateway(broker.url);
});
afterAll(async () => {
  await all?.stop();
  await broker.discard();
  rmSync(directory, { recursive: true, force: true });
});

/** The gateway of this file; there is always one once `beforeAll` is through. */
function theGateway() {
  if (!all) throw new Error('not started');
  return all.gateway;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('with the broker stopped nothing is accepted and all say so; with it back everything goes on', async () => {
  const gateway = theGateway();
  const token = gateway.token('customer');
  const place = (key?: string) =>
    gateway.call('POST', '/api/v1/orders', {
      token,
      body: order,
      ...(key !== undefined && { headers: { 'idempotency-key': key } }),
    });
  expect((await place()).status).toBe(202);

  await broker.stop();
  for (const key of [undefined, 'kept-for-later']) {
    const refused = await place(key);
    expect(refused.body).toMatchObject({ status: 503, code: 'BROKER_UNAVAILABLE' });
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
  }
  expect((await gateway.call('GET', '/api/v1/products')).status).toBe(503);
  expect((await gateway.call('GET', '/health/ready')).status).toBe(503);
  expect((await gateway.call('GET', '/health/live')).status).toBe(200);

  await broker.start();
  const services = await FakeServices.connect(broker.url);
  try {
    services.answer('products.list', () => accept({ items: [], nextCursor: null }));
    for (let tries = 0; tries < 60; tries++) {
      if ((await gateway.call('GET', '/health/ready')).status === 200) break;
      await pause(250);
    }
    expect((await gateway.call('GET', '/api/v1/products')).status).toBe(200);
    // The key was freed with the 503: the same request is carried out now, once.
    const accepted = await place('kept-for-later');
    expect(accepted.status).toBe(202);
    expect(accepted.headers.get('idempotent-replayed')).toBeNull();
    await pause(200);
    const orders = services.commands('orders.create').map(({ subject }) => subject);
    expect(orders.filter((id) => id === accepted.body.orderId)).toHaveLength(1);
  } finally {
    await services.close();
  }
});

test('with an alarm at the broker, which then takes nothing, orders are a 503 at once', async () => {
  const gateway = theGateway();
  const token = gateway.token('customer');
  const place = () => gateway.call('POST', '/api/v1/orders', { token, body: order });
  await broker.ctl('set_vm_memory_high_watermark', '0.000001');
  try {
    // The broker says that it is blocked to whoever publishes: the first order may have to find out.
    await place();
    for (let tries = 0; tries < 40; tries++) {
      if ((await gateway.call('GET', '/health/ready')).status === 503) break;
      await pause(250);
    }
    const began = performance.now();
    const refused = await place();
    expect(refused.body).toMatchObject({ status: 503, code: 'BROKER_UNAVAILABLE' });
    expect(performance.now() - began).toBeLessThan(500);
  } finally {
    await broker.ctl('set_vm_memory_high_watermark', '0.4');
  }
  for (let tries = 0; tries < 40; tries++) {
    if ((await gateway.call('GET', '/health/ready')).status === 200) break;
    await pause(250);
  }
  expect((await place()).status).toBe(202);
});
