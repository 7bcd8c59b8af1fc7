import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import * as client from '@comanda/client';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { CUSTOMER, DEMO_PASSWORD, PRODUCTS, STAFF } from '../support/api.js';
import { until } from '../support/until.js';
import { useInstallation } from '../support/use-installation.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

const ROOT = resolve(import.meta.dirname, '../..');
const comanda = useInstallation();

/** The blocks of code of a page's section, in order. */
function blocksOf(file: string, section: string): { language: string; code: string }[] {
  const page = readFileSync(join(ROOT, file), 'utf8');
  const text = new RegExp(`^## ${section}\\n([\\s\\S]*?)(?=^## )`, 'm').exec(page)?.[1] ?? '';
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(([, language = '', code = '']) => ({
    language,
    code: code.replaceAll('http://localhost:3000', comanda.platform.url),
  }));
}

/** An answer that is no success ends a script, unless its page says that it is refused. */
const STRICT = 'set -euo pipefail; curl() { command curl --fail-with-body "$@"; }\n';
const LENIENT = 'set -euo pipefail\n';

async function shell(code: string, env: Record<string, string> = {}): Promise<string> {
  const script = (code.includes('# is refused') ? LENIENT : STRICT) + code;
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { env: { ...process.env, ...env } });
  return stdout;
}

/** What differs from run to run. */
const withoutChance = (json: string): unknown =>
  JSON.parse(json, (_key, value: unknown) => {
    if (typeof value !== 'string' || /^0190a000-/.test(value)) return value;
    if (/^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/.test(value)) return '<id>';
    if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)) return '<time>';
    return value.replace(/^(eyJ|whsec_).+$/, '$1...');
  });

describe('docs/api.md', () => {
  test('its requests are answered as it says', async () => {
    const blocks = blocksOf('docs/api.md', 'A tour').filter(({ language }) => language !== 'ts');
    expect(blocks.filter(({ language }) => language === 'json').length).toBeGreaterThanOrEqual(6);
    const kept: Record<string, string> = { API: `${comanda.platform.url}/api/v1` };
    for (const [at, { language, code }] of blocks.entries()) {
      if (language !== 'sh') continue;
      const said = await shell(code, kept);
      if (code.includes('# is a stream')) {
        expect(said).toMatch(/^event: ?step$/m);
        expect(said).toContain('"order.confirmed"');
        continue;
      }
      const answer = z.record(z.string(), z.unknown()).parse(JSON.parse(said));
      const [, name, field] = /# (\w+)=\.(\w+)$/m.exec(code) ?? [];
      if (name && field) kept[name] = z.string().parse(answer[field]);
      const shown = blocks[at + 1];
      if (shown?.language === 'json') expect(withoutChance(said)).toEqual(withoutChance(shown.code));
    }
    expect(Object.keys(kept)).toEqual(['API', 'CUSTOMER', 'STAFF', 'ORDER', 'KEY']);
  });

  test('its client does what it says', async () => {
    const program = blocksOf('docs/api.md', 'A tour')
      .filter(({ language }) => language === 'ts')
      .map(({ code }) => code.replace(/^import (\{.*\}) from '@comanda\/client';$/m, 'const $1 = client;'));
    expect(program.length).toBeGreaterThanOrEqual(6);
    const printed: unknown[][] = [];
    const run = Object.getPrototypeOf(async () => undefined).constructor(
      'client',
      'console',
      `${program.join('\n')}\nreturn { status, secret, receive };`,
    );
    const { status, secret, receive } = await run(client, {
      log: (...words: unknown[]) => printed.push(words),
    });
    expect([status, typeof secret, typeof receive]).toEqual(['CONFIRMED', 'string', 'function']);
    expect(printed.at(-1)).toEqual([
      400,
      'INVALID_REQUEST',
      [{ path: 'quantity', message: 'must be a whole number from 1 to 1000000' }],
      expect.any(String),
    ]);
    expect(printed[0]).toEqual(['step', 'orders.create']);
    // Those of the witness, before it.
    expect(printed.slice(0, -1).map(([type]) => type)).toContain('order.created');
  });
});

test('README.md: the API on one screen is as it says', async () => {
  const [block] = blocksOf('README.md', 'The API on one screen');
  const said = await shell(block?.code ?? 'exit 1');
  expect(said).toContain('"status":"CONFIRMED"');
  expect(said).toContain('"orders.create"');
  expect(said).toContain('"requestId"');
  expect(said).toContain('"secret":"whsec_');
});

test('the client takes an order from its log-in to its webhooks', async () => {
  const { url } = comanda.platform;
  const customer = new client.Comanda(url, { email: CUSTOMER.email, password: DEMO_PASSWORD });
  const staff = new client.Comanda(url, { email: STAFF.email, password: DEMO_PASSWORD });
  const receiver = await WebhookReceiver.start();
  try {
    const subscription = await staff.post('/subscriptions', {
      body: {
        channel: 'webhook',
        target: receiver.url,
        eventTypes: ['order.*', 'payment.*'],
        secret: receiver.secret,
      },
    });
    const placed = {
      body: { items: [{ productId: PRODUCTS.cappuccino, quantity: 2 }], payment: { method: 'sim_approved' } },
      idempotencyKey: 'the-journey',
    };
    const { orderId } = await customer.post('/orders', placed);
    const again = await customer.send('post', '/orders', placed);
    expect([again.status, again.headers.get('idempotent-replayed'), again.body.orderId]).toEqual([
      202,
      'true',
      orderId,
    ]);

    const path = { orderId };
    const order = () => customer.get('/orders/{orderId}', { path });
    await until('it is confirmed', async () => (await order()).status === 'CONFIRMED');
    const { requestId } = await staff.post('/orders/{orderId}/refunds', {
      path,
      body: { amount: 280, reason: 'Spilt' },
    });
    await until('a part is refunded', async () => (await order()).refundedAmount === 280);
    const { items: refunds } = await staff.get('/orders/{orderId}/refunds', { path });
    expect(refunds).toMatchObject([{ refundId: requestId, amount: 280 }]);
    await staff.post('/orders/{orderId}/fulfil', { path });
    await until('it is fulfilled', async () => (await order()).status === 'FULFILLED');

    const verify = client.webhookVerifier(receiver.secret);
    const types = () => receiver.about(orderId).map(({ event }) => event.type);
    await receiver.until(
      'all is told',
      () => types().includes('order.fulfilled') && types().includes('payment.refunded'),
    );
    for (const { headers, body, event } of receiver.about(orderId)) {
      const { id, type, data } = await verify(headers, body);
      expect({ id, type, orderId: data.orderId }).toEqual({ id: event.id, type: event.type, orderId });
      await expect(verify(headers, body.replace(orderId, 'another'))).rejects.toBeInstanceOf(
        client.WebhookRefused,
      );
    }
    const delivered: string[] = [];
    const query = { orderId, subscriptionId: subscription.subscriptionId, limit: 1 };
    for await (const { eventType } of staff.each('/deliveries', { query })) delivered.push(eventType);
    expect(delivered.toSorted()).toEqual(types().toSorted());

    const deadLetters = staff.each('/dead-letters', { query: { limit: 1 } });
    expect(await deadLetters.next()).toEqual({ done: true, value: undefined });
    await expect(customer.get('/dead-letters')).rejects.toMatchObject({
      status: 403,
      code: expect.any(String),
    });
    const elsewhere = { path: { orderId: PRODUCTS.unknown } };
    await expect(customer.get('/orders/{orderId}', elsewhere)).rejects.toMatchObject({
      code: 'UNKNOWN_ORDER',
    });
    await staff.delete('/subscriptions/{subscriptionId}', {
      path: { subscriptionId: subscription.subscriptionId },
    });
  } finally {
    await receiver.stop();
  }
});
