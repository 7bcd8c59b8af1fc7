import { COMMANDS, QUERIES, type QueryType } from '@comanda/contracts';
import { describe, expect, test } from '@jest/globals';
import { RpcException } from '@nestjs/microservices';
import BetterSqlite3 from 'better-sqlite3';
import { z } from 'zod';
import { countCursor, cursorParameters, pageOf } from './paging.js';

interface Item {
  name: string;
  id: string;
}

function shop(order: 'ASC' | 'DESC') {
  const connection = new BetterSqlite3(':memory:');
  connection.exec('CREATE TABLE items (name TEXT, id TEXT)');
  const add = (name: string, id: string) =>
    connection.prepare('INSERT INTO items VALUES (?, ?)').run(name, id);
  const behind = order === 'ASC' ? '>' : '<';
  const statement = connection.prepare<[object], Item>(
    `SELECT name, id FROM items WHERE ($1 IS NULL OR (name, id) ${behind} ($1, $2))
     ORDER BY name ${order}, id ${order} LIMIT $3`,
  );
  const page = (limit: number, cursor?: string) => {
    const { cursorFirst, cursorId } = cursorParameters(cursor);
    return pageOf(statement.all({ 1: cursorFirst, 2: cursorId, 3: limit + 1 }), {
      limit,
      position: (row) => [row.name, row.id],
      view: ({ name, id }) => name + id,
    });
  };
  return { add, page };
}

function walk(page: ReturnType<typeof shop>['page'], limit: number): string[][] {
  const pages: string[][] = [];
  for (let cursor: string | undefined; ; ) {
    const { items, nextCursor } = page(limit, cursor);
    pages.push(items);
    if (nextCursor === null) return pages;
    cursor = nextCursor;
  }
}

describe('pages', () => {
  test.each(['ASC', 'DESC'] as const)('%s give every row once, also with equal names', (order) => {
    const { add, page } = shop(order);
    for (const id of '123456789') add(id < '7' ? 'same' : 'zebra', id);
    const all = walk(page, 4).flat();
    const sorted = [...'123456'].map((id) => `same${id}`).concat([...'789'].map((id) => `zebra${id}`));
    expect(all).toEqual(order === 'ASC' ? sorted : sorted.toReversed());
  });

  test('end without an empty one when the rows fill the last exactly', () => {
    const { add, page } = shop('ASC');
    for (const id of '1234') add('a', id);
    expect(walk(page, 2).map((items) => items.length)).toEqual([2, 2]);
    expect(walk(page, 4)).toHaveLength(1);
  });

  test('neither repeat nor hide a row when others are added before them meanwhile', () => {
    const { add, page } = shop('ASC');
    for (const id of '1234') add('m', id);
    const first = page(2);
    add('a', '0');
    add('z', '9');
    expect(page(2, first.nextCursor ?? undefined).items).toEqual(['m3', 'm4']);
  });

  test('of nothing are one that is empty', () => {
    expect(shop('ASC').page(5)).toEqual({ items: [], nextCursor: null });
  });
});

test.each([
  '',
  'x',
  'bm9uZQ',
  Buffer.from('[1,2]').toString('base64url'),
  Buffer.from('["a"]').toString('base64url'),
])('a cursor that is not ours is refused with 400: %j', (cursor) => {
  expectRefusal(() => cursorParameters(cursor));
  expectRefusal(() => countCursor(cursor));
});

function expectRefusal(refused: () => unknown): void {
  expect(refused).toThrow(RpcException);
  try {
    refused();
  } catch (error) {
    expect((error as RpcException).getError()).toMatchObject({
      ok: false,
      refusal: { status: 400, code: 'INVALID_CURSOR' },
    });
  }
}

test('a cursor among rows that are counted is a number, and nothing else', () => {
  const cursorAt = (position: string) => Buffer.from(JSON.stringify([position, ''])).toString('base64url');
  expect(countCursor(undefined)).toBeNull();
  expect(countCursor(cursorAt('17'))).toBe(17);
  for (const position of ['x', '1.5', '1e400', '9007199254740993'])
    expectRefusal(() => countCursor(cursorAt(position)));
});

type Schema = z.core.JSONSchema.JSONSchema;
const isSchema = (value: unknown): value is Schema => typeof value === 'object' && !Array.isArray(value);

/** The fields of an object, or of the objects in a list. */
const fieldsOf = ({ properties = {}, items }: Schema): [string, Schema][] =>
  Object.entries(isSchema(items) ? (items.properties ?? {}) : properties).flatMap(
    ([name, field]): [string, Schema][] => (isSchema(field) ? [[name, field]] : []),
  );

const answerOf = ({ result }: QueryType) => new Map(fieldsOf(z.toJSONSchema(result, { io: 'output' })));
const LISTS = QUERIES.filter((query) => answerOf(query).has('nextCursor'));

/** How long texts may be that commands take, by the name of the field. */
const BOUNDS = COMMANDS.flatMap(({ data }) => fieldsOf(z.toJSONSchema(data, { io: 'input' }))).flatMap(
  ([name, { maxLength }]) => (maxLength === undefined ? [] : [{ name, maxLength }]),
);
/** A list is sorted by names, not by addresses that may be longer. */
const LONGEST = 500;

describe('what a list hands out as its next cursor', () => {
  test.each(LISTS.map((list) => [list.type, list] as const))(
    '%s takes back, whatever the longest text that it is sorted by',
    (_, list) => {
      const question = z.object({ cursor: z.instanceof(z.ZodType) });
      const { cursor } = question.parse(list.data instanceof z.ZodObject ? list.data.shape : {});
      const fields = new Map(fieldsOf(answerOf(list).get('items') ?? {}));
      const lengths = BOUNDS.filter(({ name, maxLength }) => fields.has(name) && maxLength <= LONGEST);
      for (const character of ['a', '"', '\\', 'é', 'ß', '漢', '\u0001', '\u2028', '😀', '\u{10FFFF}'])
        for (const length of [100, ...lengths.map(({ maxLength }) => maxLength)]) {
          const position = [character.repeat(length), '0190a000-0000-7000-8000-000000000001'] as const;
          const { nextCursor } = pageOf([1, 2], { limit: 1, position: () => position, view: () => 1 });
          expect(cursorParameters(z.string().parse(cursor.parse(nextCursor)))).toEqual({
            cursorFirst: position[0],
            cursorId: position[1],
          });
        }
    },
  );

  test('is known from the contracts', () => {
    expect(LISTS.map(({ type }) => type)).toEqual(
      expect.arrayContaining([
        'orders.list',
        'products.list',
        'products.movements',
        'webhooks.listDeliveries',
      ]),
    );
    expect(BOUNDS).toContainEqual({ name: 'name', maxLength: 200 });
  });

  test.each([
    ['NUL', '["\\u0000","x"]'],
    ['half of a surrogate pair', '["\\ud83d","x"]'],
    ['one value', '["x"]'],
    ['a number', '[1,"x"]'],
    ['no list', '{}'],
  ])('with %s in it was none', (_, json) => {
    expect(() => cursorParameters(Buffer.from(json).toString('base64url'))).toThrow(RpcException);
  });

  test('whose bytes are no UTF-8 was none', () => {
    const bytes = Buffer.from('["caf\u00e9","x"]', 'latin1');
    expect(() => cursorParameters(bytes.toString('base64url'))).toThrow(RpcException);
  });
});
