import { refuse } from '@comanda/contracts';
import { RpcException } from '@nestjs/microservices';
import { z } from 'zod';

const Position = z.tuple([z.string(), z.string()]);

/**
 * Pages by the last row seen instead of by number, so that rows added meanwhile neither repeat nor hide others.
 * `keysetCondition` goes into the WHERE of a statement whose JSON parameter holds `cursorParameters`.
 * @param order ascending or descending in both columns, as the statement's ORDER BY
 */
export const keysetCondition = (first: string, id: string, order: 'ASC' | 'DESC'): string =>
  `(?1 ->> 'cursorFirst' IS NULL OR (${first}, ${id}) ${order === 'ASC' ? '>' : '<'} (?1 ->> 'cursorFirst', ?1 ->> 'cursorId'))`;

/** Reads an opaque cursor. A cursor that is not ours is refused with 400. */
export function cursorParameters(cursor: string | undefined): {
  cursorFirst: string | null;
  cursorId: string | null;
} {
  if (cursor === undefined) return { cursorFirst: null, cursorId: null };
  try {
    const [cursorFirst, cursorId] = Position.parse(
      JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')),
    );
    return { cursorFirst, cursorId };
  } catch {
    throw invalidCursor();
  }
}

/** The position that a cursor stands for where rows are counted; `null`: from the beginning. */
export function countCursor(cursor: string | undefined): number | null {
  const { cursorFirst } = cursorParameters(cursor);
  if (cursorFirst === null) return null;
  const count = Number(cursorFirst);
  if (!Number.isSafeInteger(count)) throw invalidCursor();
  return count;
}

const invalidCursor = (): RpcException =>
  new RpcException(
    refuse(400, 'INVALID_CURSOR', 'cursor: pass on the nextCursor of the page before, unchanged'),
  );

/** One page of rows that were read with LIMIT `limit` + 1, and where the next one begins. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  position: (row: Row) => readonly [string, string],
  view: (row: Row) => Item,
): { items: Item[]; nextCursor: string | null } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  const more = rows.length > limit && last !== undefined;
  const nextCursor = more ? Buffer.from(JSON.stringify(position(last))).toString('base64url') : null;
  return { items: page.map(view), nextCursor };
}
