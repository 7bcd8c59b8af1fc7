import { PRESETS } from '@comanda/api-gateway';
import { DATABASE_OWNERS } from '@comanda/contracts';
import { DescribedApi, type OpenApiDocument, operationsOf, TokenSigner } from '@comanda/test-kit';
import fc from 'fast-check';
import { z } from 'zod';
import { Api, CUSTOMER, orderOf, PRODUCTS, STAFF } from '../support/api.js';
import type { Installation } from '../support/installation.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';
import { Client } from './client.js';
import { type Route, routesOf } from './requests.js';
import type { Known } from './schema.js';

/** The secret that local-infra gives the services of tests. */
const JWT_SECRET = 'only-for-tests-never-outside-loopback-0123456789abcdef';
const LONG_S = 24 * 60 * 60;
/** Who sends how much: those who may do more get further. */
const OFTEN = [
  'nobody',
  'shop',
  'integrator',
  'owner',
  'operator',
  'operator',
  'customer',
  'customer',
  'key',
];
/** Each field is swept by these: what the one may not do, the other may. */
const SWEEPERS = ['customer', 'operator'];
/** As many ids of each kind as there are, up to this; fewer would make a seed mean something else. */
const IDS = 3;

/** What a fuzz needs: who calls, which routes there are, and ids of what is there. */
export interface Stage {
  readonly routes: readonly Route[];
  readonly callers: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly client: Client;
  readonly port: number;
  readonly described: DescribedApi;
  /** Of tables: nobody outside has heard of them. */
  readonly innerNames: readonly string[];
  close(): Promise<void>;
}

export async function setStage(installation: Installation): Promise<Stage> {
  const { platform } = installation;
  // Its own sessions may be ended on the way.
  installation.customer = new Api(platform.url, customerToken());
  installation.staff = new Api(platform.url, staffToken('operator'));
  const receiver = await WebhookReceiver.start();
  await makeSomeOfEach(installation, receiver);
  const response = await fetch(`${platform.url}/docs-json`);
  const document = (await response.json()) as OpenApiDocument;
  const { keyId, key } = await apiKeyOf(installation);
  const callers = { ...callersOf(), key: { 'x-api-key': key } };
  const client = new Client(platform.url, callers);
  const known = { ...harmless(receiver.url), ...(await idsIn(installation, document, keyId)) };
  return {
    routes: routesOf(document, { often: OFTEN, sweepers: SWEEPERS }, known),
    callers,
    client,
    port: platform.ports.gateway,
    described: new DescribedApi(),
    innerNames: tablesOf(installation),
    close: async () => {
      client.close();
      await receiver.stop();
    },
  };
}

const JWT = new TokenSigner(JWT_SECRET);

/** Lasts: a fuzz may take longer than a session. */
const tokenOf = (accountId: string, claims: object): string =>
  JWT.sign({ tenantId: 'default', ...claims }, { subject: accountId, expiresIn: LONG_S });

const staffToken = (preset: keyof typeof PRESETS): string =>
  tokenOf(STAFF.accountId, { role: 'staff', scopes: PRESETS[preset] });
const customerToken = (): string => tokenOf(CUSTOMER.accountId, { role: 'customer' });

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

function callersOf(): Readonly<Record<string, Readonly<Record<string, string>>>> {
  return {
    nobody: {},
    customer: bearer(customerToken()),
    shop: bearer(staffToken('shop')),
    integrator: bearer(staffToken('integrator')),
    owner: bearer(staffToken('owner')),
    operator: bearer(staffToken('operator')),
  };
}

/** A program that may do what owners may. */
async function apiKeyOf({ staff }: Installation): Promise<{ keyId: string; key: string }> {
  const answer = await staff.post('/api-keys', { name: 'Fuzz', scopes: PRESETS.owner });
  return z.object({ keyId: z.string(), key: z.string() }).parse(answer.body);
}

/** Fields whose values make others work for them, or that must be of somebody who is there. */
const harmless = (target: string): Known => ({
  quantity: fc.integer({ min: 1, max: 3 }),
  method: fc.constantFrom('sim_approved', 'sim_declined', 'sim_fraud', 'card'),
  target: fc.constantFrom(target, 'http://127.0.0.1:1/x'),
  // Few happen: each subscriber of all would double what is to be delivered.
  eventTypes: fc.constantFrom(['webhook.*'], ['webhook.deliveryFailed', 'webhook.subscriptionDisabled']),
  currency: fc.constantFrom('EUR', 'USD', 'JPY', 'KWD'),
  secret: fc.constant(`whsec_${Buffer.alloc(32, 7).toString('base64')}`),
  password: fc.constantFrom('a good password of the fuzz', 'another password of it'),
  delta: fc.integer({ min: -2, max: 1_000 }),
  tenant: fc.constantFrom('default', 'other'),
  topics: fc.constantFrom('orders', 'products,orders', 'orders,products,webhooks', 'orders,secrets'),
  lastEventId: fc.constantFrom('0', `abcdefgh.1.${CUSTOMER.accountId}-0`, 'abcdefgh.-1.x'),
});

/** So that there is something of each kind to be named by its id. */
async function makeSomeOfEach(installation: Installation, receiver: WebhookReceiver): Promise<void> {
  for (let count = 0; count < IDS; count++) {
    await installation.placed(orderOf(PRODUCTS.espresso));
    await installation.subscribe(['webhook.*'], receiver);
    await installation.staff.post('/api-keys', { name: `Key ${count}`, scopes: ['orders:read'] });
    await installation.staff.post('/accounts/invitations', {
      email: `invited-${count}@example.org`,
      scopes: ['orders:read'],
    });
  }
}

/** What the lists of the document show, by the names of its fields: `orderId`, `productId` and so on. */
async function idsIn(installation: Installation, document: OpenApiDocument, keyId: string): Promise<Known> {
  // Nobody may stop listening who checks afterwards, nor who sends requests.
  const untouchable = [installation.witness.subscriptionId, CUSTOMER.accountId, STAFF.accountId, keyId];
  const found = new Map<string, Set<string>>();
  const keep = (value: unknown): void => {
    for (const [name, inner] of Object.entries(Object(value))) {
      if (typeof inner === 'object') keep(inner);
      else if (/Id$/.test(name) && typeof inner === 'string' && !untouchable.includes(inner))
        found.set(name, (found.get(name) ?? new Set()).add(inner));
    }
  };
  const lists = operationsOf(document).filter(({ method, path }) => method === 'GET' && !path.includes('{'));
  for (const api of [installation.staff, installation.customer])
    for (const { path } of lists) keep((await api.get(path.replace('/api/v1', ''))).body);
  return Object.fromEntries(
    [...found].map(([name, ids]) => [name, fc.constantFrom(...[...ids].slice(0, IDS))]),
  );
}

/** Those that are no words of the language. */
function tablesOf(installation: Installation): string[] {
  return DATABASE_OWNERS.flatMap(({ alias }) =>
    installation
      .rows<{ name: string }>(alias, "SELECT name FROM sqlite_master WHERE type = 'table'")
      .map(({ name }) => name)
      .filter((name) => name.includes('_')),
  );
}
