import { Table } from '@comanda/storage';
import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { SEALED_COLUMNS } from './sealed-columns.js';
import { SealedAtRest } from './secret-vault.js';
import * as everything from './tables.js';

const isSealed = (type: unknown): boolean =>
  type === SealedAtRest ||
  ((type instanceof z.ZodNullable || type instanceof z.ZodOptional) && isSealed(type.unwrap()));
const snake = (name: string): string => name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);

test('each column that the vault seals is one that a new key seals anew: the old one opens nothing any more', () => {
  const tables = Object.values(everything).filter((one) => one instanceof Table);
  expect(tables.length).toBeGreaterThan(10);
  const sealed = tables.flatMap(({ name, key, shape }) =>
    Object.entries(shape)
      .filter(([, type]) => isSealed(type))
      .map(([column]) => ({ table: name, column: snake(column), id: key.slice(1).map(snake).join() })),
  );
  expect(new Set(Object.values(SEALED_COLUMNS))).toEqual(new Set(sealed));
});
