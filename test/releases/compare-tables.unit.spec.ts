import { expect, test } from '@jest/globals';
import { breaksOfTables, forbidden } from './compare-tables.js';
import type { TableDescription, Tables } from './table-description.js';

const text = { type: 'text', required: true, filled: false };
const orders: TableDescription = {
  columns: { id: text, note: { ...text, required: false }, at: { ...text, filled: true } },
  unique: [{ columns: ['id'] }],
  checks: [],
};
const with_ = (change: Partial<TableDescription>): Tables => ({ orders: { ...orders, ...change } });
const columns = (more: TableDescription['columns']) => with_({ columns: { ...orders.columns, ...more } });
const { note: _, ...withoutNote } = orders.columns;

test.each<[string, Tables]>([
  ['a table', { ...with_({}), drafts: { columns: { id: text }, unique: [], checks: ["CHECK (id <> '')"] } }],
  ['a column that may be null', columns({ colour: { ...text, required: false } })],
  ['a column with a default', columns({ colour: { ...text, filled: true } })],
  [
    'a column that is unique',
    with_({
      columns: { ...orders.columns, key: { ...text, required: false } },
      unique: [...orders.unique, { columns: ['id', 'key'] }],
    }),
  ],
])('%s may be added', (_what, are) => {
  expect(breaksOfTables(with_({}), are)).toEqual([]);
});

test.each<[string, Tables, string]>([
  ['orders', {}, 'the table is gone'],
  ['orders.note', with_({ columns: withoutNote }), 'the column is gone'],
  ['orders.id', columns({ id: { ...text, type: 'bigint' } }), 'it is bigint, and was text'],
  ['orders.note', columns({ note: text }), 'it refuses null, and did not'],
  ['orders.id', columns({ id: { ...text, required: false } }), 'it may be null, and never was'],
  ['orders.at', columns({ at: text }), 'it has no default any more'],
  [
    'orders.colour',
    columns({ colour: text }),
    'who does not know the column adds no row: it is NOT NULL without a default',
  ],
  ['orders', with_({ unique: [] }), '(id) is not unique any more'],
  [
    'orders',
    with_({ unique: [...orders.unique, { columns: ['note'], where: 'at IS NULL' }] }),
    '(note) WHERE at IS NULL must be unique, and had not to be',
  ],
  [
    'orders',
    with_({ unique: [...orders.unique, { columns: ['lower(note)'] }] }),
    '(lower(note)) must be unique, and had not to be',
  ],
  ['orders', with_({ checks: ["CHECK (note <> '')"] }), "new: CHECK (note <> '')"],
])('what breaks the release before is named: %s', (subject, are, why) => {
  expect(breaksOfTables(with_({}), are)).toEqual([{ subject, why }]);
});

test('what is taken away is allowed when the release before did without it already, and nothing else is', () => {
  const breaks = breaksOfTables(with_({}), with_({ columns: withoutNote, unique: [] }));
  const since = (release: string) => [{ since: release, takes: ['orders.note'] }];
  const isBefore = (release: string, other: string) => release < other;
  const subjects = (release: string) =>
    forbidden(breaks, since(release), '0.2.0', isBefore).map(({ subject }) => subject);
  expect(subjects('0.3.0')).toEqual(['orders.note', 'orders']);
  expect(subjects('0.2.0')).toEqual(['orders']);
  expect(subjects('0.1.0')).toEqual(['orders']);
});
