import type { Parameter, Reader } from '@comanda/storage';
import { expect, test } from '@jest/globals';
import { listed } from './listed.js';

test('a list is read by the conditions that are asked for, and each combination of them is one statement', async () => {
  const asked: { text: string; name: string; parameters: readonly Parameter[] }[] = [];
  const reader: Reader = {
    async read({ sqlite, postgres, name }, ...parameters) {
      expect(postgres).toBe(sqlite);
      asked.push({ text: sqlite, name, parameters });
      return [];
    },
    find: () => Promise.reject(new Error('nobody asks for it')),
  };
  const page = listed((conditions) => `SELECT * FROM things WHERE tenant = $1${conditions} LIMIT $2`);
  const list = (kind: string | null, cursor: string | null) =>
    page(
      reader,
      ['t', 9],
      [
        ['kind = ?', kind],
        ['(name, id) > (?, ?)', cursor, 'i'],
      ],
    );

  await list(null, null);
  await list('k', null);
  await list(null, 'n');
  await list('k', 'n');
  await list('another', null);

  expect(asked.map(({ text, parameters }) => [text, parameters])).toEqual([
    ['SELECT * FROM things WHERE tenant = $1 LIMIT $2', ['t', 9]],
    ['SELECT * FROM things WHERE tenant = $1 AND kind = $3 LIMIT $2', ['t', 9, 'k']],
    ['SELECT * FROM things WHERE tenant = $1 AND (name, id) > ($3, $4) LIMIT $2', ['t', 9, 'n', 'i']],
    [
      'SELECT * FROM things WHERE tenant = $1 AND kind = $3 AND (name, id) > ($4, $5) LIMIT $2',
      ['t', 9, 'k', 'n', 'i'],
    ],
    ['SELECT * FROM things WHERE tenant = $1 AND kind = $3 LIMIT $2', ['t', 9, 'another']],
  ]);
  expect(new Set(asked.map(({ name }) => name)).size).toBe(4);
});
