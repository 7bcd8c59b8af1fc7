import { CreateOrder, newId, OrderCreated } from '@comanda/contracts';
import { MAX_BODY_BYTES } from '@comanda/messaging';
import { describe, expect, test } from '@jest/globals';
import { replayBlocker } from './replay-blocker.js';
import { replayPreview } from './replay-preview.js';

const body = (overrides: object = {}) =>
  Buffer.from(
    JSON.stringify({
      specversion: '1.0',
      id: newId(),
      type: OrderCreated.type,
      source: 'orders-service',
      time: '2026-01-01T00:00:00.000Z',
      subject: 'o1',
      datacontenttype: 'application/json',
      dataschema: OrderCreated.dataschema,
      tenantid: 'default',
      correlationid: 'c',
      data: OrderCreated.example,
      ...overrides,
    }),
  );

describe('what a replay would meet', () => {
  test.each<[string, string, Buffer, RegExp]>([
    ['a message of today', 'products_queue', body(), /^fits order\.created\/v1$/],
    ['bytes', 'products_queue', Buffer.from([0xff]), /^still does not fit: the body is not UTF-8/],
    [
      'no envelope',
      'products_queue',
      Buffer.from('{}'),
      /^still does not fit: the envelope is not valid: specversion/,
    ],
    [
      'another shape',
      'products_queue',
      body({ data: {} }),
      /^still does not fit: data does not fit .*v1: orderId/,
    ],
    [
      'a later version',
      'products_queue',
      body({ dataschema: 'urn:x/v9' }),
      /^still does not fit: version urn:x\/v9 is not known/,
    ],
    [
      'an unknown type',
      'products_queue',
      body({ type: 'kitchen.exploded' }),
      /^still not possible: products-service has no handler for kitchen/,
    ],
    [
      'a reader that has no use for it',
      'payments_queue',
      body(),
      /^still not possible: payments-service has no handler for order\.created/,
    ],
    [
      "another service's command",
      'products_queue',
      body({ type: CreateOrder.type }),
      /has no handler for orders\.create/,
    ],
    [
      'more than a service reads',
      'products_queue',
      body({ data: { note: 'x'.repeat(MAX_BODY_BYTES) } }),
      /^still does not fit: \d+ bytes are more than/,
    ],
  ])('%s', (_, queue, message, detail) => {
    const preview = replayPreview(queue, message);
    expect(preview.detail).toMatch(detail);
    expect(preview.fits).toBe(preview.detail.startsWith('fits'));
  });
});

describe('what keeps a dead letter from being replayed', () => {
  const rules = { now: new Date('2026-02-01T00:00:00.000Z'), replayDays: 14 };
  const code = (diedAt: string, expiresAt: string | null = null, headers = {}) =>
    replayBlocker({ diedAt, expiresAt, properties: { headers } }, rules)?.code;

  test('is its age, to the millisecond, or that it is unknown', () => {
    expect(code('2026-01-18T00:00:00.000Z')).toBeUndefined();
    expect(code('2026-01-17T23:59:59.999Z')).toBe('TOO_OLD');
    expect(code('')).toBe('TOO_OLD');
    // A clock that goes ahead of ours.
    expect(code('2026-02-01T00:05:00.000Z')).toBeUndefined();
  });

  test('is that its sender could not have sent it, however fresh it is', () => {
    const fresh = '2026-01-31T00:00:00.000Z';
    expect(code(fresh, null, { 'x-comanda-wrong-sender': 'products-service' })).toBe('WRONG_SENDER');
    expect(code(fresh, null, { 'x-comanda-wrong-sender': '' })).toBe('WRONG_SENDER');
    expect(code(fresh, null, { 'x-comanda-service': 'products-service' })).toBeUndefined();
  });

  test('is that its sender waits no longer', () => {
    expect(code('2026-01-31T00:00:00.000Z', '2026-01-31T00:00:05.000Z')).toBe('EXPIRED');
    expect(code('2026-01-31T00:00:00.000Z', '2026-02-01T00:00:00.000Z')).toBeUndefined();
  });
});
