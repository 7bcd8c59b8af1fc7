import { expect, test } from '@jest/globals';
import { z } from 'zod';
import './problem-words.js';

const wordsOf = (schema: z.ZodType, input: unknown) =>
  schema.safeParse(input).error?.issues.map(({ message }) => message);

const lines = z.strictObject({ sku: z.string(), quantity: z.int() });

test.each<[z.ZodType, unknown, string]>([
  [z.object({ a: z.string() }), {}, 'is required'],
  [z.object({ a: z.enum(['x']) }), {}, 'is required'],
  [z.object({ a: z.union([z.string(), z.null()]) }), {}, 'is required'],
  [z.string(), 5, 'must be a string'],
  [z.string(), null, 'must be a string'],
  [z.boolean(), 'yes', 'must be true or false'],
  [z.array(z.string()), {}, 'must be an array'],
  [lines, [], 'must be an object'],
  [z.record(z.string(), z.string()), 'x', 'must be an object'],
  [z.number(), 'x', 'must be a number'],
  [z.number(), Number.POSITIVE_INFINITY, 'must be a number'],
  [z.number().int(), 1.5, 'must be a whole number'],
  [z.number().int().min(1).max(100), 1.5, 'must be a whole number from 1 to 100'],
  [z.number().int().min(1).max(100), '2', 'must be a whole number from 1 to 100'],
  [z.number().int().min(1).max(100), 101, 'must be a whole number from 1 to 100'],
  [z.number().int().min(1).max(100), 0, 'must be a whole number from 1 to 100'],
  [z.number().int().min(0), 2 ** 53, 'must be a whole number from 0 to 9007199254740991'],
  [z.number().max(1), 2, 'must be a number to 1'],
  [z.number().min(1), 0, 'must be a number from 1'],
  [z.number().multipleOf(5), 3, 'must be a multiple of 5'],
  [z.bigint().max(5n), 6n, 'must be at most 5'],
  [z.string().max(5), '😀😀😀😀😀😀', 'must have at most 5 characters; this has 6'],
  [z.string().min(1), '', 'must not be empty'],
  [z.string().min(8), 'x', 'must have at least 8 characters; this has 1'],
  [z.string().length(2), 'x', 'must have exactly 2 characters; this has 1'],
  [z.array(z.int()).max(1), [1, 2], 'must have at most 1 items; this has 2'],
  [z.array(z.int()).min(1), [], 'must not be empty'],
  [z.uuid(), '42', 'must be a UUID such as 0190a000-0000-7000-8000-000000000001'],
  [z.email(), 'x', 'must be an e-mail address such as name@example.org'],
  [z.iso.datetime(), 'noon', 'must be an RFC 3339 time such as 2026-01-31T12:00:00Z'],
  [z.enum(['a', 'b']), 'c', 'must be one of: a, b'],
  [z.literal('a'), 'c', 'must be a'],
  [lines, { sku: 'x', quantity: 1, price: 2 }, 'is not a known field; known are sku, quantity'],
  [z.strictObject({}), { x: 1 }, 'is not a known field; none is known here'],
  [
    z.discriminatedUnion('is', [z.object({ is: z.literal('a') }), z.object({ is: z.literal('b') })]),
    { is: 'c' },
    'must be one of: a, b',
  ],
  [
    z.record(z.string().regex(/^[a-z]$/, 'must be a letter'), z.int()),
    { '1': 1 },
    'holds what does not fit: must be a letter',
  ],
  [z.string().refine(() => false, 'must be nicer'), 'x', 'must be nicer'],
  [z.string().refine(() => false), 'x', 'is not allowed here'],
])('%#: a value that does not fit is told what to be: %p %s', (schema, input, words) => {
  expect(wordsOf(schema, input)).toEqual([words]);
});
