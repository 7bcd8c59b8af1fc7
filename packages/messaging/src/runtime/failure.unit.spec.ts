import { describe, expect, test } from '@jest/globals';
import type { ConsumeMessage } from 'amqplib';
import { Unprocessable } from '../broker/unprocessable.js';
import { afterFailure, HEADERS } from './failure.js';
import { NotYet } from './handler.js';

const RETRY_SECONDS = [1, 5, 30];
const QUEUE = 'orders_queue';

const delivered = (headers: Record<string, unknown> = {}, properties: object = {}) =>
  ({
    content: Buffer.from('{"as":"it came"}'),
    fields: { deliveryTag: 7 },
    properties: {
      messageId: 'm1',
      type: 'order.created',
      contentType: 'application/json',
      correlationId: 'c1',
      headers,
      ...properties,
    },
  }) as unknown as ConsumeMessage;

const after = (error: unknown, delivery = delivered(), at = '2026-01-01T00:00:00.000Z') =>
  afterFailure(
    { delivery, error, at, queue: QUEUE, service: 'orders-service', handler: 'take an order' },
    RETRY_SECONDS,
  );

const headersOf = (next: ReturnType<typeof after>) => next.message.options?.headers as Record<string, string>;
const historyOf = (next: ReturnType<typeof after>) =>
  JSON.parse(headersOf(next)[HEADERS.attempts] ?? '[]') as { at: string; error: string }[];

describe('a message that may succeed later', () => {
  test('waits one step longer with each try, and is dead after the last step, with its whole history', () => {
    let delivery = delivered({ 'x-theirs': 'kept' });
    const steps: string[] = [];
    for (let at = 1; at <= 4; at++) {
      const next = after(new NotYet(`try ${at}`), delivery, `2026-01-0${at}T00:00:00.000Z`);
      steps.push(`${next.kind} ${next.message.routingKey}`);
      expect(historyOf(next)).toHaveLength(at);
      expect(next.message.exchange).toBe('');
      delivery = delivered(headersOf(next));
    }
    expect(steps).toEqual([
      'retry orders_queue.retry.1s',
      'retry orders_queue.retry.5s',
      'retry orders_queue.retry.30s',
      'dead-letter orders_queue.dlq',
    ]);
    expect(delivery.properties.headers?.['x-theirs']).toBe('kept');
    expect(
      historyOf(after(new NotYet('x'), delivery))
        .map(({ error }) => error)
        .slice(0, 4),
    ).toEqual([1, 2, 3, 4].map((at) => `NotYet: try ${at}`));
  });
});

describe('a message that can not succeed', () => {
  test('is a dead letter at once, as it came, with what happened', () => {
    const error = new Unprocessable('the total is wrong');
    const next = after(error);
    expect(next.kind).toBe('dead-letter');
    expect(next.message).toMatchObject({
      routingKey: 'orders_queue.dlq',
      messageId: 'm1',
      options: { type: 'order.created', contentType: 'application/json', correlationId: 'c1' },
    });
    expect(next.message.body.toString()).toBe('{"as":"it came"}');
    expect(headersOf(next)).toMatchObject({
      [HEADERS.cause]: 'Unprocessable: the total is wrong',
      [HEADERS.stack]: error.stack,
      [HEADERS.service]: 'orders-service',
      [HEADERS.handler]: 'take an order',
      [HEADERS.queue]: QUEUE,
    });
    expect(historyOf(next)).toEqual([
      { at: '2026-01-01T00:00:00.000Z', error: 'Unprocessable: the total is wrong' },
    ]);
  });

  test('may have been refused with anything', () => {
    for (const thrown of ['a text', undefined, null, 42, { a: 1 }])
      expect(headersOf(after(thrown))[HEADERS.cause]).toBe(String(thrown));
  });
});

describe('the headers', () => {
  test.each(['not json', '{}', '[{"at":1}]', 5])(
    'start a new history when another program wrote its own: %s',
    (theirs) => {
      const next = after(new NotYet('later'), delivered({ [HEADERS.attempts]: theirs }));
      expect(historyOf(next)).toHaveLength(1);
      expect(next.message.routingKey).toBe('orders_queue.retry.1s');
    },
  );

  test('stay within one frame of 128 KiB, whatever went wrong and however often', () => {
    const book = new Error('\u0001é'.repeat(500_000));
    let next = after(book);
    for (let times = 0; times < 100; times++) next = after(book, delivered(headersOf(next)));
    const bytes = Object.entries(headersOf(next)).reduce(
      (sum, [name, value]) => sum + name.length + Buffer.byteLength(value),
      0,
    );
    expect(bytes).toBeLessThan(120 * 1024);
    expect(headersOf(next)[HEADERS.cause]).toContain('(1000007 characters)');
  });
});

test('a message without an id is moved under the name that its content gives it, always the same', () => {
  const republishedTo = (properties: object) =>
    after(new Error('x'), delivered({}, properties)).message.messageId;
  expect(republishedTo({ messageId: undefined })).toMatch(/^unnamed-[0-9a-f]{32}$/);
  expect(republishedTo({ messageId: undefined })).toBe(
    republishedTo({ messageId: undefined, type: 'other' }),
  );
  expect(republishedTo({ messageId: 'any text' })).toBe('any text');
});

test('a message that asked for copies in other queues is moved alone', () => {
  const next = after(new NotYet('later'), delivered({ CC: ['payments_queue'], BCC: ['x'], theirs: 1 }));
  expect(Object.keys(next.message.options?.headers).sort()).toEqual(['theirs', HEADERS.attempts]);
});

describe('a message that was replayed', () => {
  test('runs through the whole retry schedule again, and keeps its earlier history', () => {
    const before = [
      ...[1, 2, 3, 4].map((at) => ({ at: `2026-01-0${at}T00:00:00.000Z`, error: `NotYet: try ${at}` })),
      { at: '2026-01-05T00:00:00.000Z', replayedBy: 'ana' },
    ];
    let delivery = delivered({ [HEADERS.attempts]: JSON.stringify(before) });
    for (const step of ['retry.1s', 'retry.5s', 'retry.30s', 'dlq']) {
      const next = after(new NotYet('again'), delivery);
      expect(next.message.routingKey).toBe(`orders_queue.${step}`);
      delivery = delivered(headersOf(next));
    }
    const history = JSON.parse(String(delivery.properties.headers?.[HEADERS.attempts]));
    expect(history).toHaveLength(9);
    expect(history.slice(0, 5)).toEqual(before);
  });
});
