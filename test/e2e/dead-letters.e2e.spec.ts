import { CancelOrder, CreateOrder, dataSchemaOf, newId } from '@comanda/contracts';
import { anEnvelope } from '@comanda/test-kit';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { CUSTOMER, orderOf, PRODUCTS, STAFF } from '../support/api.js';
import { checkBooks } from '../support/books.js';
import { commandOf } from '../support/command.js';
import { countDeadLetters } from '../support/queues.js';
import { until } from '../support/until.js';
import { useInstallation } from '../support/use-installation.js';

const DeadLetterView = z.object({
  messageId: z.string(),
  queue: z.string(),
  type: z.string(),
  service: z.string(),
  handler: z.string(),
  cause: z.string(),
  stack: z.string(),
  attempts: z.array(
    z.object({ at: z.string(), error: z.string().optional(), replayedBy: z.string().optional() }),
  ),
  correlationId: z.string(),
  body: z.unknown(),
});
const DeadLetterPage = z.object({ items: z.array(DeadLetterView) });

describe('dead letters', () => {
  const comanda = useInstallation({ tapped: true });
  const { accepted, wire } = comanda;
  const byHand: string[] = [];

  const deadLetters = async (query = '') =>
    DeadLetterPage.parse((await comanda.staff.get(`/dead-letters${query}`)).body).items;
  const dead = () => countDeadLetters(comanda);
  const untilDead = (expected: Record<string, number>) =>
    until(
      `the dead letters are ${JSON.stringify(expected)}`,
      async () => JSON.stringify(await dead()) === JSON.stringify(expected),
    );
  const replay = (id: string, query = '') => comanda.staff.post(`/dead-letters/${id}/replay${query}`);

  it('among good orders say all that is needed to mend them, and come back when they are still broken', async () => {
    const orderCreated = { type: 'order.created', dataschema: dataSchemaOf('order.created', 1) };
    const command = anEnvelope(CreateOrder, {
      subject: newId(),
      correlationid: 'dead-orders.create',
      data: { orderId: newId(), customerId: CUSTOMER.accountId, items: [] },
    });
    const event = anEnvelope(orderCreated, { subject: newId(), data: { orderId: newId(), items: 'none' } });
    await comanda.place(orderOf(PRODUCTS.espresso));
    wire.send(command);
    await comanda.place(orderOf(PRODUCTS.espresso));
    wire.send(event);
    await comanda.place(orderOf(PRODUCTS.espresso));
    await untilDead({ 'products_queue.dlq': 1, 'orders_queue.dlq': 1, 'webhooks_queue.dlq': 1 });
    for (const orderId of accepted)
      expect(await comanda.customer.ended(orderId)).toMatchObject({ status: 'CONFIRMED' });

    const [first, ...others] = await deadLetters('?queue=orders_queue');
    expect(others).toEqual([]);
    expect(first).toEqual({
      messageId: command.id,
      queue: 'orders_queue',
      type: 'orders.create',
      service: 'orders-service',
      handler: expect.stringMatching(/\w+ \w+/),
      cause: expect.stringMatching(/^Unprocessable: data does not fit .*orders\.create\/v1: items/),
      stack: expect.stringContaining('    at '),
      attempts: [{ at: expect.stringMatching(/Z$/), error: expect.stringContaining('items') }],
      correlationId: 'dead-orders.create',
      body: command,
    });
    expect((await deadLetters()).map(({ messageId }) => messageId).sort()).toEqual(
      [command.id, event.id, event.id].sort(),
    );

    // A dry run changes nothing, and publishes nothing but the command itself.
    const heard = () =>
      wire.seen.filter(({ routingKey }) => !routingKey.endsWith('.replayDeadLetters')).length;
    const before = [await dead(), await deadLetters(), heard()];
    expect((await replay(event.id, '?dryRun=true')).body).toMatchObject({
      status: 409,
      code: 'SEVERAL_QUEUES',
    });
    const dry = await replay(event.id, '?queue=products_queue&dryRun=true');
    expect(dry.body).toMatchObject({
      queue: 'products_queue',
      service: 'products-service',
      dryRun: true,
      fits: false,
      detail: expect.stringContaining('still does not fit: data does not fit'),
    });
    expect([await dead(), await deadLetters(), heard()]).toEqual(before);

    // What is still broken comes back with its history grown, only to the consumer that failed.
    for (let times = 1; times <= 2; times++) {
      expect((await replay(event.id, '?queue=products_queue')).status).toBe(200);
      let failures: Array<string | undefined> = [];
      await until('it is dead again', async () => {
        const [deadLetter] = await deadLetters('?queue=products_queue');
        failures =
          deadLetter?.attempts.map(({ error, replayedBy }) => replayedBy ?? error?.split(':')[0]) ?? [];
        return failures.length === 1 + 2 * times;
      });
      const again = Array.from({ length: times }, () => [STAFF.accountId, 'Unprocessable']).flat();
      expect(failures).toEqual(['Unprocessable', ...again]);
    }
    expect((await deadLetters('?queue=webhooks_queue'))[0]?.attempts).toHaveLength(1);
    const events = wire.seen.filter(({ routingKey }) => routingKey === event.type);
    expect(events.filter(({ body }) => body.includes(event.id))).toHaveLength(1);
    await untilDead({ 'products_queue.dlq': 1, 'orders_queue.dlq': 1, 'webhooks_queue.dlq': 1 });
  }, 240_000);

  it('whose cause was mended take effect once, also when they are put back twice', async () => {
    const orderId = newId();
    byHand.push(orderId);
    const viewer = { accountId: STAFF.accountId, role: 'staff' };
    const cancel = anEnvelope(CancelOrder, {
      subject: orderId,
      data: { orderId, reason: 'ordered by mistake', viewer },
    });
    // It has used its retry schedule already: this try is the last one.
    const tries = Array.from({ length: 4 }, () => ({ at: new Date().toISOString(), error: 'NotYet: x' }));
    const headers = { 'x-comanda-attempts': JSON.stringify(tries) };
    wire.send(cancel, headers);
    await untilDead({ 'products_queue.dlq': 1, 'orders_queue.dlq': 2, 'webhooks_queue.dlq': 1 });

    const line = { productId: PRODUCTS.espresso, quantity: 2 };
    const create = { orderId, customerId: CUSTOMER.accountId, items: [line], paymentMethod: 'sim_approved' };
    wire.send(anEnvelope(CreateOrder, { subject: orderId, data: create }));
    await until(
      'the order is confirmed',
      async () =>
        comanda.rows<{ status: string }>('orders', 'SELECT status FROM orders WHERE order_id = ?', orderId)[0]
          ?.status === 'CONFIRMED',
    );
    expect((await replay(cancel.id)).body).toMatchObject({
      fits: true,
      queue: 'orders_queue',
      dryRun: false,
    });
    expect((await replay(cancel.id)).status).toBe(404);
    // The second copy that a crash between the broker's confirm and our ack would leave.
    wire.send(cancel, headers);
    await comanda.customer.orderThat(orderId, 'is cancelled', ({ status, refundedAmount }) => {
      return status === 'CANCELLED' && refundedAmount === 360;
    });
    await comanda.place(orderOf(PRODUCTS.espresso));
    await comanda.customer.ended(accepted.at(-1) ?? ''); // it stood behind the copy in the same queue
    const steps = await comanda.customer.timeline(orderId);
    expect(steps.filter(({ type }) => type === 'orders.cancel')).toHaveLength(1);
    expect(wire.about(orderId).filter(({ routingKey }) => routingKey === 'order.cancelled')).toHaveLength(1);
    expect(wire.about(orderId).filter(({ routingKey }) => routingKey === 'payment.refunded')).toHaveLength(1);
  }, 240_000);

  it('are listed, replayed and discarded from the command line as well', async () => {
    const run = commandOf(comanda, 'dead-letters');
    const listed = await run('list', '--json');
    const shown = listed.out
      .trim()
      .split('\n')
      .map((line) => DeadLetterView.parse(JSON.parse(line)));
    expect(shown.map(({ queue }) => queue).sort()).toEqual([
      'orders_queue',
      'products_queue',
      'webhooks_queue',
    ]);
    const [command] = shown.filter(({ queue }) => queue === 'orders_queue');
    if (!command) throw new Error('unreachable: it is listed');
    expect((await run('list', '--queue', 'orders_queue')).out).toMatch(
      new RegExp(
        `^\\S+Z  orders_queue  orders.create  ${command.messageId}  failed 1x  Unprocessable: .*\n$`,
      ),
    );
    expect(JSON.parse((await run('show', command.messageId)).out)).toMatchObject(command);

    const dry = await run('replay', '--all', '--dry-run');
    expect([dry.code, dry.out]).toEqual([0, expect.stringMatching(/3 would be put back, 0 refused\n$/)]);
    const one = await run('replay', command.messageId);
    expect([one.code, one.out]).toEqual([0, expect.stringContaining('put back into orders_queue')]);
    await untilDead({ 'products_queue.dlq': 1, 'orders_queue.dlq': 1, 'webhooks_queue.dlq': 1 });

    const several = await run(
      'discard',
      shown.find(({ queue }) => queue === 'webhooks_queue')?.messageId ?? '',
    );
    expect([several.code, several.err]).toEqual([1, expect.stringContaining('dead in several queues')]);
    expect((await run('replay', newId())).code).toBe(1);
    const wrong = await run('discard');
    expect([wrong.code, wrong.err]).toEqual([
      2,
      expect.stringMatching(/^error: discard needs an id, or --all\n/),
    ]);
    expect((await run('discard', '--all', '--dry-run')).out).toContain('3 would be discarded');
    expect(Object.values(await dead())).toEqual([1, 1, 1]);

    const discarded = await run('discard', '--all');
    expect([discarded.code, discarded.out]).toEqual([0, expect.stringMatching(/3 discarded, 0 refused\n$/)]);
    expect(
      discarded.err
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).messageId),
    ).toHaveLength(3);
    expect(await dead()).toEqual({});
    await checkBooks(comanda, { perhaps: byHand });
  }, 240_000);
});
