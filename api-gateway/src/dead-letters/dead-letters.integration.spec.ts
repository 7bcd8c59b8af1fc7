import { CONTENT_TYPE, newId, OrderCreated } from '@comanda/contracts';
import { DeadLetters, HEADERS, SERVICE_QUEUES } from '@comanda/messaging';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type ChannelModel, type ConfirmChannel, connect } from 'amqplib';
import { GatewayUnderTest } from '../../test/gateway-under-test.js';

const rabbitUrl = `${process.env.TEST_RABBITMQ_URL}/w${process.env.JEST_WORKER_ID ?? '1'}`;
const QUEUE = 'products_queue';
const staffId = newId();
const minute = (at: number) => new Date(Date.now() - (100 - at) * 60_000).toISOString();

let gateway: GatewayUnderTest;
let connection: ChannelModel;
let channel: ConfirmChannel;
let staff: string;
beforeAll(async () => {
  gateway = await GatewayUnderTest.start({ RABBITMQ_URL: rabbitUrl });
  await gateway.app.get(DeadLetters).ready();
  staff = gateway.token('staff', staffId);
  connection = await connect(rabbitUrl);
  channel = await connection.createConfirmChannel();
});
afterAll(async () => {
  await gateway?.close();
  await connection?.close();
});
beforeEach(async () => {
  for (const queue of SERVICE_QUEUES)
    for (const name of [queue, `${queue}.dlq`]) await channel.purgeQueue(name);
});

const call = (method: string, path = '', more: Parameters<GatewayUnderTest['call']>[2] = {}) =>
  gateway.call(method, `/api/v1/dead-letters${path}`, { token: staff, ...more });
const waiting = async (queue: string) => (await channel.checkQueue(queue)).messageCount;

function orderCreated(overrides: object = {}) {
  return {
    specversion: '1.0',
    id: newId(),
    type: OrderCreated.type,
    source: 'orders-service',
    time: minute(0),
    subject: newId(),
    datacontenttype: 'application/json',
    dataschema: OrderCreated.dataschema,
    tenantid: 'default',
    correlationid: 'order-77',
    sequence: 1,
    data: OrderCreated.example,
    ...overrides,
  };
}

/** Leaves a letter as a service does; gives its id. */
async function die(message = orderCreated(), { at = minute(1), queue = QUEUE } = {}): Promise<string> {
  channel.sendToQueue(`${queue}.dlq`, Buffer.from(JSON.stringify(message)), {
    messageId: message.id,
    type: message.type,
    contentType: CONTENT_TYPE,
    persistent: true,
    headers: {
      [HEADERS.attempts]: JSON.stringify([{ at, error: 'Error: broken' }]),
      [HEADERS.cause]: 'Error: broken',
      [HEADERS.stack]: 'Error: broken\n    at reserve (reserve.ts:1:1)',
      [HEADERS.service]: 'products-service',
      [HEADERS.handler]: 'reserve stock when order created',
      [HEADERS.queue]: queue,
    },
  });
  await channel.waitForConfirms();
  return message.id;
}

describe('what failed', () => {
  test('is listed with why, where, when and for whom; and shown', async () => {
    const message = orderCreated();
    await die(message);
    const listed = await call('GET');
    expect(listed.status).toBe(200);
    expect(listed.body).toEqual({
      items: [
        {
          messageId: message.id,
          queue: QUEUE,
          type: 'order.created',
          service: 'products-service',
          handler: 'reserve stock when order created',
          cause: 'Error: broken',
          stack: expect.stringContaining('reserve.ts'),
          attempts: [{ at: expect.any(String), error: 'Error: broken' }],
          diedAt: expect.any(String),
          correlationId: 'order-77',
          tenantId: 'default',
          source: 'orders-service',
          size: Buffer.byteLength(JSON.stringify(message)),
          replayable: true,
          copies: 1,
          body: message,
        },
      ],
      nextCursor: null,
    });
    expect((await call('GET', `/${message.id}`)).body).toEqual(listed.body.items[0]);
  });

  test('is listed in pages, of a queue or a type', async () => {
    const ids: string[] = [];
    for (let at = 0; at < 5; at++) ids.push(await die(orderCreated(), { at: minute(at) }));
    await die(orderCreated({ type: 'order.confirmed' }), { at: minute(9), queue: 'webhooks_queue' });
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await call('GET', `?limit=2&queue=${QUEUE}&type=order.created${cursor}`);
      seen.push(...body.items.map(({ messageId }: { messageId: string }) => messageId));
      if (body.nextCursor === null) break;
      cursor = `&cursor=${body.nextCursor}`;
    }
    expect(seen).toEqual(ids.reverse());
    expect((await call('GET')).body.items).toHaveLength(6);
    expect((await call('GET', '?type=order.confirmed')).body.items).toHaveLength(1);
  });

  test.each([
    ['a cursor that is none', '?cursor=x', 'INVALID_CURSOR'],
    ['an unknown queue', '?queue=kitchen', 'INVALID_REQUEST'],
    ['too many at once', '?limit=101', 'INVALID_REQUEST'],
    ['an unknown field', '?tenantId=north', 'INVALID_REQUEST'],
  ])('is not asked for with %s', async (_, query, code) => {
    expect((await call('GET', query)).body).toMatchObject({ status: 400, code });
  });

  test('is for staff alone, and for those of its own tenant', async () => {
    const id = await die();
    const north = await die(orderCreated({ tenantid: 'north' }));
    const customer = gateway.token('customer');
    const elsewhere = gateway.jwt.sign(
      { role: 'staff', tenantId: 'north' },
      { subject: newId(), expiresIn: 60 },
    );
    for (const [method, path] of [
      ['GET', ''],
      ['GET', `/${id}`],
      ['POST', `/${id}/replay`],
      ['DELETE', `/${id}`],
    ] as const) {
      expect((await call(method, path, { token: customer })).status).toBe(403);
      expect((await call(method, path, { token: undefined })).status).toBe(401);
      if (path !== '') expect((await call(method, path, { token: elsewhere })).status).toBe(404);
    }
    expect((await call('GET', '', { token: elsewhere })).body.items).toMatchObject([{ messageId: north }]);
    expect((await call('GET')).body.items).toMatchObject([{ messageId: id }]);
    expect((await call('GET', `/${north}`)).status).toBe(404);
    expect(await waiting(`${QUEUE}.dlq`)).toBe(2);
    expect(await waiting(QUEUE)).toBe(0);
  });
});

describe('a replay', () => {
  test('says what it would do, does it, and then there is nothing left to do', async () => {
    const message = orderCreated();
    const id = await die(message);
    const dry = await call('POST', `/${id}/replay?dryRun=true`);
    expect([dry.status, dry.body]).toEqual([
      200,
      {
        messageId: id,
        queue: QUEUE,
        type: 'order.created',
        service: 'products-service',
        handler: 'reserve stock when order created',
        dryRun: true,
        copies: 1,
        fits: true,
        detail: `Would be put back into ${QUEUE}, for products-service alone: fits order.created/v1.`,
      },
    ]);
    expect([await waiting(`${QUEUE}.dlq`), await waiting(QUEUE)]).toEqual([1, 0]);

    const done = await call('POST', `/${id}/replay`);
    expect([done.status, done.body]).toEqual([
      200,
      { ...dry.body, dryRun: false, detail: expect.stringContaining('Put back into') },
    ]);
    expect((await call('POST', `/${id}/replay`)).body).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect([await waiting(`${QUEUE}.dlq`), await waiting(QUEUE), await waiting('webhooks_queue')]).toEqual([
      0, 1, 0,
    ]);
    const back = await channel.get(QUEUE, { noAck: true });
    expect(back && JSON.parse(back.content.toString())).toEqual(message);
    expect(gateway.log.filter(({ msg }) => msg === 'dead letter put back')).toMatchObject([
      { messageId: id, queue: QUEUE, by: staffId },
    ]);
  });

  test('of a message that still does not fit says where', async () => {
    const id = await die(orderCreated({ data: { ...OrderCreated.example, currency: 5 } }));
    expect((await call('POST', `/${id}/replay?dryRun=true`)).body).toMatchObject({
      fits: false,
      detail: expect.stringMatching(/still does not fit: data does not fit .*v1: currency: /),
    });
  });

  test('with an Idempotency-Key is done once and answered alike; a dry run is another request', async () => {
    const id = await die();
    const headers = { 'idempotency-key': newId() };
    const first = await call('POST', `/${id}/replay`, { headers });
    const again = await call('POST', `/${id}/replay`, { headers });
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect((await call('POST', `/${id}/replay?dryRun=true`, { headers })).status).toBe(422);
    expect(await waiting(QUEUE)).toBe(1);
  });

  test('of what died too long ago is refused, as is its dry run', async () => {
    const id = await die(orderCreated(), { at: new Date(Date.now() - 15 * 24 * 3_600_000).toISOString() });
    for (const query of ['', '?dryRun=true']) {
      const refused = await call('POST', `/${id}/replay${query}`);
      expect(refused.body).toMatchObject({ status: 409, code: 'TOO_OLD' });
      expect(refused.body.detail).toContain('14 days');
    }
    expect((await call('GET', `/${id}`)).body).toMatchObject({ replayable: false });
    expect([await waiting(`${QUEUE}.dlq`), await waiting(QUEUE)]).toEqual([1, 0]);
  });

  test('of an event that is dead in two queues wants to know which', async () => {
    const message = orderCreated();
    const id = await die(message);
    await die(message, { queue: 'webhooks_queue' });
    for (const [method, path] of [
      ['GET', `/${id}`],
      ['POST', `/${id}/replay`],
      ['DELETE', `/${id}`],
    ] as const) {
      const asked = await call(method, path);
      expect(asked.body).toMatchObject({ status: 409, code: 'SEVERAL_QUEUES' });
      expect(asked.body.detail).toMatch(/products_queue.*webhooks_queue/);
    }
    expect((await call('POST', `/${id}/replay?queue=webhooks_queue`)).body).toMatchObject({
      queue: 'webhooks_queue',
    });
    expect([await waiting(QUEUE), await waiting('webhooks_queue')]).toEqual([0, 1]);
    expect((await call('GET', `/${id}`)).body).toMatchObject({ queue: QUEUE });
  });

  test('takes no body and no unknown query', async () => {
    const id = await die();
    expect((await call('POST', `/${id}/replay`, { body: { force: true } })).status).toBe(400);
    expect((await call('POST', `/${id}/replay?force=true`)).status).toBe(400);
    expect((await call('POST', `/${id}/replay?dryRun=yes`)).status).toBe(400);
    expect(await waiting(QUEUE)).toBe(0);
  });
});

describe('a letter that is thrown away', () => {
  test('is gone, and the log says what it was and who did it', async () => {
    const id = await die();
    const kept = await die();
    expect([(await call('DELETE', `/${id}`)).status, (await call('DELETE', `/${id}`)).status]).toEqual([
      204, 404,
    ]);
    expect((await call('GET')).body.items).toMatchObject([{ messageId: kept }]);
    expect(await waiting(QUEUE)).toBe(0);
    const [line, ...others] = gateway.log.filter(({ msg }) => msg === 'dead letter discarded');
    expect(others).toEqual([]);
    expect(line).toMatchObject({
      level: 40,
      messageId: id,
      type: 'order.created',
      cause: 'Error: broken',
      correlationId: 'order-77',
      by: staffId,
    });
    expect(JSON.stringify(line)).not.toContain(OrderCreated.example.customerId);
  });
});

test('without a broker nothing can be seen: 503, and when to come back', async () => {
  const alone = await GatewayUnderTest.start();
  try {
    const token = alone.token('staff');
    for (const [method, path] of [
      ['GET', ''],
      ['GET', `/${newId()}`],
      ['POST', `/${newId()}/replay`],
      ['DELETE', `/${newId()}`],
    ] as const) {
      const away = await alone.call(method, `/api/v1/dead-letters${path}`, { token });
      expect(away.body).toMatchObject({ status: 503, code: 'BROKER_UNAVAILABLE' });
      expect(away.headers.get('retry-after')).toMatch(/^\d+$/);
    }
  } finally {
    await alone.close();
  }
});
