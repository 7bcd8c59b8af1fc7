import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { COMMANDS, EVENTS, QUERIES } from './catalogue.js';
import { derivedId, Id, newId } from './ids.js';
import { Amount, Currency } from './money.js';
import { oneLine } from './one-line.js';
import { BAD_TEXTS, faultsIn, stringsIn } from './testing/some-texts.js';

test('every example satisfies the schema of its event, and types are unique', () => {
  for (const event of EVENTS) expect(event.data.parse(event.example)).toEqual(event.example);
  const types = [...EVENTS, ...COMMANDS, ...QUERIES].map(({ type }) => type);
  expect(new Set(types).size).toBe(types.length);
  expect(EVENTS.length).toBeGreaterThan(15);
});

/** Names of fields that hold minor units of a currency. */
const MONEY = /(amount|price|total|remaining|refund(ed|ing)|captured|fee)$/i;
const Shape = z.object({
  properties: z.record(z.string(), z.unknown()).default({}),
  items: z.unknown().optional(),
});

/** The fields of money, by their paths, for which neither their object nor one around it names a currency. */
function uncounted(schema: unknown, known = false, path = ''): string[] {
  const { success, data } = Shape.safeParse(schema);
  if (!success) return [];
  const named = known || 'currency' in data.properties;
  const own = Object.keys(data.properties).filter((name) => MONEY.test(name) && !named);
  const inner = Object.entries(data.properties).flatMap(([name, field]) =>
    uncounted(field, named, `${path}${name}.`),
  );
  return [...own.map((name) => path + name), ...inner, ...uncounted(data.items, named, path)];
}

describe('an amount of money', () => {
  const schemas = [
    ...EVENTS.map(({ type, data }) => [type, data] as const),
    ...[...COMMANDS, ...QUERIES].flatMap(({ type, data, result }) => [
      [type, data] as const,
      [`the answer to ${type}`, result] as const,
    ]),
  ];

  test('has its currency beside it, in every message and answer', () => {
    const found = schemas.flatMap(([name, schema]) =>
      uncounted(z.toJSONSchema(schema, { io: 'input' })).map((field) => `${name}: ${field}`),
    );
    // Who asks for a refund, or changes a price, cannot choose the currency: it is the order's or the product's.
    expect(found).toEqual(['orders.refund: amount', 'products.update: price']);
  });

  test('that lacks it is found, however deep', () => {
    const line = z.object({ unitPrice: Amount });
    const found = (shape: z.ZodType) => uncounted(z.toJSONSchema(shape));
    expect(found(z.object({ lines: z.array(line) }))).toEqual(['lines.unitPrice']);
    expect(found(z.object({ currency: Currency, lines: z.array(line) }))).toEqual([]);
  });

  test('is told with its currency by every event, also where one of an earlier build may lack it', () => {
    for (const { type, example, data } of EVENTS) {
      const properties = Object.keys(Shape.parse(z.toJSONSchema(data, { io: 'input' })).properties);
      if (properties.some((name) => MONEY.test(name)))
        expect({ type, example }).toEqual({ type, example: expect.objectContaining({ currency: 'EUR' }) });
    }
  });
});

test('messages of earlier builds, in queues, outboxes and dead letters, stay readable', () => {
  const fields: Record<string, readonly string[]> = {
    'order.created': ['sku', 'name', 'lineTotal'],
    'order.refundRequested': ['currency'],
    'payment.refunded': ['currency'],
    'orders.mendPriceList': ['sku', 'name'],
  };
  const listed = {
    productId: newId(),
    sku: 'TEA',
    name: 'Tea',
    price: 1,
    currency: 'EUR',
    active: true,
    version: 1,
  };
  const messages = [
    ...EVENTS.map(({ type, data, example }) => ({ type, data, example })),
    ...COMMANDS.map(({ type, data }) => ({ type, data, example: { products: [listed] } })),
  ].filter(({ type }) => type in fields);
  expect(messages).toHaveLength(4);
  for (const { type, data, example } of messages) {
    const without = JSON.stringify(example, (key, value) =>
      fields[type]?.includes(key) ? undefined : value,
    );
    expect(without).not.toBe(JSON.stringify(example));
    expect({ type, read: data.safeParse(JSON.parse(without)).success }).toEqual({ type, read: true });
  }
});

test('an id derived from the same parts is the same UUID, from other parts another', () => {
  const id = derivedId('default', 'caller', 'key');
  expect(derivedId('default', 'caller', 'key')).toBe(id);
  expect(derivedId('default', 'callerk', 'ey')).not.toBe(id);
  expect(Id.safeParse(id).success).toBe(true);
  expect(id[14]).toBe('8');
  expect(newId()[14]).toBe('7');
});

const asked = [...COMMANDS, ...QUERIES];
/** Texts of clients in commands that nobody can refuse to them any more. */
const ACCEPTED = ['orders.cancel.reason', 'orders.refund.reason'];

test('no string of a command or a query takes a bad text, and each text keeps good ones', () => {
  const strings = asked.flatMap(({ type, data }) => stringsIn(data, type));
  expect(strings.length).toBeGreaterThan(100);
  // A copy of a name that is stored must be the same name, however old it is.
  const copied = 'orders.mendPriceList.products[].name';
  const others = strings.filter(({ path }) => ![copied, ...ACCEPTED].includes(path));
  expect(others.flatMap(faultsIn)).toEqual([]);
});

test.each(ACCEPTED)('%s, which an earlier build answered with 202, is read as one line', (path) => {
  const [found] = asked.flatMap(({ type, data }) => stringsIn(data, type)).filter((one) => one.path === path);
  for (const bad of [...Object.values(BAD_TEXTS), 'x'.repeat(501)])
    expect(found?.schema.safeParse(bad)).toEqual({ success: true, data: oneLine(bad) });
});

test('every text in an event or an answer may be older than the rules for texts', () => {
  const strings = [
    ...EVENTS.flatMap(({ type, data }) => stringsIn(data, type)),
    ...asked.flatMap(({ type, result }) => stringsIn(result, type)),
  ];
  const strict = strings.flatMap(({ path, schema }) =>
    schema.safeParse('Café ☕').success
      ? Object.entries(BAD_TEXTS).flatMap(([what, bad]) =>
          schema.safeParse(bad).data === bad ? [] : [`${path} is not read with ${what}`],
        )
      : [],
  );
  expect(strict).toEqual([]);
});

test('every time that a query filters by takes any form of RFC 3339, and an end of a range is rounded up', () => {
  const filters = QUERIES.flatMap(({ type, data }) => stringsIn(data, type)).filter(
    ({ path, schema }) =>
      /(After|Before|Since|Until|From|At)$/.test(path) && schema.safeParse('2026-01-31T09:00:00Z').success,
  );
  expect(filters.map(({ path }) => path)).toContain('orders.list.createdBefore');
  for (const { path, schema } of filters) {
    const ms = /(Before|Until)$/.test(path) ? '001' : '000';
    expect([path, schema.parse('2026-01-31t10:00:00.0000001+01:00')]).toEqual([
      path,
      `2026-01-31T09:00:00.${ms}Z`,
    ]);
  }
});
