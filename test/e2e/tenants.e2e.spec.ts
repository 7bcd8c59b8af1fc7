import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { audit, databasesIn, violationLine } from '@comanda/auditor';
import {
  AdjustStock,
  CancelOrder,
  CancelReplay,
  CheckTarget,
  COMMANDS,
  CONSUMING_SERVICES,
  CreateOrder,
  CreateProduct,
  CreateSubscription,
  contactOf,
  DEAD_LETTER_REQUESTS,
  DeleteSubscription,
  EraseContact,
  FulfilOrder,
  GetContactKey,
  GetDelivery,
  GetDeliveryProof,
  GetOrder,
  GetOrderBodyHash,
  GetOrderTimeline,
  GetProduct,
  GetProducts,
  GetReplay,
  GetSubscription,
  GetSubscriptionStats,
  ImportProducts,
  ListAttemptsOfOrder,
  ListDeliveries,
  ListMovements,
  ListNotifications,
  ListOrders,
  ListOutdatedDeadLetters,
  ListOutdatedSecrets,
  ListPaymentsByOrder,
  ListProducts,
  ListProofKeys,
  ListRefundRequests,
  ListRefundsByOrder,
  ListReplays,
  ListSubscriptions,
  ListTenants,
  MendPriceList,
  newId,
  PaymentProviderCalled,
  QUERIES,
  ReadCatalogue,
  RefundOrder,
  RememberContact,
  ResealSecrets,
  RetryDelivery,
  RotateSecret,
  StartReplay,
  secretOf,
  TakeTextReport,
  TestSubscription,
  UpdateProduct,
  UpdateSubscription,
} from '@comanda/contracts';
import { OpeningKey, sealFor } from '@comanda/kit';
import { anEnvelope, RawBroker, TokenSigner } from '@comanda/test-kit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Api, orderOf } from '../support/api.js';
import { Asker } from '../support/asker.js';
import { BooksWrong } from '../support/books.js';
import { until } from '../support/until.js';
import { useInstallation } from '../support/use-installation.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

/** Two shops that have everything in common but the tenant. */
const TENANTS = ['north', 'south'] as const;
type Tenant = (typeof TENANTS)[number];
const PRICES = { north: 100, south: 250 };
const STOCK = { north: 5, south: 7 };
/** Asks for what the others have, and has nothing. */
const STRANGER = 'nobody';

const SCOPES = 'orders:read orders:write products:read products:write webhooks:manage dead-letters:manage';
const JWT_SECRET = 'two-tenants-sign-with-one-secret-0123456789abcdef';
const [productId, secondProductId, adjustmentId] = [newId(), newId(), newId()];
const [orderId, laterOrderId, customerId, requestId] = [newId(), newId(), newId(), newId()];
const [subscriptionId, secondSubscriptionId] = [newId(), newId()];
const [replayId, rotationId, testDeliveryId] = [newId(), newId(), newId()];
/** A message of both tenants that no service can handle. */
const deadMessageId = newId();
/** What follows from a command, and which step of which order is the last of it. */
const EVENTUALLY: Record<string, [string, string]> = {
  [CreateOrder.type]: [laterOrderId, 'product.stockCommitted'],
  [RefundOrder.type]: [laterOrderId, 'payment.refunded'],
  [FulfilOrder.type]: [laterOrderId, 'order.fulfilled'],
  [CancelOrder.type]: [orderId, 'payment.refunded'],
};
const staff = { accountId: customerId, role: 'staff' } as const;
/** What a delivery proof says, but for the time at which it was asked for. */
function statementIn(proof: string) {
  const [, payload = ''] = proof.split('.');
  const { issuedAt: _, ...statement } = JSON.parse(Buffer.from(payload, 'base64url').toString());
  return statement;
}
const page = { limit: 100 };
/** No hour ends while it is looked at. */
const [HOUR_MS, NOW] = [3_600_000, Date.now()];
const range = {
  since: new Date(NOW - HOUR_MS).toISOString(),
  until: new Date(NOW + 2 * HOUR_MS).toISOString(),
};

describe.each([
  ['SQLite', false],
  ['PostgreSQL', true],
])('two tenants with the same ids, SKUs, customers and keys on %s', (_, onPostgres) => {
  let asker: Asker;
  const receivers = new Map<Tenant, WebhookReceiver>();
  afterAll(async () => {
    await asker?.close();
    await Promise.all([...receivers.values()].map((receiver) => receiver.stop()));
  });
  const comanda = useInstallation({ env: { JWT_SECRET }, onPostgres });
  const deliveryIds = new Map<Tenant, string>();

  /** Every question that can be asked, with the same words for each tenant. */
  const questions = {
    [GetOrder.type]: (tenant: string) => asker.ask(tenant, GetOrder, { orderId, viewer: staff }),
    [GetOrderBodyHash.type]: (tenant: string) =>
      asker.ask(tenant, GetOrderBodyHash, { orderId, viewer: staff }),
    [ListOrders.type]: (tenant: string) => asker.ask(tenant, ListOrders, { viewer: staff, ...page }),
    [GetOrderTimeline.type]: (tenant: string) =>
      asker.ask(tenant, GetOrderTimeline, { orderId, viewer: staff }),
    [ListPaymentsByOrder.type]: (tenant: string) => asker.ask(tenant, ListPaymentsByOrder, { orderId }),
    [ListRefundsByOrder.type]: (tenant: string) => asker.ask(tenant, ListRefundsByOrder, { orderId }),
    [ListRefundRequests.type]: (tenant: string) =>
      asker.ask(tenant, ListRefundRequests, { orderId, viewer: staff }),
    [GetProduct.type]: (tenant: string) => asker.ask(tenant, GetProduct, { productId }),
    [GetProducts.type]: (tenant: string) => asker.ask(tenant, GetProducts, { productIds: [productId] }),
    [ListProducts.type]: (tenant: string) => asker.ask(tenant, ListProducts, { q: 'same', ...page }),
    [GetSubscription.type]: (tenant: string) => asker.ask(tenant, GetSubscription, { subscriptionId }),
    [ListSubscriptions.type]: (tenant: string) => asker.ask(tenant, ListSubscriptions, { ...page }),
    [GetSubscriptionStats.type]: (tenant: string) =>
      asker.ask(tenant, GetSubscriptionStats, { subscriptionId, ...range }),
    [ListReplays.type]: (tenant: string) => asker.ask(tenant, ListReplays, { subscriptionId, ...page }),
    [GetReplay.type]: (tenant: string) => asker.ask(tenant, GetReplay, { subscriptionId, replayId }),
    [ListDeliveries.type]: (tenant: string) => asker.ask(tenant, ListDeliveries, { subscriptionId, ...page }),
    [GetDelivery.type]: (tenant: string, of: Tenant = 'north') =>
      asker.ask(tenant, GetDelivery, { deliveryId: deliveryIds.get(of) ?? newId() }),
    [GetDeliveryProof.type]: async (tenant: string) => {
      const answer = await asker.ask(tenant, GetDeliveryProof, { orderId });
      return answer.ok ? { ...answer, result: { statement: statementIn(answer.result.proof) } } : answer;
    },
    [ListProofKeys.type]: (tenant: string) => asker.ask(tenant, ListProofKeys, {}),
    [ListNotifications.type]: (tenant: string) =>
      asker.ask(tenant, ListNotifications, { orderId, viewer: staff }),
    [ListAttemptsOfOrder.type]: (tenant: string) =>
      asker.ask(tenant, ListAttemptsOfOrder, { orderId, withDeliveries: true }),
    [GetContactKey.type]: (tenant: string) => asker.ask(tenant, GetContactKey, {}),
    [ListMovements.type]: (tenant: string) => asker.ask(tenant, ListMovements, { productId, ...page }),
    [ReadCatalogue.type]: (tenant: string) => asker.ask(tenant, ReadCatalogue, { limit: 1_000 }),
    [ListTenants.type]: (tenant: string) => asker.ask(tenant, ListTenants, {}),
    [ListOutdatedSecrets.type]: (tenant: string) =>
      asker.ask(tenant, ListOutdatedSecrets, { kind: 'subscription', ...page }),
    [ListOutdatedDeadLetters.type]: (tenant: string) => asker.ask(tenant, ListOutdatedDeadLetters, page),
    [CheckTarget.type]: (tenant: string) =>
      asker.ask(tenant, CheckTarget, { channel: 'webhook', target: 'http://127.0.0.1:1/hooks' }),
    ...Object.fromEntries(
      DEAD_LETTER_REQUESTS.map(({ list }) => [
        list.type,
        (tenant: string) =>
          asker.ask(tenant, list, { order: 'newest-first', everyTenant: false, limit: 100 }),
      ]),
    ),
  };

  /** One looks at an address, two name keys; the others are for those who run the installation, and show names and ids, no rows. */
  const WITHOUT_ROWS: readonly string[] = [
    CheckTarget.type,
    GetContactKey.type,
    ListTenants.type,
    ListOutdatedSecrets.type,
    ListOutdatedDeadLetters.type,
    ListProofKeys.type,
  ];

  /** All that a tenant can see. */
  async function view(tenant: Tenant) {
    const answers = await Promise.all(
      Object.entries(questions)
        .filter(([type]) => !WITHOUT_ROWS.includes(type))
        .map(async ([type, ask]) => [type, await ask(tenant, tenant)] as const),
    );
    return Object.fromEntries(answers);
  }

  /** Nothing of this order is under way: it came to this last step, and every event was delivered. */
  const settled = (tenant: Tenant, order = orderId, last = 'product.stockCommitted') =>
    until(`${last} of an order of ${tenant}, and that it was delivered`, async () => {
      const { items } = await asker.result(tenant, ListDeliveries, { subscriptionId, ...page });
      const steps = await asker.result(tenant, GetOrderTimeline, { orderId: order, viewer: staff });
      return (
        steps.items.some(({ type }) => type === last) &&
        items.some((item) => item.eventType === last && item.orderId === order) &&
        items.every(({ status }) => status === 'DELIVERED')
      );
    });

  /** Sends every service a message that it has no handler for; resolves when each has it among its dead letters. */
  async function sendWhatNobodyHandles(tenant: Tenant): Promise<void> {
    const broker = await RawBroker.open(comanda.brokerUrl);
    const unknown = { type: 'test.unknown', dataschema: 'test.unknown/v1' };
    const envelope = anEnvelope(unknown, { id: deadMessageId, tenantid: tenant, subject: 'a', data: {} });
    for (const { queues } of CONSUMING_SERVICES)
      await broker.send(queues.messages, Buffer.from(JSON.stringify(envelope)), { messageId: deadMessageId });
    await broker.close();
    for (const { list } of DEAD_LETTER_REQUESTS)
      await until(`${tenant} has a dead letter: ${list.type}`, async () => {
        const wanted = { order: 'newest-first', everyTenant: false, limit: 100 } as const;
        const { items } = await asker.result(tenant, list, wanted);
        return items.length === 1;
      });
  }

  /** A secret as the gateway brings it. */
  async function broughtTo(tenant: string, subscription: string, secret: string) {
    const { sealFor: key = '' } = await asker.result(tenant, CheckTarget, {
      channel: 'webhook',
      target: 'http://127.0.0.1:1/hooks',
    });
    return {
      sealedSecret: sealFor(key, secret, secretOf(tenant, subscription), randomBytes(32)),
      answerKey: new OpeningKey(randomBytes(32)).publicKey,
    };
  }

  /** A contact as the gateway brings it. */
  async function contactFor(tenant: string, order: string) {
    const { sealFor: key } = await asker.result(tenant, GetContactKey, {});
    const contact = JSON.stringify({ email: `${tenant}@example.com` });
    return { sealedContact: sealFor(key, contact, contactOf(tenant, order), randomBytes(32)) };
  }

  beforeAll(async () => {
    asker = await Asker.connect(comanda.brokerUrl);
    for (const tenant of TENANTS) await sendWhatNobodyHandles(tenant);
    for (const tenant of TENANTS) {
      const receiver = await WebhookReceiver.start();
      receivers.set(tenant, receiver);
      await asker.result(tenant, CreateSubscription, {
        subscriptionId,
        channel: 'webhook',
        target: receiver.url,
        eventTypes: ['*'],
        ...(await broughtTo(tenant, subscriptionId, receiver.secret)),
      });
      await asker.result(tenant, CreateProduct, {
        productId,
        sku: 'SAME',
        name: `The same, ${tenant}`,
        price: PRICES[tenant],
        currency: 'EUR',
        stock: STOCK[tenant],
        active: true,
        actor: 'staff',
      });
      await until(
        `the price list of ${tenant} knows its product`,
        async () =>
          (await comanda.look('orders', 'SELECT 1 FROM prices WHERE tenant_id = ?', tenant)).length === 1,
      );
    }
    await Promise.all(
      TENANTS.map(async (tenant) => {
        await asker.result(tenant, RememberContact, {
          orderId,
          ...(await contactFor(tenant, orderId)),
          locale: 'en',
        });
        await asker.result(tenant, CreateOrder, {
          orderId,
          customerId,
          items: [{ productId, quantity: 2 }],
          paymentMethod: 'sim_approved',
          hasContact: true,
        });
      }),
    );
    for (const tenant of TENANTS) {
      await settled(tenant);
      const { items } = await asker.result(tenant, ListDeliveries, { subscriptionId, ...page });
      deliveryIds.set(tenant, items[0]?.deliveryId ?? '');
    }
  });

  it('asks every question that there is', () => {
    expect(Object.keys(questions).sort()).toEqual(QUERIES.map(({ type }) => type).sort());
  });

  it.each(TENANTS)('see each their own order, money, stock and deliveries: %s', async (tenant) => {
    const total = 2 * PRICES[tenant];
    expect(await view(tenant)).toMatchObject({
      [GetOrder.type]: { ok: true, result: { orderId, status: 'CONFIRMED', totalAmount: total } },
      [GetOrderBodyHash.type]: { ok: true, result: { bodyHash: null } },
      [ListOrders.type]: { ok: true, result: { items: [{ orderId, totalAmount: total }], nextCursor: null } },
      [ListPaymentsByOrder.type]: { ok: true, result: { items: [{ status: 'COMPLETED', amount: total }] } },
      [ListRefundsByOrder.type]: { ok: true, result: { items: [] } },
      [ListRefundRequests.type]: { ok: true, result: { items: [] } },
      [GetProduct.type]: {
        ok: true,
        result: { name: `The same, ${tenant}`, price: PRICES[tenant], available: STOCK[tenant] - 2 },
      },
      [GetProducts.type]: { ok: true, result: { items: [{ productId, price: PRICES[tenant] }] } },
      [ListProducts.type]: { ok: true, result: { items: [{ productId, price: PRICES[tenant] }] } },
      [ListNotifications.type]: {
        ok: true,
        result: { items: [{ eventType: 'order.confirmed', target: `${tenant[0]}***@example.com` }] },
      },
      [ListMovements.type]: {
        ok: true,
        result: { items: [{ delta: -2, orderId }, { delta: STOCK[tenant] }], nextCursor: null },
      },
      [ReadCatalogue.type]: { ok: true, result: { items: [{ productId, price: PRICES[tenant] }] } },
      [GetSubscription.type]: { ok: true, result: { target: receivers.get(tenant)?.url } },
      [ListSubscriptions.type]: { ok: true, result: { items: [{ subscriptionId }], nextCursor: null } },
      [GetDelivery.type]: { ok: true, result: { deliveryId: deliveryIds.get(tenant) } },
      [GetDeliveryProof.type]: {
        ok: true,
        result: {
          statement: {
            tenantId: tenant,
            orderId,
            events: expect.arrayContaining([expect.objectContaining({ type: 'order.confirmed' })]),
          },
        },
      },
    });
    const seen = new Set(
      (receivers.get(tenant)?.attempts ?? []).map(({ event }) => `${event.tenantId} ${event.type}`),
    );
    expect([...seen].filter((one) => !one.startsWith(`${tenant} `))).toEqual([]);
    expect(seen).toContain(`${tenant} order.confirmed`);
    expect(receivers.get(tenant)?.forged).toEqual([]);
  });

  it('show nothing to a third one, who asks by the same ids', async () => {
    for (const [type, ask] of Object.entries(questions)) {
      if (WITHOUT_ROWS.includes(type)) continue;
      const answer = await ask(STRANGER);
      const shown = answer.ok ? answer.result : answer.refusal.status;
      expect({ type, shown }).toEqual({
        type,
        shown: answer.ok ? { items: [], ...('nextCursor' in answer.result && { nextCursor: null }) } : 404,
      });
    }
    expect(await questions[GetDelivery.type]('south', 'north')).toMatchObject({
      ok: false,
      refusal: { status: 404 },
    });
  });

  /** Every command that there is, with the same ids, and what comes of it for a tenant that has none of them. */
  const commands: Record<
    string,
    { ask(tenant: string): Promise<{ ok: boolean }>; stranger: 'refused' | 'done' | 'waits' }
  > = {
    [CreateOrder.type]: {
      // Taken, and rejected at once: the product is not on this tenant's list.
      stranger: 'done',
      ask: (tenant) =>
        asker.ask(tenant, CreateOrder, {
          orderId: laterOrderId,
          customerId,
          items: [{ productId, quantity: 1 }],
          paymentMethod: 'sim_approved',
          hasContact: true,
        }),
    },
    [AdjustStock.type]: {
      stranger: 'refused',
      ask: (tenant) =>
        asker.ask(tenant, AdjustStock, {
          adjustmentId,
          productId,
          delta: 3,
          reason: 'Found',
          actor: 'staff',
        }),
    },
    [UpdateProduct.type]: {
      stranger: 'refused',
      ask: (tenant) => asker.ask(tenant, UpdateProduct, { productId, price: 111, actor: 'staff' }),
    },
    [ImportProducts.type]: {
      stranger: 'done', // a product of its own, under the same SKU
      ask: (tenant) =>
        asker.ask(tenant, ImportProducts, {
          lines: [{ sku: 'SAME', name: 'The same, imported', price: 222, currency: 'EUR', stock: 9 }],
          dryRun: false,
          actor: 'staff',
        }),
    },
    [PaymentProviderCalled.type]: {
      stranger: 'done', // there is nothing to ask the provider about
      ask: (tenant) =>
        asker.ask(tenant, PaymentProviderCalled, {
          provider: 'simulated',
          orderId,
          paymentId: newId(),
          callId: 'call-1',
          type: 'charge.updated',
          about: 'charge',
        }),
    },
    [RefundOrder.type]: {
      stranger: 'waits',
      ask: (tenant) =>
        asker.ask(tenant, RefundOrder, {
          orderId: laterOrderId,
          requestId,
          amount: 10,
          reason: 'Cold',
          viewer: staff,
        }),
    },
    [FulfilOrder.type]: {
      stranger: 'waits',
      ask: (tenant) => asker.ask(tenant, FulfilOrder, { orderId: laterOrderId, viewer: staff }),
    },
    [CancelOrder.type]: {
      stranger: 'waits', // for an order that may have been placed and not arrived; the gateway refuses it with 404
      ask: (tenant) => asker.ask(tenant, CancelOrder, { orderId, reason: 'Changed my mind', viewer: staff }),
    },
    [RetryDelivery.type]: {
      stranger: 'refused',
      ask: (tenant) => asker.ask(tenant, RetryDelivery, { deliveryId: deliveryIds.get('north') ?? '' }),
    },
    [StartReplay.type]: {
      stranger: 'refused',
      ask: (tenant) =>
        asker.ask(tenant, StartReplay, {
          ...{ subscriptionId, replayId, since: '2026-01-01T00:00:00.000Z', onlyFailed: false },
          until: '2026-01-02T00:00:00.000Z',
        }),
    },
    [CancelReplay.type]: {
      stranger: 'refused',
      ask: (tenant) => asker.ask(tenant, CancelReplay, { subscriptionId, replayId }),
    },
    [CreateProduct.type]: {
      stranger: 'done',
      ask: (tenant) =>
        asker.ask(tenant, CreateProduct, {
          productId: secondProductId,
          sku: 'SAME-TOO',
          name: 'The same, too',
          price: 1,
          currency: 'EUR',
          stock: 1,
          active: true,
          actor: 'staff',
        }),
    },
    [MendPriceList.type]: {
      stranger: 'done', // of its own product, which it has just made
      ask: (tenant) =>
        asker.ask(tenant, MendPriceList, {
          products: [
            {
              productId: secondProductId,
              ...{ sku: null, name: null, price: 1, currency: 'EUR' },
              active: true,
              version: 1,
            },
          ],
          dryRun: false,
        }),
    },
    [CreateSubscription.type]: {
      stranger: 'done',
      ask: async (tenant) =>
        asker.ask(tenant, CreateSubscription, {
          subscriptionId: secondSubscriptionId,
          channel: 'webhook',
          target: receivers.get('north')?.url ?? '',
          eventTypes: ['order.confirmed'],
          ...(await broughtTo(tenant, secondSubscriptionId, receivers.get('north')?.secret ?? '')),
        }),
    },
    [ResealSecrets.type]: {
      stranger: 'done', // of its own subscriptions, of which this is none
      ask: (tenant) => asker.ask(tenant, ResealSecrets, { kind: 'subscription', ids: [subscriptionId] }),
    },
    [UpdateSubscription.type]: {
      stranger: 'refused',
      ask: (tenant) =>
        asker.ask(tenant, UpdateSubscription, { subscriptionId, description: 'Changed', enabled: true }),
    },
    [RotateSecret.type]: {
      stranger: 'refused',
      ask: (tenant) =>
        asker.ask(tenant, RotateSecret, {
          subscriptionId,
          rotationId,
          answerKey: new OpeningKey(randomBytes(32)).publicKey,
        }),
    },
    [TestSubscription.type]: {
      stranger: 'refused',
      ask: (tenant) => asker.ask(tenant, TestSubscription, { subscriptionId, deliveryId: testDeliveryId }),
    },
    [RememberContact.type]: {
      stranger: 'done', // for an order of its own, which may not have arrived
      ask: async (tenant) =>
        asker.ask(tenant, RememberContact, {
          orderId: laterOrderId,
          ...(await contactFor(tenant, laterOrderId)),
          locale: 'es',
        }),
    },
    [EraseContact.type]: {
      stranger: 'done', // the same; the gateway has asked whose order it is
      ask: (tenant) => asker.ask(tenant, EraseContact, { orderId }),
    },
    [TakeTextReport.type]: {
      stranger: 'done', // of a delivery of its own, of which this is none
      ask: (tenant) =>
        asker.ask(tenant, TakeTextReport, {
          deliveryId: deliveryIds.get('north') ?? '',
          sid: `SM${'a'.repeat(32)}`,
          status: 'sent',
        }),
    },
    [DeleteSubscription.type]: {
      stranger: 'refused',
      ask: (tenant) => asker.ask(tenant, DeleteSubscription, { subscriptionId }),
    },
    ...Object.fromEntries(
      DEAD_LETTER_REQUESTS.flatMap(({ replay, discard }) => {
        const messageIds = [deadMessageId];
        return [
          [
            replay.type,
            {
              stranger: 'done', // of its own dead letters, of which there are none
              ask: (tenant: string) =>
                asker.ask(tenant, replay, { messageIds, dryRun: false, by: 'staff', force: false }),
            },
          ],
          [
            discard.type,
            {
              stranger: 'done',
              ask: (tenant: string) => asker.ask(tenant, discard, { messageIds, dryRun: false }),
            },
          ],
        ] as const;
      }),
    ),
  };

  it('get every command that there is', () => {
    expect(Object.keys(commands).sort()).toEqual(COMMANDS.map(({ type }) => type).sort());
  });

  it('are not touched by a stranger who commands the same ids', async () => {
    const before = [await view('north'), await view('south')];
    for (const [type, { ask, stranger }] of Object.entries(commands))
      if (stranger !== 'waits')
        expect({ type, ok: (await ask(STRANGER)).ok }).toEqual({ type, ok: stranger === 'done' });
    expect([await view('north'), await view('south')]).toEqual(before);
    expect(
      await comanda.look('orders', 'SELECT failure_code FROM orders WHERE tenant_id = ?', STRANGER),
    ).toEqual([{ failure_code: 'UNKNOWN_PRODUCT' }]);
  });

  it('change nothing of each other, whatever one of them does', async () => {
    const before = await view('south');
    const attempts = receivers.get('south')?.attempts.length;
    for (const [type, { ask }] of Object.entries(commands)) {
      expect({ type, ok: (await ask('north')).ok }).toEqual({ type, ok: true });
      const [order, last] = EVENTUALLY[type] ?? [];
      if (order !== undefined) await settled('north', order, last);
    }
    const { items } = await asker.result('north', ListOrders, { viewer: staff, ...page });
    expect(items.map((order) => order.orderId).sort()).toEqual([orderId, laterOrderId].sort());
    expect(await asker.ask('north', GetOrder, { orderId, viewer: staff })).toMatchObject({
      ok: true,
      result: { status: 'CANCELLED', refundedAmount: 2 * PRICES.north },
    });
    expect(await view('south')).toEqual(before);
    expect(receivers.get('south')?.attempts.length).toBe(attempts);
  });

  describe('over HTTP, with tokens that differ in nothing but the tenant', () => {
    const apis = new Map<string, { staff: Api; customer: Api }>();
    const made = new Map<string, { productId: string; orderId: string }>();
    const key = { 'idempotency-key': 'the-same-key' };

    beforeAll(async () => {
      const jwt = new TokenSigner(JWT_SECRET);
      // The same id in both: no log-in would make such accounts.
      const accounts = TENANTS.map(
        (tenant) => `('${tenant}', '${customerId}', 'a@b.c', 'none', 'staff', '${SCOPES}', '')`,
      );
      const insert = (table: string) =>
        `INSERT INTO ${table} (tenant_id, account_id, email, password_hash, role, scopes, created_at) VALUES ${accounts}`;
      if (onPostgres) await comanda.postgres.admin(insert('gateway.accounts'));
      else comanda.tamper('gateway', insert('accounts'));
      for (const tenantId of TENANTS) {
        const as = (role: string) =>
          new Api(
            comanda.platform.url,
            jwt.sign({ role, tenantId }, { subject: customerId, expiresIn: 600 }),
          );
        apis.set(tenantId, { staff: as('staff'), customer: as('customer') });
      }
    });
    const apiOf = (tenant: string) => {
      const api = apis.get(tenant);
      if (!api) throw new Error(tenant);
      return api;
    };

    it('the same Idempotency-Key makes one product and one order for each', async () => {
      for (const tenant of TENANTS) {
        const { staff, customer } = apiOf(tenant);
        const body = {
          sku: 'HTTP',
          name: `Tea, ${tenant}`,
          price: PRICES[tenant],
          currency: 'EUR',
          stock: 9,
        };
        const product = await staff.post('/products', body, key);
        expect(product).toMatchObject({ status: 201, body: { name: `Tea, ${tenant}` } });
        expect(product.headers.get('idempotent-replayed')).toBeNull();
        const { productId: id } = product.body as { productId: string };
        await until(
          `the price list of ${tenant} knows its tea`,
          async () =>
            (await comanda.look('orders', 'SELECT 1 FROM prices WHERE product_id = ?', id)).length === 1,
        );
        const order = orderOf(id);
        const placed = await customer.place(order, key);
        expect(await customer.place(order, key)).toBe(placed);
        made.set(tenant, { productId: id, orderId: placed });
        expect(await customer.ended(placed)).toMatchObject({
          status: 'CONFIRMED',
          totalAmount: PRICES[tenant],
        });
      }
      const [north, south] = TENANTS.map((tenant) => made.get(tenant));
      expect(north?.orderId).not.toBe(south?.orderId);
      expect(north?.productId).not.toBe(south?.productId);
    });

    it('what the other has is not there: 404 for each route, and in no list', async () => {
      const { staff, customer } = apiOf('north');
      const other = made.get('south');
      const routes: [string, string, unknown?][] = [
        ['GET', `/orders/${other?.orderId}`],
        ['GET', `/orders/${other?.orderId}/status`],
        ['GET', `/orders/${other?.orderId}/timeline`],
        ['GET', `/orders/${other?.orderId}/payments`],
        ['GET', `/orders/${other?.orderId}/notifications`],
        ['DELETE', `/orders/${other?.orderId}/notify`],
        ['POST', `/orders/${other?.orderId}/cancel`, {}],
        ['POST', `/orders/${other?.orderId}/refunds`, { reason: 'Cold' }],
        ['POST', `/orders/${other?.orderId}/fulfil`],
        ['GET', `/products/${other?.productId}`],
        ['PATCH', `/products/${other?.productId}`, { price: 1 }],
        ['POST', `/products/${other?.productId}/stock-adjustments`, { delta: 1, reason: 'Found' }],
        ['GET', `/deliveries/${deliveryIds.get('south')}`],
        ['POST', `/deliveries/${deliveryIds.get('south')}/retry`],
      ];
      for (const [method, path, body] of routes) {
        const { status } = await staff.send(method, path, body);
        expect({ method, path, status }).toEqual({ method, path, status: 404 });
      }
      for (const api of [staff, customer]) {
        const { body } = await api.get('/orders?limit=100');
        const { items } = body as { items: { orderId: string }[] };
        expect(items.map((order) => order.orderId)).toContain(made.get('north')?.orderId);
        expect(items.map((order) => order.orderId)).not.toContain(other?.orderId);
      }
      const order = await customer.post('/orders', { productId: other?.productId, quantity: 1 });
      expect(order).toMatchObject({ status: 422 });
      expect(await apiOf('south').staff.get(`/products/${other?.productId}`)).toMatchObject({
        status: 200,
        body: { price: PRICES.south, available: 8 },
      });
    });

    it('and the books of all of them balance', async () => {
      // Here the same ids are in two tenants on purpose; for the auditor that is what a mix-up looks like.
      const byId = ['tenants-never-mix', 'one-capture-per-order'];
      const look = async () => {
        await comanda.refresh();
        const { invariants } = await audit({
          databases: databasesIn(join(comanda.directory, 'data')),
          atRest: true,
        });
        return invariants.flatMap(({ id, violations }) =>
          byId.includes(id) ? [] : violations.map((violation) => `${id}: ${violationLine(violation)}`),
        );
      };
      let wrong = ['nobody has looked'];
      await until('the books balance', async () => {
        wrong = await look();
        return wrong.length === 0;
      }).catch((error: unknown) => {
        throw new BooksWrong([String(error), ...wrong]);
      });
    });
  });
});
