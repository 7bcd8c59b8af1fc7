import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { EVENTS, newId } from '@comanda/contracts';
import { dereferenced } from '@comanda/test-kit';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { z } from 'zod';
import { useGateway } from '../../test/gateway-under-test.js';
import { Scope } from '../auth/scopes.js';
import { asyncApiDocument } from '../description/asyncapi.js';

interface Schema {
  readonly [keyword: string]: unknown;
}
interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters: readonly { name: string; in: string; required?: boolean; schema: Schema }[];
  readonly requestBody?: { content: Record<string, { schema: Schema }> };
  readonly responses: Record<string, { description: string; content?: Record<string, { schema: Schema }> }>;
  readonly security?: readonly Record<string, readonly string[]>[];
  readonly 'x-scope'?: string;
  readonly 'x-outcome'?: unknown;
}
interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { schemas: Record<string, Schema>; securitySchemes: Record<string, object> };
}

const Outcome = z.object({
  yes: z.array(z.string()).min(1).or(z.string().min(1)),
  no: z.array(z.string()).min(1),
});

const gateway = useGateway();
let document: Document;
beforeAll(async () => {
  document = dereferenced((await gateway.call('GET', '/docs-json')).body);
});

const operations = () =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
  );
const schemas = (): Schema[] => [
  ...Object.values(document.components.schemas),
  ...operations().flatMap(({ operation }) => [
    ...operation.parameters.map(({ schema }) => schema),
    ...Object.values(operation.requestBody?.content ?? {}).map(({ schema }) => schema),
    ...Object.values(operation.responses).flatMap(({ content }) =>
      Object.values(content ?? {}).map(({ schema }) => schema),
    ),
  ]),
];

describe('a request that is answered 202', () => {
  const accepted = () =>
    operations().filter(({ operation: { responses } }) => '202' in responses && !mayPend(responses));
  /** Answered 202 only while the service that carries it out does not answer. */
  const mayPend = (responses: object) => ['200', '201', '204'].some((status) => status in responses);
  const Shape = z.object({ properties: z.record(z.string(), z.unknown()) });
  const idsIn = (schema: unknown) =>
    Object.keys(Shape.parse(schema).properties).filter((name) =>
      ['requestId', 'orderId', 'deliveryId', 'subscriptionId'].includes(name),
    );

  test('is told by events what became of it, yes or no, which name it by an id of the answer', () => {
    expect(accepted().length).toBeGreaterThanOrEqual(5);
    for (const { path, operation } of accepted()) {
      const { yes, no } = Outcome.parse(operation['x-outcome']);
      const answer = operation.responses['202']?.content?.['application/json']?.schema;
      const named = idsIn(answer);
      const of = (types: readonly string[]) =>
        types.map((type) => EVENTS.find((event) => event.type === type));
      for (const event of [...of(typeof yes === 'string' ? [] : yes), ...of(no)]) {
        expect(event?.consumers).toContain('webhook-publisher');
        const ids = idsIn(z.toJSONSchema(event?.data ?? z.never()));
        expect({ path, ids: ids.filter((id) => named.includes(id)) }).not.toEqual({ path, ids: [] });
        // A request that has an id of its own is refused by that id.
        if (no.includes(event?.type ?? '') && ids.includes('requestId')) expect(named).toContain('requestId');
      }
      for (const event of of(no)) expect(event?.example).toHaveProperty('reason');
      expect(operation.responses['202']?.description).toContain(no[0]);
    }
  });

  test('because its service is away says where to look', () => {
    const pending = operations().filter(
      ({ operation: { responses } }) => '202' in responses && mayPend(responses),
    );
    expect(pending.length).toBeGreaterThanOrEqual(4);
    for (const { operation } of pending) {
      const schema = operation.responses['202']?.content?.['application/json']?.schema;
      expect(Object.keys(Shape.parse(schema).properties)).toEqual(['status', 'location']);
    }
  });

  test('is one of those that docs/api.md lists, with the same events', () => {
    const page = readFileSync(new URL('../../../docs/api.md', import.meta.url), 'utf8');
    for (const { path, operation } of accepted()) {
      const { yes, no } = Outcome.parse(operation['x-outcome']);
      const row = page
        .split('\n')
        .find((line) =>
          line.startsWith(
            `| \`POST ${path.replace('/api/v1', '').replaceAll(/[{}]/g, (brace) => (brace === '{' ? ':' : ''))}\` |`,
          ),
        );
      for (const type of [...(typeof yes === 'string' ? [] : yes), ...no])
        expect(row).toContain(`\`${type}\``);
    }
  });
});

describe('a list', () => {
  /** Each list with its parameters: what has a page has `nextCursor`. */
  const lists = () =>
    operations().filter(({ method, operation }) => {
      const answer = operation.responses['200']?.content?.['application/json']?.schema;
      return method === 'get' && JSON.stringify(answer ?? {}).includes('"nextCursor"');
    });
  const ask = async (path: string, query: Record<string, string>) => {
    const url = `${path.replaceAll(/\{\w+\}/g, newId())}?${new URLSearchParams(query)}`;
    const answer = await gateway.call('GET', url, { token: gateway.token('staff') });
    return { url, status: answer.status, errors: answer.body.errors as { path: string; message: string }[] };
  };
  /** What may hold anything, so that nobody can say beforehand whether it is there. */
  const FREE = /^(q|cursor|limit|type|since|until|\w+Id|\w+(After|Before))$/;

  test('says which values a filter knows, when it is given another one', async () => {
    const filters = lists().flatMap(({ path, operation }) =>
      operation.parameters
        .filter(({ in: where, name }) => where === 'query' && !FREE.test(name))
        .map((one) => ({ path, ...one })),
    );
    expect(filters.map(({ path, name }) => `${path.replace('/api/v1', '')}?${name}`).toSorted()).toEqual([
      '/accounts?role',
      '/dead-letters?queue',
      '/deliveries?eventType',
      '/deliveries?status',
      '/orders?status',
      '/products?active',
    ]);
    for (const { path, name, schema } of filters) {
      const known = z.array(z.string()).parse(schema.enum ?? ['true', 'false']);
      const { status, errors } = await ask(path, { [name]: 'order.shipped' });
      expect({ path, name, status, errors }).toMatchObject({ status: 400, errors: [{ path: name }] });
      for (const value of known) expect(errors[0]?.message).toContain(value);
    }
  });

  test('refuses a parameter that it does not know, by name', async () => {
    expect(lists().length).toBeGreaterThanOrEqual(5);
    for (const { path } of lists())
      expect(await ask(path, { createdafter: 'x' })).toMatchObject({
        status: 400,
        errors: [{ path: 'createdafter' }],
      });
  });

  test('refuses a range in which nothing lies', async () => {
    const ranged = lists().filter(({ operation }) =>
      operation.parameters.some(({ name }) => name.endsWith('After')),
    );
    expect(ranged.length).toBeGreaterThanOrEqual(1);
    for (const { path, operation } of ranged)
      for (const { name: after } of operation.parameters.filter(({ name }) => name.endsWith('After'))) {
        const before = after.replace(/After$/, 'Before');
        for (const [from, to] of [
          ['2026-01-02T00:00:00Z', '2026-01-01T00:00:00Z'],
          ['2026-01-01T00:00:00Z', '2026-01-01T01:00:00+01:00'],
        ])
          expect(await ask(path, { [after]: from ?? '', [before]: to ?? '' })).toMatchObject({
            status: 400,
            errors: [{ path: before }],
          });
      }
  });
});

describe('the OpenAPI document', () => {
  test('is 3.1 and knows every route that there is', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(
      operations()
        .map(({ path, method }) => `${method.toUpperCase()} ${path.replace('/api/v1', '')}`)
        .toSorted(),
    ).toEqual([
      'DELETE /accounts/invitations/{invitationId}',
      'DELETE /api-keys/{keyId}',
      'DELETE /dead-letters/{messageId}',
      'DELETE /me/sessions',
      'DELETE /me/sessions/{sessionId}',
      'DELETE /orders/{orderId}/notify',
      'DELETE /subscriptions/{subscriptionId}',
      'GET /.well-known/delivery-proof-keys.json',
      'GET /.well-known/jwks.json',
      'GET /accounts',
      'GET /accounts/invitations',
      'GET /api-keys',
      'GET /dead-letters',
      'GET /dead-letters/{messageId}',
      'GET /deliveries',
      'GET /deliveries/{deliveryId}',
      'GET /event-types',
      'GET /live',
      'GET /me',
      'GET /me/sessions',
      'GET /orders',
      'GET /orders/{orderId}',
      'GET /orders/{orderId}/delivery-proof',
      'GET /orders/{orderId}/notifications',
      'GET /orders/{orderId}/payments',
      'GET /orders/{orderId}/refunds',
      'GET /orders/{orderId}/status',
      'GET /orders/{orderId}/stream',
      'GET /orders/{orderId}/timeline',
      'GET /products',
      'GET /products/{productId}',
      'GET /products/{productId}/movements',
      'GET /subscriptions',
      'GET /subscriptions/{subscriptionId}',
      'GET /subscriptions/{subscriptionId}/replays',
      'GET /subscriptions/{subscriptionId}/replays/{replayId}',
      'GET /subscriptions/{subscriptionId}/stats',
      'PATCH /accounts/{accountId}',
      'PATCH /me',
      'PATCH /products/{productId}',
      'PATCH /subscriptions/{subscriptionId}',
      'POST /accounts/invitations',
      'POST /api-keys',
      'POST /auth/accept-invitation',
      'POST /auth/logout',
      'POST /auth/refresh',
      'POST /auth/register',
      'POST /auth/switch',
      'POST /auth/token',
      'POST /dead-letters/{messageId}/replay',
      'POST /deliveries/{deliveryId}/retry',
      'POST /live/tickets',
      'POST /me/password',
      'POST /orders',
      'POST /orders/{orderId}/cancel',
      'POST /orders/{orderId}/fulfil',
      'POST /orders/{orderId}/refunds',
      'POST /payment-callbacks/stripe',
      'POST /products',
      'POST /products/{productId}/stock-adjustments',
      'POST /sms-callbacks/twilio',
      'POST /subscriptions',
      'POST /subscriptions/{subscriptionId}/replay',
      'POST /subscriptions/{subscriptionId}/replays/{replayId}/cancel',
      'POST /subscriptions/{subscriptionId}/rotate-secret',
      'POST /subscriptions/{subscriptionId}/test',
    ]);
  });

  test('has schemas of JSON Schema 2020-12 throughout', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    for (const schema of schemas()) expect(ajv.validateSchema(schema)).toBe(true);
    expect(JSON.stringify(document)).not.toMatch(/"exclusiveM(in|ax)imum":(true|false)|"nullable"|#\/\$defs/);
  });

  test('says of each operation what it takes, answers, and may refuse', () => {
    expect(new Set(operations().map(({ operation }) => operation.operationId)).size).toBe(
      operations().length,
    );
    for (const { path, method, operation } of operations()) {
      expect(operation.summary).toBeTruthy();
      const placeholders = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const inPath = operation.parameters.filter((parameter) => parameter.in === 'path');
      expect(inPath.map(({ name }) => name)).toEqual(placeholders);
      expect(inPath.every(({ required }) => required)).toBe(true);
      const statuses = Object.keys(operation.responses);
      expect(statuses).toEqual(expect.arrayContaining(['400', '429', '503']));
      expect(statuses.some((status) => status.startsWith('2'))).toBe(true);
      for (const { description, content } of Object.values(operation.responses)) {
        expect(description).toBeTruthy();
        for (const { schema } of Object.values(content ?? {})) expect(schema).toBeDefined();
      }
      const open =
        (path.includes('/auth/') && !path.endsWith('/auth/switch')) ||
        /\/(payment|sms)-callbacks\//.test(path) ||
        path.startsWith('/.well-known/') ||
        (path.includes('/products') && method === 'get' && !path.endsWith('/movements'));
      const ways = operation.security?.map((way) => Object.keys(way).length > 0) ?? [];
      expect({ path, method, ways }).toEqual({
        path,
        method,
        ways: !open ? ways.map(() => true) : path.includes('/products') ? [false, true, true] : [],
      });
      expect(statuses.includes('401')).toBe(
        ways.includes(true) || /auth\/(token|refresh|logout)$/.test(path),
      );
    }
  });

  test('names the scope that an operation needs where it is looked for, and in what is said without it', () => {
    const scoped = operations().filter(({ operation }) => operation['x-scope'] !== undefined);
    expect(scoped.length).toBeGreaterThan(20);
    for (const { operation } of scoped) {
      const scope = Scope.parse(operation['x-scope']);
      for (const requirement of operation.security ?? [])
        expect(Object.values(requirement)).toEqual([[scope]]);
      expect(operation.responses['403']?.description).toContain('`SCOPE_MISSING`');
    }
  });

  test('describes the body of an order as it is checked', () => {
    const body = document.paths['/api/v1/orders']?.post?.requestBody?.content['application/json']?.schema;
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    const fits = ajv.compile(body ?? {});
    const line = { productId: '0190a000-0000-7000-8000-000000000001', quantity: 1 };
    expect(fits(line)).toBe(true);
    expect(fits({ items: [line], payment: { method: 'sim_approved' } })).toBe(true);
    for (const bad of [{}, { items: [] }, { ...line, quantity: 0 }, { ...line, price: 1 }])
      expect(fits(bad)).toBe(false);
  });
});

test('what is told stands beside it', async () => {
  const { status, body } = await gateway.call('GET', '/asyncapi-json');
  expect(status).toBe(200);
  expect(body).toEqual(JSON.parse(JSON.stringify(asyncApiDocument())));
});

test('the page and everything on it come from here', async () => {
  const page = await gateway.call('GET', '/docs');
  expect(page.status).toBe(200);
  const references = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(
    ([, reference]) => reference ?? '',
  );
  expect(references.length).toBeGreaterThan(3);
  for (const reference of references) {
    expect(reference).not.toMatch(/^(https?:)?\/\//);
    const asset = await gateway.call('GET', new URL(reference, 'http://here/docs').pathname);
    expect({ reference, status: asset.status }).toEqual({ reference, status: 200 });
  }
});

test('the page runs under a policy that allows what stands on it and nothing else, and keeps no token', async () => {
  const { text, headers } = await gateway.call('GET', '/docs');
  const policy = headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'none'; script-src 'self';");
  expect(policy).not.toMatch(/unsafe-(inline|eval)|https?:|\*/);
  // What the policy has no place for: scripts in the page, handlers in attributes.
  expect(text).not.toMatch(/<script(?![^>]*\ssrc=)[^>]*>|\son\w+=/i);
  const hashed = (pattern: RegExp) => {
    const found = [...text.matchAll(pattern)].map(([, style = '']) => style);
    expect(found.length).toBeGreaterThan(0);
    for (const style of found)
      expect(policy).toContain(`'sha256-${createHash('sha256').update(style).digest('base64')}'`);
  };
  hashed(/<style>([\s\S]*?)<\/style>/g);
  hashed(/style="([^"]*)"/g);
  const { text: script } = await gateway.call('GET', '/docs/swagger-ui-init.js');
  expect(script).not.toContain('persistAuthorization');
});

test('the catalogue of events has a schema for each, which its example fits', async () => {
  const { body } = await gateway.call('GET', '/api/v1/event-types', { token: gateway.token('staff') });
  expect(body.items).toHaveLength(EVENTS.length + 1);
  expect(body.items.filter((one: { subscribable: boolean }) => !one.subscribable)).toMatchObject([
    { type: 'webhook.test' },
  ]);
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  for (const { type, summary, schema, example } of body.items) {
    expect(summary).toBeTruthy();
    expect({ type, fits: ajv.validate(schema, example) }).toEqual({ type, fits: true });
    // How an order is paid is between services.
    expect(JSON.stringify(schema)).not.toContain('paymentMethod');
  }
});
