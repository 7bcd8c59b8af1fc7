import { NO_CURRENCY, newId, type OrderView } from '@comanda/contracts';
import { expect, test } from '@jest/globals';
import { renderMessage } from '../telegram/render-message.js';
import { helpMessage, muteMessage, noAnswer, orderMessage, stockMessage } from './command-messages.js';

const order: OrderView = {
  orderId: newId(),
  customerId: newId(),
  status: 'AWAITING_PAYMENT',
  items: [{ productId: newId(), quantity: 2, sku: 'tea-1' }],
  totalAmount: 123456,
  currency: 'EUR',
  refundedAmount: 500,
  createdAt: '2026-01-01T12:00:00.000Z',
  updatedAt: '2026-01-01T12:00:00.000Z',
};
const steps = [{ at: '2026-01-01T12:34:56.000Z', type: 'order.created' }];

test('an order is told in both languages', () => {
  const after = (words: readonly string[]) =>
    [`<code>${order.orderId}</code>`, ...words, '2026-01-01 12:34 UTC <code>order.created</code>'].join('\n');
  expect(renderMessage(orderMessage(order, steps, 'en'))).toBe(
    `🧾 <b>Order</b>\n${after(['Status: <b>waits for the payment</b>', '• 2 × tea-1', 'Total: 1,234.56 EUR', 'Refunded: 5.00 EUR'])}`,
  );
  expect(renderMessage(orderMessage(order, steps, 'es'))).toBe(
    `🧾 <b>Pedido</b>\n${after(['Estado: <b>espera el pago</b>', '• 2 × tea-1', 'Total: 1234,56 EUR', 'Reembolsado: 5,00 EUR'])}`,
  );
});

test('of an order without a currency no amount is told, and of a long one not every line', () => {
  const items = Array.from({ length: 100 }, () => ({
    productId: newId(),
    quantity: 1,
    name: '<&>'.repeat(66),
  }));
  const text = renderMessage(orderMessage({ ...order, currency: NO_CURRENCY, items }, steps, 'en'));
  expect(text).not.toMatch(/1234|Total|Refunded/);
  expect(text.length).toBeLessThanOrEqual(4096);
  expect(text.match(/• 1 × /g)?.length).toBeLessThanOrEqual(20);
  const short = items.map((item) => ({ ...item, name: 'tea' }));
  expect(renderMessage(orderMessage({ ...order, items: short }, steps, 'es'))).toContain('\n… y 80 más\n');
});

test('stock says what is low, how much is left out, and when there is nothing', () => {
  const entry = { sku: 'tea', name: 'Tea', available: 3, lowStockThreshold: 3, active: true };
  expect(renderMessage(stockMessage([entry, { ...entry, available: 4 }], 7, 'es'))).toBe(
    '📦 <b>Existencias</b>\n⚠️ <b>3</b> · Tea (<code>tea</code>)\n<b>4</b> · Tea (<code>tea</code>)\n… y 7 más',
  );
  expect(renderMessage(stockMessage([], 0, 'en'))).toBe('📦 <b>Stock</b>\nThere is no such product.');
});

test('every other answer has words in both languages', () => {
  const all = (['en', 'es'] as const).flatMap((language) => [
    helpMessage(language),
    muteMessage(undefined, language),
    muteMessage(null, language),
    muteMessage('2026-01-01T12:34:56.000Z', language),
    ...(['unknown', 'noOrder', 'unavailable'] as const).map((why) => noAnswer('order', why, language)),
  ]);
  const texts = all.map(renderMessage);
  expect(new Set(texts).size).toBe(14);
  expect(texts).toContain(
    '🔕 <b>Silencio</b>\nHasta 2026-01-01 12:34 UTC. Lo que ocurra hasta entonces se avisa después. /unmute lo termina.',
  );
  for (const text of texts) expect(text).toMatch(/^(ℹ️|🔔|🔕) <b>\w+<\/b>\n\S/u);
});
