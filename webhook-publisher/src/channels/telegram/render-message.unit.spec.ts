import { DeliveryFailed, EVENTS, type Language, StockLow } from '@comanda/contracts';
import { BAD_TEXTS } from '@comanda/contracts/some-texts';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { COUNTED } from '../messages/counted.js';
import { foldedMessages } from '../messages/folded-messages.js';
import { MESSAGES, messageAbout, type ReportedEvent } from '../messages/message-about.js';
import { MAX_MESSAGE_LENGTH, renderFolded, renderMessage } from './render-message.js';

const telegram = (event: ReportedEvent, language: Language): string =>
  renderMessage(messageAbout(event, language));

const confirmed = (orderId: string) => ({
  type: 'order.confirmed',
  data: { orderId, totalAmount: 1250, currency: 'EUR', paymentId: 'p-1' },
});
const languages = ['en', 'es'] as const;

describe('a message', () => {
  const disputed = { orderId: 'o-1', requestId: 'r-1', code: 'CHARGE_DISPUTED', reason: 'It is disputed' };
  const { productId, available } = StockLow.example;
  test.each([
    [
      confirmed('o-1'),
      '✅ <b>Order confirmed</b>\nOrder <code>o-1</code>\n12.50 EUR paid',
      '✅ <b>Pedido confirmado</b>\nPedido <code>o-1</code>\n12,50 EUR pagados',
    ],
    [
      { type: 'product.stockLow', data: StockLow.example },
      `⚠️ <b>Stock is low</b>\nProduct <code>${productId}</code>: ${available} left`,
      `⚠️ <b>Quedan pocas existencias</b>\nProducto <code>${productId}</code>: quedan ${available}`,
    ],
    [
      { type: 'order.fulfilled', data: { orderId: 'o-1' } },
      '🛍️ <b>Order fulfilled</b>\nOrder <code>o-1</code>',
      '🛍️ <b>Pedido entregado</b>\nPedido <code>o-1</code>',
    ],
    [
      { type: 'payment.refundFailed', data: disputed },
      '⚠️ <b>Refund failed</b>\nOrder <code>o-1</code>\nReason: It is disputed (CHARGE_DISPUTED)',
      '⚠️ <b>Reembolso fallido</b>\nPedido <code>o-1</code>\nMotivo: It is disputed (CHARGE_DISPUTED)',
    ],
  ])('announces %j in English and in Spanish', (event, english, spanish) => {
    expect(telegram(event, 'en')).toBe(english);
    expect(telegram(event, 'es')).toBe(spanish);
  });

  test('counts the pieces of a new order', () => {
    const data = {
      orderId: 'o-1',
      totalAmount: 300,
      currency: 'USD',
      items: [{ quantity: 2 }, { quantity: 3 }],
    };
    expect(telegram({ type: 'order.created', data }, 'en')).toContain('5 items, 3.00 USD');
  });

  test('lists every shortage of an order without stock', () => {
    const data = {
      orderId: 'o-1',
      shortages: [
        { productId: 'cake', requested: 2, available: 1 },
        { productId: 'tea', requested: 5, available: 0 },
      ],
    };
    const text = telegram({ type: 'product.stockRejected', data }, 'en');
    expect(text).toContain('<code>cake</code>: 2 asked, 1 left\n<code>tea</code>: 5 asked, 0 left');
  });

  test('says of a refund that failed how much it is, and whether it is tried again', () => {
    const data = {
      ...{
        orderId: 'o-1',
        amount: 123456,
        currency: 'HUF',
        code: 'EXPIRED_CARD',
        reason: 'The bank said no',
      },
      willRetry: true,
    };
    expect(telegram({ type: 'payment.refundFailed', data }, 'en').split('\n').slice(2)).toEqual([
      '1,234.56 HUF',
      'Reason: The bank said no (EXPIRED_CARD)',
      'It is owed: we try again.',
    ]);
  });

  test.each([
    ['opened', 'answer it at the payment provider in time', 'respóndala a tiempo en el proveedor de pagos'],
    ['won', 'the money stays', 'el dinero se queda'],
    ['lost', 'the money is gone', 'el dinero se ha ido'],
  ])('says what a dispute that is %s means', (status, en, es) => {
    const data = {
      ...{ orderId: 'o-1', status, amount: 360, currency: 'EUR', code: 'FRAUDULENT', reason: 'Not me <b>' },
    };
    const event = { type: 'payment.disputed', data };
    expect(telegram(event, 'en')).toMatch(
      new RegExp(
        `^🚨 <b>Payment disputed</b>\nOrder <code>o-1</code>\n3.60 EUR\n<b>.*</b>: ${en}.\nReason: Not me &lt;b&gt; \\(FRAUDULENT\\)$`,
      ),
    );
    expect(telegram(event, 'es')).toContain(es);
  });

  test('never shows a refund whose currency is unknown as a bare number', () => {
    const data = { orderId: 'o-1', amount: 1250, reason: 'broken' };
    expect(telegram({ type: 'order.refundRequested', data }, 'en')).not.toContain('1250');
    expect(telegram({ type: 'order.refundRequested', data: { ...data, currency: 'EUR' } }, 'en')).toContain(
      '12.50 EUR',
    );
  });

  test('escapes what comes from data and breaks no line for it', () => {
    const data = { orderId: '</code><a href="https://evil">', reason: 'a & b\n<b>c</b>', by: 'x' };
    expect(telegram({ type: 'order.cancelled', data }, 'en')).toBe(
      '🚫 <b>Order cancelled</b>\n' +
        'Order <code>&lt;/code&gt;&lt;a href="https://evil"&gt;</code>, by x\n' +
        'Reason: a &amp; b &lt;b&gt;c&lt;/b&gt;',
    );
  });

  test('of a type without a text names the type, its order and its reason, and no field', () => {
    const data = { orderId: 'o-1', reason: 'why', amount: 3, nested: { a: 1 } };
    expect(telegram({ type: 'payment.<new>', data }, 'en')).toBe(
      'ℹ️ <b>payment.&lt;new&gt;</b>\nOrder <code>o-1</code>\nReason: why',
    );
    expect(telegram({ type: 'payment.new', data: { amount: 3 } }, 'es')).toBe('ℹ️ <b>payment.new</b>');
  });

  test('about a failed delivery says where it was to go and what came back, also of an earlier build', () => {
    const failed = { type: 'webhook.deliveryFailed', data: DeliveryFailed.example };
    expect(telegram(failed, 'en')).toBe(
      '📪 <b>Webhook not delivered</b>\nTo <code>https://hooks.example.com/comanda</code>\n' +
        '<code>order.created</code>, 6 attempts\nReason: Every attempt failed\nLast answer: HTTP 500: out of order',
    );
    const earlier = { subscriptionId: 's-1', deliveryId: 'd-1', reason: 'schedule-used-up' };
    expect(telegram({ ...failed, data: earlier }, 'es')).toBe(
      '📪 <b>Webhook no entregado</b>\nSuscripción <code>s-1</code>\nMotivo: schedule-used-up',
    );
  });

  test.each([null, undefined, 7, 'text', [], {}])(
    'falls back to the generic one when the data is %p',
    (data) => {
      for (const type of Object.keys(MESSAGES).filter((one) => one !== 'webhook.test')) {
        expect(telegram({ type, data }, 'es')).toMatch(/^ℹ️ /u);
      }
    },
  );

  test('that would be too long ends after a whole line', () => {
    const shortages = Array.from({ length: 60 }, () => ({
      productId: '&'.repeat(300),
      requested: 2,
      available: 1,
    }));
    const text = telegram({ type: 'product.stockRejected', data: { orderId: 'o-1', shortages } }, 'en');
    expect(text.length).toBeLessThanOrEqual(MAX_MESSAGE_LENGTH);
    expect(text.split('\n').slice(2)).toEqual([
      ...Array.from({ length: 3 }, () => `<code>${'&amp;'.repeat(199)}…</code>: 2 asked, 1 left`),
      '…',
    ]);
  });

  test.each(
    EVENTS.flatMap(({ type, example }) => languages.map((language) => ({ type, example, language }))),
  )(
    'about $type ($language) has a text of its own, with no name of a field and no bare minor units',
    ({ type, example, language }) => {
      const text = telegram({ type, data: example }, language);
      expect(text).not.toMatch(/^ℹ️/u);
      expect(text.split('\n').length).toBeGreaterThanOrEqual(2);
      for (const [field, value] of Object.entries(example as Readonly<Record<string, unknown>>)) {
        expect(text).not.toMatch(new RegExp(`^${field}: `, 'm'));
        // A number of one digit may stand for anything.
        if (!/amount|price|remaining/i.test(field) || Number(value) < 10) continue;
        expect(text).not.toMatch(new RegExp(`(?<![\\d.,])${value}(?![\\d.,])`));
      }
    },
  );
});

describe('for any event', () => {
  const types = fc.oneof(fc.constantFrom(...Object.keys(MESSAGES)), fc.string({ maxLength: 5000 }));
  const nasty = fc.oneof(
    fc.string({ unit: fc.constantFrom('<', '>', '&', '\n', '\u0000', '😀', '\ud800', 'a'), maxLength: 3000 }),
    fc.string({ unit: 'grapheme' }),
  );
  const data = fc.oneof(
    fc.anything(),
    fc.dictionary(nasty, nasty),
    fc.record({
      orderId: nasty,
      reason: nasty,
      by: nasty,
      currency: nasty,
      totalAmount: fc.integer(),
      subscriptionId: nasty,
      shortages: fc.array(fc.record({ productId: nasty, requested: fc.nat(), available: fc.nat() }), {
        maxLength: 60,
      }),
    }),
  );

  test('the message fits, is well formed, and opens no tag but ours', () => {
    fc.assert(
      fc.property(types, data, fc.constantFrom(...languages), (type, value, language) => {
        const text = telegram({ type, data: value }, language);
        expect(text.length).toBeGreaterThan(0);
        expect(text.length).toBeLessThanOrEqual(MAX_MESSAGE_LENGTH);
        expect(text.isWellFormed()).toBe(true);
        const withoutOurs = text.replaceAll(/<(b|code)>([^<>]*)<\/\1>/g, '$2');
        expect(withoutOurs).not.toMatch(/[<>]/);
        expect(withoutOurs).not.toMatch(/&(?!amp;|lt;|gt;)/);
      }),
      { numRuns: 500 },
    );
  });
});

/** The value with another text in the place of each of its own. */
function withTexts(value: unknown, text: string): unknown {
  if (typeof value === 'string') return text;
  if (Array.isArray(value)) return value.map((one) => withTexts(one, text));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([field, one]) => [field, withTexts(one, text)]));
}

describe('whatever a stranger wrote into an event', () => {
  const cases = EVENTS.flatMap(({ type, example }) =>
    languages.map((language) => ({ type, example, language })),
  );

  test.each(cases)(
    'stays in its line of the message about $type ($language)',
    ({ type, example, language }) => {
      const linesWith = (text: string) =>
        telegram({ type, data: withTexts(example, text) }, language).split(/[\p{Zl}\p{Zp}\n\r\v\f\u0085]/u);
      const lines = linesWith('x').length;
      for (const bad of Object.values(BAD_TEXTS)) {
        const found = linesWith(`<a href="x">${bad}</a>&\n@x`);
        expect(found).toHaveLength(lines);
        expect(found.join('')).not.toMatch(/[\p{Cc}\p{Bidi_C}]|<a|&(?!(amp|lt|gt);)/u);
        expect(found.join('').isWellFormed()).toBe(true);
      }
    },
  );
});

describe('many events in one message', () => {
  const folded = (events: readonly ReportedEvent[], language: Language): string =>
    renderFolded((details) => foldedMessages(events, language, details));
  const orders = (count: number) => Array.from({ length: count }, (_, at) => confirmed(`o-${at + 1}`));

  test('are counted, and a few are told by name', () => {
    expect(folded(orders(17), 'en').split('\n')).toEqual([
      '✅ <b>17 orders confirmed</b>',
      ...[1, 2, 3, 4, 5].map((at) => `• Order <code>o-${at}</code> · 12.50 EUR paid`),
      '… and 12 more',
    ]);
    expect(folded(orders(2), 'es').split('\n')).toEqual([
      '✅ <b>2 pedidos confirmados</b>',
      '• Pedido <code>o-1</code> · 12,50 EUR pagados',
      '• Pedido <code>o-2</code> · 12,50 EUR pagados',
    ]);
  });

  test('stand by their types, one alone under its own title', () => {
    const cancelled = { type: 'order.cancelled', data: { orderId: 'o-<9>', reason: 'Late', by: 'staff' } };
    const [one, two] = orders(2);
    expect(
      folded(
        [one, cancelled, two, { type: 'new.type', data: {} }, { type: 'new.type', data: {} }].flatMap(
          (event) => event ?? [],
        ),
        'en',
      ).split('\n'),
    ).toEqual([
      '✅ <b>2 orders confirmed</b>',
      '• Order <code>o-1</code> · 12.50 EUR paid',
      '• Order <code>o-2</code> · 12.50 EUR paid',
      '🚫 <b>Order cancelled</b>',
      '• Order <code>o-&lt;9&gt;</code>, by staff · Reason: Late',
      'ℹ️ <b>2 × new.type</b>',
    ]);
  });

  test('of every type there is fit, with the number of each, however long what they say', () => {
    const reason = '&'.repeat(500);
    const types = Object.keys(MESSAGES);
    const events = types.flatMap((type) => {
      const known = EVENTS.find((event) => event.type === type);
      return Array.from({ length: 4 }, () => ({ type, data: { ...Object(known?.example), reason } }));
    });
    for (const language of languages) {
      const text = folded(events, language);
      expect(text.length).toBeLessThanOrEqual(MAX_MESSAGE_LENGTH);
      for (const type of types) expect(text).toContain(`<b>4 ${COUNTED[type]?.[language]}</b>`);
    }
  });

  test('have a name for every type that has a text', () => {
    expect(Object.keys(COUNTED).toSorted()).toEqual(Object.keys(MESSAGES).toSorted());
  });
});
