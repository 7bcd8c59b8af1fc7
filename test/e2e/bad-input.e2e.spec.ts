import { BAD_TEXTS, GOOD_TEXTS } from '@comanda/contracts/some-texts';
import { type OpenApiDocument, operationsOf, TokenSigner } from '@comanda/test-kit';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { Api, CUSTOMER, orderOf, PRODUCTS } from '../support/api.js';
import { checkBooks } from '../support/books.js';
import { useInstallation } from '../support/use-installation.js';

/** The secret that local-infra gives the services of tests. */
const JWT_SECRET = 'only-for-tests-never-outside-loopback-0123456789abcdef';
/** What a service keeps of a message that it could not handle. */
const Stored = z.object({ headers: z.record(z.string(), z.unknown()) });
const Named = z.object({ items: z.array(z.object({ name: z.string() })) });
const Made = z.object({ productId: z.string() });
const Moves = z.object({ items: z.array(z.object({ reason: z.string() })) });
const good = orderOf(PRODUCTS.espresso);

/** A token with whatever is wrong with it. */
const token = (claims: object, secret = JWT_SECRET, header: object = {}): string =>
  new TokenSigner(secret).sign(claims, {}, header);
const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1000) + seconds;
const customer = { sub: CUSTOMER.accountId, role: 'customer', tenantId: 'default' };

const LONG = { price: 1, currency: 'EUR' };

describe('bad input', () => {
  const comanda = useInstallation({ tapped: true });
  const { accepted, wire } = comanda;

  describe('over HTTP is answered with a problem that says what is wrong', () => {
    it.each<[string, number, string, (api: Api) => ReturnType<Api['send']>]>([
      ['malformed JSON', 400, 'MALFORMED_JSON', (api) => api.post('/orders', '{"productId": ')],
      ['an unknown field', 400, 'INVALID_REQUEST', (api) => api.post('/orders', { ...good, price: 1 })],
      ['a wrong type', 400, 'INVALID_REQUEST', (api) => api.post('/orders', { ...good, productId: 5 })],
      ['no lines', 400, 'INVALID_REQUEST', (api) => api.post('/orders', { items: [] })],
      ['a list for a body', 400, 'INVALID_REQUEST', (api) => api.post('/orders', [good])],
      ['no body', 400, 'INVALID_REQUEST', (api) => api.post('/orders')],
      ['a prototype', 400, 'INVALID_REQUEST', (api) => api.post('/orders', '{"__proto__": {"quantity": 1}}')],
      [
        'a body over the limit',
        413,
        'BODY_TOO_LARGE',
        (api) => api.post('/orders', JSON.stringify({ ...good, note: 'x'.repeat(101 * 1024) })),
      ],
      [
        'another content type',
        415,
        'UNSUPPORTED_MEDIA_TYPE',
        (api) => api.post('/orders', 'productId=1', { 'content-type': 'application/x-www-form-urlencoded' }),
      ],
      [
        'a malformed Idempotency-Key',
        400,
        'INVALID_IDEMPOTENCY_KEY',
        (api) => api.post('/orders', good, { 'idempotency-key': 'k'.repeat(256) }),
      ],
      ['an unknown route', 404, 'NOT_FOUND', (api) => api.get('/kitchens')],
      ['an id that is none', 400, 'INVALID_REQUEST', (api) => api.get('/orders/12')],
      ['no token', 401, 'TOKEN_MISSING', (api) => new Api(api.url).post('/orders', good)],
      [
        'an expired token',
        401,
        'TOKEN_EXPIRED',
        (api) => new Api(api.url, token({ ...customer, exp: inSeconds(-60) })).post('/orders', good),
      ],
      [
        'a token signed with another key',
        401,
        'TOKEN_INVALID',
        (api) =>
          new Api(api.url, token({ ...customer, exp: inSeconds(60) }, 'another secret')).post(
            '/orders',
            good,
          ),
      ],
      [
        'a token that says it needs no signature',
        401,
        'TOKEN_INVALID',
        (api) =>
          new Api(api.url, token({ ...customer, exp: inSeconds(60) }, JWT_SECRET, { alg: 'none' })).post(
            '/orders',
            good,
          ),
      ],
      [
        'a token that is none',
        401,
        'TOKEN_INVALID',
        (api) => new Api(api.url, 'x.y.z').post('/orders', good),
      ],
      [
        'another role’s route',
        403,
        'FORBIDDEN',
        (api) => api.post('/products', { sku: 'X', name: 'X', price: 1, currency: 'EUR' }),
      ],
    ])('%s', async (_, status, code, send) => {
      const answer = await send(comanda.customer);
      expect(answer.status).toBe(status);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(answer.body).toMatchObject({
        type: 'about:blank',
        status,
        code,
        instance: expect.stringMatching(/^\/api\/v1\//),
        correlationId: answer.headers.get('x-correlation-id'),
      });
      expect(JSON.stringify(answer.body)).not.toMatch(/ at .*\.(js|ts):\d+/);
    });

    it('and a token that is right is let in', async () => {
      const api = new Api(comanda.platform.url, token({ ...customer, exp: inSeconds(60) }));
      accepted.push(await api.place(good));
    });
  });

  it('in a text is refused by the name of its field; good texts cross the broker and come back as they were', async () => {
    const { staff } = comanda;
    const product = (sku: string, name: string) => ({ sku, name, price: 1, currency: 'EUR' });
    for (const [at, bad] of Object.values(BAD_TEXTS).entries()) {
      const refused = await staff.post('/products', product(`BAD-${at}`, bad));
      expect(refused).toMatchObject({ status: 400, body: { errors: [{ path: 'name' }] } });
    }
    for (const [at, good] of Object.values(GOOD_TEXTS).entries()) {
      const made = await staff.post('/products', product(`GOOD-${at}`, ` ${good.normalize('NFD')} `));
      expect(made).toMatchObject({ status: 201, body: { name: good } });
    }
    const listed = await staff.get('/products?q=GOOD-&limit=100');
    const names = Named.parse(listed.body).items.map(({ name }) => name);
    expect(names.toSorted()).toEqual(Object.values(GOOD_TEXTS).toSorted());
    const { items } = Named.parse((await staff.get('/products?q=BAD-')).body);
    expect(items).toEqual([]);

    const { productId } = Made.parse((await staff.post('/products', product('MOVED', 'Moved'))).body);
    for (const reason of Object.values(GOOD_TEXTS))
      expect(
        await staff.post(`/products/${productId}/stock-adjustments`, { delta: 1, reason }),
      ).toMatchObject({ status: 200 });
    const moves = Moves.parse((await staff.get(`/products/${productId}/movements`)).body).items;
    expect(moves.map(({ reason }) => reason)).toEqual(Object.values(GOOD_TEXTS).toReversed());
  });

  it('among the messages becomes a dead letter with its cause; good messages beside it are handled', async () => {
    const sampleId = await comanda.place(good);
    const [created] = (await wire.allOf(sampleId, ['order.created'])).filter(
      ({ routingKey }) => routingKey === 'order.created',
    );
    if (!created) throw new Error('order.created was not seen');
    let id = 0;
    const spoilt = (change: object): string =>
      JSON.stringify({
        ...created.envelope,
        id: `01990000-0000-7000-8000-${String(++id).padStart(12, '0')}`,
        ...change,
      });
    /** Each goes to products-service and to webhook-publisher. */
    const bad: [string, string | Buffer, RegExp][] = [
      ['not JSON', '{"specversion": ', /the body is not JSON/],
      ['bytes', Buffer.from([0xff, 0x00, 0xfe]), /the body is not UTF-8/],
      ['no envelope', '{"orderId": 1}', /the envelope is not valid: .*specversion/],
      ['no tenant', spoilt({ tenantid: '../other' }), /the envelope is not valid: tenantid/],
      [
        'a later version',
        spoilt({ dataschema: 'urn:comanda:schemas/order.created/v9' }),
        /version urn:comanda:schemas\/order\.created\/v9 is not known here/,
      ],
      [
        'data of another shape',
        spoilt({ data: { ...created.envelope.data, items: [{ productId: 'cake' }] } }),
        /data does not fit .*: items/,
      ],
      ['an unknown type', spoilt({ type: 'kitchen.exploded' }), /has no handler for kitchen\.exploded/],
      ['4.2 MB', spoilt({ data: { note: 'x'.repeat(4_200_000) } }), /bytes are more than 4194304/],
    ];

    for (const [, body] of bad) {
      wire.publish('order.created', body);
      await comanda.place(good);
    }
    const books = await checkBooks(comanda, { deadLetters: 2 * bad.length });
    expect(books.confirmed).toBe(accepted.length);

    for (const [name, queue] of [
      ['products', 'products_queue'],
      ['webhooks', 'webhooks_queue'],
    ] as const) {
      const deadLetters = await comanda.look<{ bodyBase64: string; properties: string }>(
        name,
        'SELECT body_base64 AS bodyBase64, properties FROM dead_letters WHERE left_at IS NULL',
      );
      expect(deadLetters).toHaveLength(bad.length);
      for (const [what, body, cause] of bad) {
        const bytes = Buffer.from(body).toString('base64');
        const deadLetter = deadLetters.find((one) => one.bodyBase64 === bytes);
        const { headers } = Stored.parse(JSON.parse(deadLetter?.properties ?? '{}'));
        expect([what, headers['x-comanda-cause']]).toEqual([what, expect.stringMatching(cause)]);
        expect(headers).toMatchObject({
          'x-comanda-queue': queue,
          'x-comanda-service': queue === 'products_queue' ? 'products-service' : 'webhook-publisher',
          'x-comanda-attempts': expect.stringMatching(/^\[\{"at":"[^"]+","error":"/),
        });
      }
    }
    // No service ended.
    for (const port of Object.values(comanda.platform.ports))
      expect((await fetch(`http://127.0.0.1:${port}/health/ready`)).status).toBe(200);
    await checkBooks(comanda, { deadLetters: 2 * bad.length });
  });

  it('every list is walked to its end by what it hands out, also behind the longest names', async () => {
    const { url } = comanda.platform;
    const api = comanda.staff;
    for (const character of ['\u{1F600}', '\u6f22', '"', '\\'])
      for (const sku of [1, 2])
        await api.post('/products', {
          ...LONG,
          sku: `${character.codePointAt(0)}-${sku}`,
          name: character.repeat(200),
        });
    const document = (await (await fetch(`${url}/docs-json`)).json()) as OpenApiDocument;
    const lists = operationsOf(document).filter(({ parameters }) =>
      parameters.some(({ name }) => name === 'cursor'),
    );
    expect(lists.length).toBeGreaterThan(4);
    for (const { path } of lists) {
      const list = path
        .replace('/api/v1', '')
        .replace('{productId}', PRODUCTS.espresso)
        .replace('{subscriptionId}', comanda.witness.subscriptionId);
      let seen = 0;
      for (let cursor: string | null = ''; cursor !== null && seen < 60; seen++) {
        const { status, body } = await api.get(`${list}?limit=1${cursor && `&cursor=${cursor}`}`);
        expect([list, seen, status]).toEqual([list, seen, 200]);
        cursor = z.object({ nextCursor: z.string().nullable() }).parse(body).nextCursor;
      }
      if (list === '/products') expect(seen).toBeGreaterThan(20);
    }
  });

  it.each<[string, (from: typeof comanda) => Api, object]>([
    ['/orders', ({ customer }) => customer, { ...good, payment: { method: 'sim_approved' } }],
    ['/products', ({ staff }) => staff, { ...LONG, sku: 'S'.repeat(64), name: 'The longest SKU' }],
    [
      '/subscriptions',
      ({ staff }) => staff,
      { channel: 'webhook', target: 'http://127.0.0.1:1/h', eventTypes: ['order.*'] },
    ],
  ])(
    'what POST %s hands out is taken back: place, longest key and correlation id',
    async (path, by, body) => {
      const api = by(comanda);
      const headers = { 'idempotency-key': '~'.repeat(255), 'x-correlation-id': '~'.repeat(128) };
      const made = await api.post(path, body, headers);
      expect([201, 202]).toContain(made.status);
      expect(made.headers.get('x-correlation-id')).toBe(headers['x-correlation-id']);
      const place = z.string().parse(made.headers.get('location'));
      if (path === '/orders') accepted.push(place.slice(place.lastIndexOf('/') + 1));
      expect((await api.get(place.replace('/api/v1', ''))).status).toBe(200);
      const again = await api.post(path, body, headers);
      expect(again.headers.get('idempotent-replayed')).toBe('true');
      expect(again.headers.get('location')).toBe(place);
    },
  );
});
