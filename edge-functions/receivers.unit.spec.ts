import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { createLoggerReceiver, type ReceivedEvent } from './logger/logger.js';
import { createNotifierReceiver } from './notifier/notifier.js';

const secret = `whsec_${randomBytes(32).toString('base64')}`;
const now = Date.parse('2026-01-02T03:04:05Z');

type Receiver = (request: Request) => Promise<Response>;

/** Both receivers without anything outside: the logger stores in an array, the notifier has no recipient. */
function logger(): Receiver & { readonly events: ReceivedEvent[] } {
  const events: ReceivedEvent[] = [];
  const receiver = createLoggerReceiver({
    secret,
    now: () => now,
    store: {
      insert: async (event) => {
        if (events.some(({ id }) => id === event.id)) return 'duplicate';
        events.push(event);
        return 'stored';
      },
    },
  });
  return Object.assign(receiver, { events });
}

function notifier(): Receiver {
  return createNotifierReceiver({
    secret,
    now: () => now,
    recipients: [],
    telegram: { token: 'none' },
    sent: { begin: async () => 'begun', finish: async () => {}, abandon: async () => {} },
  });
}

const event = {
  id: 'evt-1',
  type: 'order.created',
  timestamp: '2026-01-02T03:04:00Z',
  tenantId: 'default',
  sequence: 1,
  apiVersion: 'v1',
  data: { orderId: 'o-1', note: 'café ☕' },
};

interface Change {
  readonly body?: string;
  readonly sentBody?: string;
  readonly id?: string;
  readonly at?: number;
  readonly with?: string;
  readonly headers?: Record<string, string>;
  readonly without?: string;
}

/** A webhook as the reference library signs it, with one thing changed. */
function webhook(change: Change = {}): Request {
  const body = change.body ?? JSON.stringify(event);
  const id = change.id ?? 'evt-1';
  const at = change.at ?? now;
  const headers = new Headers({
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at / 1000)),
    'webhook-signature': new Webhook(change.with ?? secret).sign(id, new Date(at), body),
    ...change.headers,
  });
  if (change.without !== undefined) headers.delete(change.without);
  return new Request('http://receiver.example/', { method: 'POST', headers, body: change.sentBody ?? body });
}

describe.each([
  ['logger', logger],
  ['notifier', notifier],
])('the %s', (_name, create: () => Receiver) => {
  test('accepts a webhook that the reference library signed', async () => {
    expect((await create()(webhook())).status).toBe(200);
  });

  test('accepts it when its own signature is one of several', async () => {
    const stranger = `whsec_${randomBytes(32).toString('base64')}`;
    const body = JSON.stringify(event);
    const sign = (key: string) => new Webhook(key).sign('evt-1', new Date(now), body);
    const several = { 'webhook-signature': `v1a,xyz ${sign(stranger)} ${sign(secret)}` };
    expect((await create()(webhook({ headers: several }))).status).toBe(200);
  });

  test.each([
    ['a changed body', { sentBody: JSON.stringify({ ...event, tenantId: 'other' }) }, 401],
    ['the signature of another secret', { with: `whsec_${randomBytes(32).toString('base64')}` }, 401],
    ['another id than was signed', { headers: { 'webhook-id': 'evt-2' } }, 401],
    ['another timestamp than was signed', { headers: { 'webhook-timestamp': String(now / 1000 + 1) } }, 401],
    ['a signature of another version', { headers: { 'webhook-signature': 'v2,AAAA' } }, 401],
    ['a signature that is not base64', { headers: { 'webhook-signature': `v1,${'*'.repeat(43)}=` } }, 401],
    ['a timestamp 301 s old', { at: now - 301_000 }, 401],
    ['a timestamp 301 s ahead', { at: now + 301_000 }, 401],
    ['a timestamp that is no number', { headers: { 'webhook-timestamp': 'now' } }, 401],
    ['no id', { without: 'webhook-id' }, 400],
    ['no timestamp', { without: 'webhook-timestamp' }, 400],
    ['no signature', { without: 'webhook-signature' }, 400],
    ['a signed body that is no JSON', { body: 'hello' }, 400],
    ['a signed body that is no event', { body: '[]' }, 400],
    ['a signed body with another id', { body: JSON.stringify({ ...event, id: 'evt-2' }) }, 400],
    ['a body over the limit', { body: `"${'x'.repeat(256 * 1024)}"` }, 413],
  ] as const)('refuses %s', async (_what, change, status) => {
    const receiver = create();
    const response = await receiver(webhook(change));
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toEqual({ title: expect.any(String), status });
    if ('events' in receiver) expect(receiver.events).toEqual([]);
  });

  test.each([-299_000, 299_000])('allows clocks to differ by %i ms', async (difference) => {
    expect((await create()(webhook({ at: now + difference }))).status).toBe(200);
  });

  test('stops reading a body without a stated length at the limit', async () => {
    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        pulled += 1;
        controller.enqueue(new Uint8Array(64 * 1024));
      },
    });
    const { headers } = webhook();
    const request = new Request('http://receiver.example/', {
      method: 'POST',
      headers,
      body: endless,
      duplex: 'half',
    });
    expect((await create()(request)).status).toBe(413);
    expect(pulled).toBeLessThan(10);
  });

  test.each(['GET', 'PUT', 'DELETE'])('serves no %s', async (method) => {
    const response = await create()(new Request('http://receiver.example/', { method }));
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('POST');
  });
});

describe('the logger', () => {
  test('stores an event once, and says so to a sender that repeats it', async () => {
    const receiver = logger();
    expect(await (await receiver(webhook())).json()).toEqual({ stored: true });
    const again = await receiver(webhook({ at: now + 60_000 }));
    expect(again.status).toBe(200);
    expect(await again.json()).toEqual({ duplicate: true });
    const { apiVersion: _, ...stored } = event;
    expect(receiver.events).toEqual([stored]);
  });
});
