import { accept } from '@comanda/contracts';
import { until } from '@comanda/kit';
import { type RabbitMqServer, startRabbitMq } from '@comanda/local-infra';
import { Folder } from '@comanda/test-kit';
import { afterAll, expect, test } from '@jest/globals';
import { useServicesAndGateway } from '../test/services-and-gateway.js';

const espresso = '0190a000-0000-7000-8000-000000000001';
const order = { productId: espresso, quantity: 1 };

const folder = new Folder();
let broker: RabbitMqServer;
const { services, gateway } = useServicesAndGateway(async () => {
  broker = await startRabbitMq({ directory: folder.path });
  return { RABBITMQ_URL: broker.url };
});
afterAll(async () => {
  await broker?.discard();
  folder.remove();
});

const ready = async () => (await gateway.call('GET', '/health/ready')).status;

test('with the broker stopped nothing is accepted and all say so; with it back everything goes on', async () => {
  const token = gateway.token('customer');
  const place = (key?: string, body: object = order) =>
    gateway.call('POST', '/api/v1/orders', {
      token,
      body,
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
  await services.connect(broker.url);
  services.answer('products.list', () => accept({ items: [], nextCursor: null }));
  await until('the gateway is ready again', async () => (await ready()) === 200);
  expect((await gateway.call('GET', '/api/v1/products')).status).toBe(200);
  // Its queues take a moment longer than the broker itself.
  await until('orders are taken again', async () => (await place()).status === 202);
  // The first request may have reached the broker: another one under its key could be taken for it.
  const other = await place('kept-for-later', { ...order, quantity: 2 });
  expect(other.body).toMatchObject({ status: 422, code: 'IDEMPOTENCY_KEY_REUSED' });
  // The key was left with the 503: the same request is carried out now, once.
  const accepted = await place('kept-for-later');
  expect(accepted.status).toBe(202);
  expect(accepted.headers.get('idempotent-replayed')).toBeNull();
  await services.caughtUp();
  const orders = services.commands('orders.create').map(({ subject }) => subject);
  expect(orders.filter((id) => id === accepted.body.orderId)).toHaveLength(1);
});

test('with an alarm at the broker, which then takes nothing, orders are a 503 and are not sent', async () => {
  const token = gateway.token('customer');
  const place = (quantity = 1) =>
    gateway.call('POST', '/api/v1/orders', { token, body: { ...order, quantity } });
  await broker.ctl('set_vm_memory_high_watermark', '0.000001');
  try {
    // The broker reports its block only to a connection that publishes, so the first order may be the one to learn of
    // it.
    await place();
    await until('the gateway knows', async () => (await ready()) === 503);
    const refused = await place(77);
    expect(refused.body).toMatchObject({ status: 503, code: 'BROKER_UNAVAILABLE' });
  } finally {
    await broker.ctl('set_vm_memory_high_watermark', '0.4');
  }
  await until('the gateway is ready again', async () => (await ready()) === 200);
  const accepted = await place(78);
  expect(accepted.status).toBe(202);
  await services.caughtUp();
  // What had waited for its confirm would have arrived before this one.
  const large = services
    .commands('orders.create')
    .filter(({ data }) => JSON.stringify(data).includes('"quantity":7'));
  expect(large.map(({ subject }) => subject)).toEqual([accepted.body.orderId]);
});
