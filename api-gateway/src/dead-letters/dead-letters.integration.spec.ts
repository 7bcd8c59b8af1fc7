import {
  accept,
  type DeadLetter,
  type DeadLetterOutcome,
  deadLetterRequestsTo,
  newId,
  OrderCreated,
} from '@comanda/contracts';
import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { GatewayUnderTest } from '../../test/gateway-under-test.js';
import { useServicesAndGateway } from '../../test/services-and-gateway.js';

const SERVICES = {
  products_queue: 'products-service',
  orders_queue: 'orders-service',
  payments_queue: 'payments-service',
  webhooks_queue: 'webhook-publisher',
} as const;
type Queue = keyof typeof SERVICES;
const QUEUES = Object.keys(SERVICES) as Queue[];
const QUEUE = 'products_queue';
const staffId = newId();
const minute = (at: number) => new Date(Date.UTC(2026, 0, 1, 0, at)).toISOString();

const platform = useServicesAndGateway();
let staff: string;
/** What each service keeps; it answers as listLetters and the handlers of packages/operations do. */
let kept: DeadLetter[];
beforeAll(() => {
  staff = platform.gateway.token('staff', staffId);
});
beforeEach(() => {
  kept = [];
  platform.gateway.log.length = 0;
  for (const queue of QUEUES) answerFor(queue);
});

function answerFor(queue: Queue): void {
  const { list, replay, discard } = deadLetterRequestsTo(SERVICES[queue]);
  const of = (tenantId: string) =>
    kept.filter((deadLetter) => deadLetter.queue === queue && deadLetter.tenantId === tenantId);
  platform.services.answer(list.type, ({ tenantid, data }) => {
    const { messageId, type, after, limit } = list.data.parse(data);
    const items = of(tenantid)
      .filter((deadLetter) => messageId === undefined || deadLetter.messageId === messageId)
      .filter((deadLetter) => type === undefined || deadLetter.type === type)
      .filter((deadLetter) => after === undefined || key(deadLetter) < `${after.diedAt} ${after.messageId}`)
      .sort((one, other) => (key(one) < key(other) ? 1 : -1));
    return accept({ items: items.slice(0, limit) });
  });
  for (const command of [replay, discard])
    platform.services.answer(command.type, ({ tenantid, data }) => {
      const { messageIds, dryRun } = command.data.parse(data);
      const items = messageIds.map((messageId): DeadLetterOutcome => {
        const deadLetter = of(tenantid).find((one) => one.messageId === messageId);
        if (!deadLetter) return { kind: 'none', messageId };
        const blocker = { code: 'TOO_OLD', detail: deadLetter.obstacle ?? '' } as const;
        if (command === replay && !deadLetter.replayable) return { kind: 'refused', deadLetter, blocker };
        if (!dryRun) kept = kept.filter((one) => one !== deadLetter);
        const preview = { fits: true, detail: 'fits order.created/v1' };
        return command === replay
          ? { kind: 'replayed', deadLetter, preview }
          : { kind: 'discarded', deadLetter };
      });
      return accept({ items });
    });
}

const key = ({ diedAt = '', messageId }: DeadLetter) => `${diedAt} ${messageId}`;

function die(overrides: Partial<DeadLetter> = {}): DeadLetter {
  const queue = (overrides.queue ?? QUEUE) as Queue;
  const deadLetter: DeadLetter = {
    messageId: newId(),
    queue,
    type: 'order.created',
    service: SERVICES[queue],
    handler: 'reserve stock when order created',
    cause: 'Error: broken',
    stack: 'Error: broken\n    at reserve (reserve.ts:1:1)',
    attempts: [{ at: minute(1), error: 'Error: broken' }],
    diedAt: minute(1),
    correlationId: 'order-77',
    tenantId: 'default',
    source: 'orders-service',
    size: 700,
    replayable: true,
    copies: 1,
    body: { data: OrderCreated.example },
    ...overrides,
  };
  kept.push(deadLetter);
  return deadLetter;
}

const call = (method: string, path = '', more: Parameters<GatewayUnderTest['call']>[2] = {}) =>
  platform.gateway.call(method, `/api/v1/dead-letters${path}`, { token: staff, ...more });
/** The commands that the services got. */
const commands = () =>
  platform.services.received.filter(({ type }) => /\.(replay|discard)DeadLetters$/.test(type));

describe('what failed', () => {
  test('is listed with why, where, when and for whom; and shown', async () => {
    const deadLetter = die();
    const listed = await call('GET');
    expect([listed.status, listed.body]).toEqual([200, { items: [deadLetter], nextCursor: null }]);
    expect((await call('GET', `/${deadLetter.messageId}`)).body).toEqual(deadLetter);
    expect(commands()).toEqual([]);
  });

  test('is one list of all services, in pages, newest first, or of a queue or a type', async () => {
    const deadLetters: DeadLetter[] = [];
    for (let at = 0; at < 12; at++)
      // Four at a time die in the same moment, in different queues.
      deadLetters.push(die({ diedAt: minute(Math.floor(at / 4)), queue: QUEUES[at % 4] ?? QUEUE }));
    const seen: DeadLetter[] = [];
    let pages = 0;
    for (let cursor = ''; ; ) {
      const { body } = await call('GET', `?limit=5${cursor}`);
      pages++;
      seen.push(...body.items);
      if (body.nextCursor === null) break;
      cursor = `&cursor=${body.nextCursor}`;
    }
    expect(pages).toBe(3);
    expect(seen).toHaveLength(12);
    expect(new Set(seen.map(({ messageId }) => messageId))).toEqual(
      new Set(deadLetters.map(({ messageId }) => messageId)),
    );
    expect(seen.map(({ diedAt }) => diedAt)).toEqual(
      seen
        .map(({ diedAt }) => diedAt)
        .toSorted()
        .reverse(),
    );
    expect((await call('GET', '?queue=orders_queue')).body.items).toHaveLength(3);
    die({ type: 'order.confirmed' });
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
    const { messageId: id } = die();
    const { messageId: north } = die({ tenantId: 'north' });
    const customer = platform.gateway.token('customer');
    const elsewhere = platform.gateway.jwt.sign(
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
    expect(commands()).toEqual([]);
    for (const { data } of platform.services.received) expect(data).toMatchObject({ everyTenant: false });
  });
});

describe('a dead letter that does not say whose it is', () => {
  test('is shown to an operator, of whatever tenant, and to no staff; the operator replays and discards it', async () => {
    const { messageId: own } = die({ diedAt: minute(1) });
    const { messageId: anybodys } = die({ diedAt: minute(2), tenantId: 'no-tenant' });
    const { messageId: other } = die({ diedAt: minute(3), tenantId: 'no-tenant', queue: 'orders_queue' });
    const { messageId: north } = die({ diedAt: minute(4), tenantId: 'north' });
    const ids = async (token: string, query = '') =>
      (await call('GET', query, { token })).body.items.map(({ messageId }: DeadLetter) => messageId);
    const operator = platform.gateway.token('operator');
    const ofNorth = platform.gateway.token('operator', { tenantId: 'north' });

    expect(await ids(staff)).toEqual([own]);
    expect(await ids(operator)).toEqual([other, anybodys, own]);
    expect(await ids(operator, '?limit=2')).toEqual([other, anybodys]);
    expect(await ids(ofNorth)).toEqual([north, other, anybodys]);
    for (const [method, path] of [
      ['GET', `/${anybodys}`],
      ['POST', `/${anybodys}/replay`],
      ['DELETE', `/${anybodys}`],
    ] as const)
      expect((await call(method, path)).status).toBe(404);
    expect(commands()).toEqual([]);

    expect((await call('GET', `/${anybodys}`, { token: operator })).body.messageId).toBe(anybodys);
    expect((await call('POST', `/${anybodys}/replay`, { token: operator })).status).toBe(200);
    expect((await call('DELETE', `/${other}`, { token: ofNorth })).status).toBe(204);
    expect(commands()).toMatchObject([
      { type: 'products.replayDeadLetters', tenantid: 'no-tenant', data: { messageIds: [anybodys] } },
      { type: 'orders.discardDeadLetters', tenantid: 'no-tenant', data: { messageIds: [other] } },
    ]);
    expect(await ids(operator)).toEqual([own]);
  });
});

describe('a replay', () => {
  test('says what it would do, does it, and then there is nothing left to do', async () => {
    const { messageId: id } = die();
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
    expect(platform.gateway.log.filter(({ msg }) => msg === 'dead letter put back')).toEqual([]);

    const done = await call('POST', `/${id}/replay`);
    expect([done.status, done.body]).toEqual([
      200,
      { ...dry.body, dryRun: false, detail: expect.stringContaining('Put back into') },
    ]);
    expect((await call('POST', `/${id}/replay`)).body).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expect(commands()).toMatchObject([
      {
        type: 'products.replayDeadLetters',
        data: { messageIds: [id], by: staffId, dryRun: true, force: false },
      },
      {
        type: 'products.replayDeadLetters',
        data: { messageIds: [id], by: staffId, dryRun: false, force: false },
      },
    ]);
    expect(platform.gateway.log.filter(({ msg }) => msg === 'dead letter put back')).toMatchObject([
      { messageId: id, queue: QUEUE, by: staffId },
    ]);
  });

  test('with an Idempotency-Key is done once and answered alike; a dry run is another request', async () => {
    const { messageId: id } = die();
    const headers = { 'idempotency-key': newId() };
    const first = await call('POST', `/${id}/replay`, { headers });
    const again = await call('POST', `/${id}/replay`, { headers });
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect((await call('POST', `/${id}/replay?dryRun=true`, { headers })).status).toBe(422);
    expect(commands()).toHaveLength(1);
  });

  test('of what died too long ago is refused, as is its dry run', async () => {
    const { messageId: id } = die({ replayable: false, obstacle: 'It died more than 14 days ago.' });
    for (const query of ['', '?dryRun=true']) {
      const refused = await call('POST', `/${id}/replay${query}`);
      expect(refused.body).toMatchObject({ status: 409, code: 'TOO_OLD' });
      expect(refused.body.detail).toContain('14 days');
    }
    expect((await call('GET', `/${id}`)).body).toMatchObject({ replayable: false });
  });

  test('of an event that is dead in two queues wants to know which', async () => {
    const { messageId: id } = die();
    die({ messageId: id, queue: 'webhooks_queue' });
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
    expect(commands().map(({ type }) => type)).toEqual(['webhooks.replayDeadLetters']);
    expect((await call('GET', `/${id}`)).body).toMatchObject({ queue: QUEUE });
  });

  test('takes no body and no unknown query', async () => {
    const { messageId: id } = die();
    expect((await call('POST', `/${id}/replay`, { body: { force: true } })).status).toBe(400);
    expect((await call('POST', `/${id}/replay?force=true`)).status).toBe(400);
    expect((await call('POST', `/${id}/replay?dryRun=yes`)).status).toBe(400);
    expect(commands()).toEqual([]);
  });
});

describe('a dead letter that is thrown away', () => {
  test('is gone, and the log says what it was and who did it', async () => {
    const { messageId: id } = die();
    const { messageId: other } = die();
    expect([(await call('DELETE', `/${id}`)).status, (await call('DELETE', `/${id}`)).status]).toEqual([
      204, 404,
    ]);
    expect((await call('GET')).body.items).toMatchObject([{ messageId: other }]);
    const [line, ...others] = platform.gateway.log.filter(({ msg }) => msg === 'dead letter discarded');
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

describe('while a service is away', () => {
  test('there is no list that would look complete: the problem names it, and the others can be asked', async () => {
    const { messageId: id } = die({ queue: 'orders_queue' });
    await platform.services.goAway('payments-service');
    try {
      const all = await call('GET');
      expect(all.body).toMatchObject({ status: 503, code: 'SERVICE_UNAVAILABLE' });
      expect(all.body.detail).toMatch(/^payments-service does not answer.*\?queue=/);
      expect(all.headers.get('retry-after')).toMatch(/^\d+$/);
      expect((await call('GET', `/${id}`)).status).toBe(503);
      expect((await call('GET', '?queue=orders_queue')).body.items).toMatchObject([{ messageId: id }]);
      expect((await call('POST', `/${id}/replay?queue=orders_queue`)).status).toBe(200);
      expect((await call('GET', '?queue=payments_queue')).body).toMatchObject({
        code: 'SERVICE_UNAVAILABLE',
      });
    } finally {
      await platform.services.comeBack('payments-service');
    }
    expect((await call('GET')).status).toBe(200);
  });

  test('as is the broker, nothing can be seen: 503, and when to come back', async () => {
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
});
